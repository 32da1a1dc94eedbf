"""An empty page from which the scripts of static/js can be imported, each by itself."""

from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "static" / "js"
ORIGIN = "http://derin.invalid/"


def open_bench(chromium):
    """Return a tab on the empty page."""
    tab = chromium.new_page()
    tab.route(ORIGIN + "**", serve)
    tab.goto(ORIGIN)
    return tab


def serve(route) -> None:
    name = route.request.url.removeprefix(ORIGIN).split("?")[0]
    if name.endswith(".js"):
        route.fulfill(body=(SCRIPTS / name).read_text(), content_type="application/javascript")
    else:
        route.fulfill(body="<!doctype html><title>bench</title>", content_type="text/html")


def run_with(bench, modules: tuple[str, ...], script: str, argument: object = None, version: str = "") -> object:
    """Run the body of an async function in which each module has its name; the argument is called `given`."""
    imports = "".join(f"const {name} = await import('{ORIGIN}{name}.js{version}');" for name in modules)
    return bench.evaluate(f"async (given) => {{ {imports} {script} }}", argument)
