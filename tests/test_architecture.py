"""The house keeps its shape: who may import whom, and a server process that stays free of torch."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "torchvision", "captum", "numba"}
LIGHT = ("app.py", "pages", "dlcore/errors.py", "dlcore/limits.py", "dlcore/seeds.py", "dlcore/specs", "dlcore/plots",
         "dlcore/export",
         "dlcore/engine/client.py", "dlcore/training/recording.py", "dlcore/training/about.py",
         "dlcore/training/eventlog.py",
         "dlcore/training/files.py", "dlcore/training/predictions.py", "dlcore/training/report.py",
         "dlcore/training/bands.py", "dlcore/training/significance.py", "dlcore/explain/pretrained.py",
         "dlcore/data/images.py", "dlcore/data/drawing.py", "dlcore/data/curves.py", "dlcore/data/pictures.py",
         "dlcore/data/home.py", "dlcore/data/uploads.py", "dlcore/data/keeping.py", "dlcore/data/numbers.py",
         "dlcore/data/encodings.py", "dlcore/data/ink.py", "dlcore/data/components.py",
         "dlcore/data/collecting.py", "dlcore/data/zips.py", "dlcore/data/shelf.py",
         "dlcore/data/toy.py", "dlcore/data/tables.py", "dlcore/data/text.py", "dlcore/data/grammar.py",
         "dlcore/data/memory_tasks.py", "dlcore/data/columns.py", "dlcore/data/cells.py", "dlcore/data/series.py",
         "dlcore/data/tokens.py", "dlcore/data/translation.py", "dlcore/data/spelling.py", "dlcore/data/bpe.py",
         "dlcore/data/own_texts.py", "dlcore/data/repeats.py", "dlcore/data/corpus.py", "dlcore/data/texts.py",
         "dlcore/data/clouds.py",
         "dlcore/data/strokes.py", "dlcore/diffusion")

# layer -> what of dlcore it may import; a module not listed may import anything of dlcore
LAYERS = {
    "dlcore/errors.py": (),
    "dlcore/seeds.py": ("errors",),
    "dlcore/specs": ("errors", "seeds", "specs"),
    "dlcore/plots": ("errors", "specs", "plots"),
    "dlcore/limits.py": ("errors",),
    "dlcore/data": ("errors", "limits", "seeds", "specs", "diffusion", "data"),
    "dlcore/diffusion": ("errors", "seeds", "specs", "diffusion"),
    "dlcore/models": ("errors", "seeds", "specs", "diffusion", "models"),
}
PAGES_MAY = ("errors", "seeds", "specs", "plots", "export", "engine.client", "engine.views", "training.recording",
             "training.report", "training.bands", "data.images", "data.drawing", "data.curves", "data.pictures",
             "data.toy", "data.collecting", "data.zips",
             "data.tables", "data.cells", "data.text", "data.grammar", "data.memory_tasks", "data.columns",
             "data.series",
             "data.tokens", "data.translation", "data.spelling", "data.bpe", "data.own_texts",
             "data.repeats", "data.corpus",
             "explain.pretrained",
             "diffusion", "data.clouds", "data.strokes")


def modules(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, allowed: tuple[str, ...]) -> bool:
    return any(f"{name}.".startswith(f"dlcore.{part}.") for part in allowed)


def test_the_core_knows_nothing_of_screens():
    broken = [f"{path}: {name}" for path in modules("dlcore") for name in imports(path)
              if name.split(".")[0] in ("streamlit", "pages")]
    assert broken == []


@pytest.mark.parametrize("place", [place for place in LIGHT if (ROOT / place).exists()])
def test_light_modules_import_no_torch(place):
    broken = [f"{path}: {name}" for path in modules(place) for name in imports(path) if name.split(".")[0] in HEAVY]
    assert broken == []


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_import_only_what_lies_below_them(layer):
    broken = [f"{path}: {name}" for path in modules(layer) for name in imports(path)
              if name.startswith("dlcore") and not within(name, LAYERS[layer])]
    assert broken == []


def test_pages_reach_the_core_through_its_light_doors_only():
    broken = [f"{path}: {name}" for path in [*modules("pages"), ROOT / "app.py"] for name in imports(path)
              if name.startswith("dlcore") and not within(name, PAGES_MAY)]
    assert broken == []


def test_only_pages_lie_beside_the_pages():
    """A file in pages/ is a page to Streamlit, whatever is in it."""
    from pages.ui.shell import MENU

    listed = {file for _group, file, _title in MENU}
    assert {path.name for path in (ROOT / "pages").glob("*.py")} <= listed


def test_charts_are_shown_in_one_place_and_nothing_that_polls_draws_one_anew():
    """Streamlit's own charts cost tens of milliseconds each time, and have neither our words nor our numbers."""
    charts = {"altair_chart", "vega_lite_chart", "line_chart", "bar_chart", "area_chart", "scatter_chart", "pyplot"}
    showing = {str(path.relative_to(ROOT)) for path in modules("pages") for node in ast.walk(
        ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute) and node.attr in charts}
    assert showing == {"pages/ui/charts.py"}


VISIT = """
import sys
from streamlit.testing.v1 import AppTest

app = AppTest.from_file("app.py", default_timeout=60).run()
assert not app.exception, app.exception
for page in sys.argv[1:]:
    app.switch_page(f"pages/{page}").run()
    assert not app.exception, (page, app.exception)
    assert app.title, page
print(sorted(name for name in sys.modules if name.split(".")[0] in ("torch", "torchvision", "captum", "numba")))
"""


def test_home_is_painted_without_the_library_of_charts(engine, tmp_path):
    """It takes a quarter of a second to import: whoever opens the first page of a fresh server does not wait for it."""
    drawn = VISIT.replace('("torch", "torchvision", "captum", "numba")', '("altair", "pandas")')
    visit = subprocess.run([sys.executable, "-c", drawn], cwd=ROOT, capture_output=True, text=True, timeout=120,
                           env={**os.environ, "DERIN_HOME": str(tmp_path), "DERIN_ENGINE": engine.address})
    assert visit.returncode == 0, visit.stderr
    assert visit.stdout.strip().splitlines()[-1] == "[]"


def test_a_server_that_showed_every_page_has_no_torch(engine, tmp_path):
    """Import rules alone miss what an __init__ pulls in."""
    pages = [path.name for path in sorted((ROOT / "pages").glob("*.py"))]
    visit = subprocess.run([sys.executable, "-c", VISIT, *pages], cwd=ROOT, capture_output=True, text=True, timeout=120,
                           env={**os.environ, "DERIN_HOME": str(tmp_path), "DERIN_ENGINE": engine.address})
    assert visit.returncode == 0, visit.stderr
    assert visit.stdout.strip().splitlines()[-1] == "[]"
