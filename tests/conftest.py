"""What tests share: one engine, one server that talks to it, and a browser.

The engine is real and started once. Pages under AppTest run in this process and are handed it; the Streamlit server
that the browser visits is told its address through DERIN_ENGINE, and gets workers of its own from the same host.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
NOWHERE = "http://127.0.0.1:9"  # as proxy: no test reaches the internet, here or in an engine's process
os.environ |= {"http_proxy": NOWHERE, "https_proxy": NOWHERE, "no_proxy": "127.0.0.1,localhost"}

ROOT = Path(__file__).parents[1]
PATIENCE = 120  # seconds that a machine which is busy with other things may take for anything
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-extensions", "--no-first-run",
         "--disable-component-update", "--disable-background-networking", "--hide-scrollbars",
         "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]  # the camera shows a green clock
SORRY = ("**Something went wrong here.**", "**Burada bir şey ters gitti.**")  # pages.ui.failures
FAILURE = "[class*=st-key-failure], [data-testid=stException]"  # pages.ui.failures, and Streamlit's own box
HARMLESS = ("/_stcore/health", "/_stcore/host-config")  # a deep link asks its own folder for these first


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Path:
    """A folder for recordings that is gone after the tests."""
    return tmp_path_factory.mktemp("derin")


@pytest.fixture(scope="session")
def engine(home):
    """The one real engine; it wakes while the first tests run."""
    from dlcore.engine.client import Engine

    started = Engine(home)
    started.start()
    yield started
    started.close()


@pytest.fixture
def awake(engine):
    """The engine, ready to answer."""
    wait_until(lambda: engine.status().ready, PATIENCE, "the engine did not wake")
    return engine


@pytest.fixture
def app_test(engine, monkeypatch) -> Iterator[Callable]:
    """Return a function that opens a page of the app in this process, for a visitor with a locale and an address.

    No page may end with a traceback. Every run goes through app.py, as on a server that has had a visitor. AppTest by
    itself makes each the first of a fresh server, which runs the page without app.py: whenever such a run happens to
    be repeated, its widgets have other identities than before, and forget what they held.
    """
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.testing.v1 import AppTest, app_test

    from pages.ui import state

    monkeypatch.setattr(state, "engine", lambda: engine)
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    monkeypatch.setattr(app_test, "PagesManager", type("Visited", (PagesManager,), {}))  # AppTest resets this one's
    opened = []

    def open_app(page: str = "home.py", locale: str = "en-US", **address: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
        app.context = {"locale": locale}
        app.query_params.update(address)
        if page != "home.py":
            app.switch_page(f"pages/{page}")
        app.run()
        assert not app.exception, app.exception
        opened.append(app)
        return app

    yield open_app
    assert [error.value for app in opened for error in app.exception] == []
    assert [text.value for app in opened for text in app.markdown if text.value.startswith(SORRY)] == []


@contextmanager
def served(home: Path, log: Path, root: Path = ROOT, fails: bool = False, **environment: str) -> Iterator[str]:
    """Serve the app (or the app.py of another folder) on a free loopback port.

    Its log must show no traceback, but where something is meant to fail.
    """
    port = free_port()
    server = launch(home, log, port, root, **environment)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: server.poll() is not None or is_healthy(url), PATIENCE, "the server did not start")
        assert server.poll() is None, log.read_text()
        yield url
    finally:
        server.terminate()
        server.wait(20)
    assert fails or "Traceback" not in log.read_text(), log.read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch(home: Path, log: Path, port: int, root: Path = ROOT, **environment: str) -> subprocess.Popen:
    """Start a server on a port; what it says is added to its log."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.address",
               "127.0.0.1", "--server.headless", "true"]
    with log.open("a") as output:
        return subprocess.Popen(command, cwd=root, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                env={**os.environ, "DERIN_HOME": str(home), **environment})


def copy_app(root: Path, **pages: str) -> Path:
    """Make a copy of the app in a folder in which some pages are other scripts."""
    for name in ("dlcore", "assets", "static", ".streamlit"):
        (root / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "pages", root / "pages", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", root)
    for name, script in pages.items():
        (root / "pages" / f"{name}.py").write_text(script)
    return root


@pytest.fixture(scope="session")
def app_url(engine, home, tmp_path_factory) -> Iterator[str]:
    """The address of a running app whose engine is the tests' own."""
    log = tmp_path_factory.mktemp("server") / "streamlit.log"
    with served(home, log, DERIN_ENGINE=engine.address) as url:
        yield url


def is_healthy(url: str) -> bool:
    try:
        return urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).read() == b"ok"
    except OSError:
        return False


def wait_until(holds: Callable[[], bool], seconds: float, what_is_wrong: str) -> None:
    """Wait until something holds; fail with a sentence when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what_is_wrong
        time.sleep(0.05)


def run_apart(work: Coroutine) -> object:
    """Run a coroutine to its end in a thread of its own: a browser test leaves a loop running in this one."""
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(asyncio.run, work).result()


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """A headless Chromium, the one that is on the machine."""
    from playwright.sync_api import expect, sync_playwright

    named = [os.environ["DERIN_CHROMIUM"]] if "DERIN_CHROMIUM" in os.environ else CHROMIUM
    path = next((found for name in named if (found := shutil.which(name))), None)
    assert path, "The browser tests need Chromium: `make test` installs it, DERIN_CHROMIUM can name one."
    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_tab(chromium, request) -> Iterator[Callable]:
    """Return a function that opens a fresh browser's tab; the test fails when one writes an error to its console.

    When the test has failed, what its tabs show is printed.
    """
    contexts, errors = [], []

    def open_one(width: int = 1280, height: int = 800, locale: str = "en-US", **how):
        context = chromium.new_context(viewport={"width": width, "height": height}, locale=locale, **how)
        context.set_default_timeout(1000 * PATIENCE)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: errors.append(message) if message.type == "error" else None)
        tab.on("pageerror", lambda error: errors.append(error))
        return tab

    yield open_one
    tabs = [tab for context in contexts for tab in context.pages]
    if request.node.stash.get(FAILED, False):
        for tab in tabs:
            print(f"{tab.url} shows:\n{tab.inner_text('body')}")
    meant = request.node.get_closest_marker("fails")
    failures = [tab.url for tab in tabs if not meant and tab.locator(FAILURE).count()]
    for context in contexts:
        context.close()
    assert failures == [], "something went wrong in a page"
    assert [str(error) for error in errors if not is_harmless(error)] == []


@pytest.fixture
def page(open_tab):
    """A tab of a fresh browser on a projector."""
    return open_tab()


def is_harmless(error) -> bool:
    """Whether a console error is one of the two questions that a deep link asks in vain."""
    address = getattr(error, "location", {}).get("url", "")
    return "404" in str(getattr(error, "text", "")) and address.endswith(HARMLESS) and "/_stcore/" in address


def settled(tab) -> None:
    """Wait until the page has been drawn and stands still."""
    tab.wait_for_selector('[data-testid="stApp"][data-test-connection-state="CONNECTED"]'
                          '[data-test-script-state="notRunning"]')
    tab.wait_for_selector("h1")
