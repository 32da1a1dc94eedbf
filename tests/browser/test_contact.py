"""A server that goes and comes back: the page says so in its language, returns by itself, and shows what is true."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pages.ui.shell import pages_there
from tests.browser.digits_page import button, halt, progress, run_of, state, visit
from tests.conftest import free_port, is_healthy, launch, settled, wait_until
from tests.dlcore.engine.conftest import tiny

pytestmark = pytest.mark.browser

GONE = {"en-US": "The server does not answer", "tr-TR": "Sunucu yanıt vermiyor"}
NO_CONNECTION = {"en-US": "No connection", "tr-TR": "Bağlantı yok"}


class Server:
    """A server on one port that can be killed and started again."""

    def __init__(self, home: Path, log: Path, **environment: str):
        self.home, self.log, self.environment, self.port = home, log, environment, free_port()
        self.url, self.process = f"http://127.0.0.1:{self.port}", None

    def start(self) -> None:
        self.process = launch(self.home, self.log, self.port, **self.environment)
        wait_until(lambda: self.process.poll() is not None or is_healthy(self.url), 120, "the server did not start")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def host(self) -> int:
        """Return the process of the engine that this server has started."""
        return next(child for child in children(self.process.pid)
                    if b"dlcore.engine" in Path(f"/proc/{child}/cmdline").read_bytes())


def children(parent: int) -> list[int]:
    """Return the processes that another has started."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            told = (entry / "stat").read_text().rsplit(")", 1)[1].split() if entry.name.isdecimal() else []
        except OSError:
            continue
        if told and int(told[1]) == parent:
            found.append(int(entry.name))
    return found


@pytest.fixture
def server(engine, tmp_path) -> Iterator[Server]:
    """A server with workers of the tests' engine."""
    (tmp_path / "home").mkdir()
    server = Server(tmp_path / "home", tmp_path / "streamlit.log", DERIN_ENGINE=engine.address)
    server.start()
    yield server
    server.kill()
    assert "Traceback" not in server.log.read_text(), server.log.read_text()


@pytest.fixture
def tab(chromium, request) -> Iterator[Page]:
    """A tab whose console may say that nobody answers."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale=getattr(request, "param", "en-US"))
    tab = context.new_page()
    yield tab
    print(f"{tab.url} shows:\n{tab.inner_text('body')}")
    context.close()


def told(tab: Page, locale: str):
    return tab.get_by_text(GONE[locale])


def theirs(tab: Page) -> list[str]:
    """Return what Streamlit itself says of the connection, of what can be seen."""
    places = tab.locator('[data-testid="stConnectionStatus"], [data-testid="stStatusWidget"], [role="dialog"]')
    return [place.inner_text() for place in places.all() if place.is_visible()]


@pytest.mark.parametrize("tab", [pytest.param("en-US", marks=pytest.mark.check), "tr-TR"], indirect=True)
def test_a_page_whose_server_was_killed_says_so_and_shows_what_is_true_once_it_is_back(server, tab, request, awake):
    locale = request.node.callspec.params["tab"]
    visit(tab, server.url, tiny())
    tab.locator(".st-key-digits-train button").click()
    expect(state(tab)).to_have_class(re.compile("running"), timeout=120_000)
    expect(tab).to_have_url(re.compile("run="))
    run = run_of(tab)
    expect(tab.locator(".st-key-digits-live .right")).not_to_have_text("")
    server.kill()
    killed = time.monotonic()
    expect(told(tab, locale)).to_be_visible(timeout=5000)
    expect(state(tab)).to_have_text(NO_CONNECTION[locale], timeout=5000)
    assert time.monotonic() - killed < 5
    expect(tab.locator(".st-key-digits-live .right")).to_have_text("")
    end = time.monotonic() + 5  # Streamlit pings with longer and longer pauses, and opens its dialog after some
    while time.monotonic() < end:
        assert theirs(tab) == []
        tab.wait_for_timeout(100)
    assert tab.get_by_test_id("stDialog").count() == 0  # it would hold the focus
    server.start()
    expect(told(tab, locale)).to_be_hidden(timeout=30_000)
    expect(state(tab)).to_have_class(re.compile("interrupted"), timeout=30_000)
    assert run_of(tab) == run
    tab.locator(".st-key-digits-train button").click()
    expect(state(tab)).to_have_class(re.compile("running"), timeout=120_000)


@pytest.mark.check
def test_a_page_without_a_run_comes_back_too_and_keeps_its_settings(server, tab):
    tab.goto(f"{server.url}/neuron?neuron=%7B%22activation%22%3A%22tanh%22%7D")
    settled(tab)
    address = tab.url
    tab.wait_for_function("globalThis[Symbol.for('derin.contact')]?.answered")
    server.kill()
    expect(told(tab, "en-US")).to_be_visible(timeout=5000)
    tab.evaluate("globalThis.before = true")
    server.start()
    tab.wait_for_function("globalThis.before === undefined", timeout=30_000)
    settled(tab)
    expect(told(tab, "en-US")).to_be_hidden()
    assert tab.url == address


def test_a_network_that_drops_is_told_and_what_was_there_goes_on_when_it_is_back(app_url, tab, awake):
    visit(tab, app_url, tiny())
    tab.locator(".st-key-digits-train button").click()
    expect(state(tab)).to_have_class(re.compile("running"), timeout=120_000)
    tab.wait_for_function("globalThis[Symbol.for('derin.contact')]?.answered")
    tab.context.set_offline(True)
    expect(told(tab, "en-US")).to_be_visible(timeout=5000)
    expect(state(tab)).to_have_text("No connection", timeout=5000)
    assert theirs(tab) == []
    tab.context.set_offline(False)
    expect(told(tab, "en-US")).to_be_hidden(timeout=20_000)
    expect(state(tab)).to_have_class(re.compile("running"), timeout=20_000)
    before = progress(tab).inner_text()
    expect(progress(tab)).not_to_have_text(before, timeout=20_000)
    halt(tab)


@pytest.mark.check
def test_a_server_that_stands_still_without_ending_its_connections_is_told_within_five_seconds(server, tab):
    tab.goto(f"{server.url}/neuron")
    settled(tab)
    tab.wait_for_function("globalThis[Symbol.for('derin.contact')]?.answered")
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        expect(told(tab, "en-US")).to_be_visible(timeout=5000)
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    expect(told(tab, "en-US")).to_be_hidden(timeout=20_000)


def test_a_session_that_the_server_has_forgotten_while_the_laptop_slept_begins_anew(app_url, tab):
    tab.goto(f"{app_url}/neuron")
    settled(tab)
    tab.wait_for_function("globalThis[Symbol.for('derin.contact')]?.answered")
    tab.evaluate("globalThis.before = true")
    tab.evaluate("globalThis[Symbol.for('derin.contact')].line = 'line/of-a-session-that-is-gone'")
    tab.wait_for_function("globalThis.before === undefined", timeout=20_000)
    settled(tab)
    tab.wait_for_function("globalThis[Symbol.for('derin.contact')]?.answered")


@pytest.mark.check
def test_when_only_the_engine_hangs_or_dies_the_page_stays_connected_and_says_so(tmp_path, tab):
    (tmp_path / "home").mkdir()
    server = Server(tmp_path / "home", tmp_path / "streamlit.log", DERIN_ENGINE="")
    server.start()
    try:
        visit(tab, server.url, tiny())
        button(tab, "Train").click()
        expect(state(tab)).to_have_class(re.compile("running"), timeout=120_000)
        workers = children(server.host())
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        right = tab.locator(".st-key-digits-live .right")
        expect(right).to_have_text(re.compile("no answer for 1[0-9] s"), timeout=15_000)
        for worker in workers:
            os.kill(worker, signal.SIGCONT)
        expect(right).to_have_text(re.compile("digits/s"), timeout=30_000)
        os.kill(server.host(), signal.SIGKILL)
        expect(state(tab)).to_have_class(re.compile("interrupted"), timeout=15_000)
        expect(told(tab, "en-US")).to_be_hidden()
        button(tab, "Continue").click()
        expect(state(tab)).to_have_class(re.compile("running"), timeout=120_000)
    finally:
        server.kill()


@pytest.mark.check
@pytest.mark.parametrize("name", [file.removesuffix(".py") for _group, file, _title in pages_there()])
def test_every_page_comes_back(server, tab, name):
    tab.goto(f"{server.url}/{name.replace('home', '')}")
    settled(tab)
    title = tab.locator("h1").inner_text()
    tab.wait_for_function("globalThis[Symbol.for('derin.contact')]?.answered")
    server.kill()
    expect(told(tab, "en-US")).to_be_visible(timeout=5000)
    assert theirs(tab) == []
    server.start()
    expect(told(tab, "en-US")).to_be_hidden(timeout=30_000)
    settled(tab)
    expect(tab.locator("h1")).to_have_text(title)
    tab.wait_for_function("globalThis[Symbol.for('derin.contact')]?.answered")
