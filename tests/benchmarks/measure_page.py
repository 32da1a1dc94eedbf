"""What the pages cost, and how soon they answer: beside a training, under the pen, after the start.

    python -m pytest tests/benchmarks/measure_page.py -s
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import TypeVar
from urllib.parse import urlencode

import pytest

from dlcore.specs.codec import to_link
from dlcore.specs.experiment import Experiment
from tests.benchmarks.figures import Figure, percentile, show, sized
from tests.benchmarks.pace import Pace
from tests.benchmarks.processes import processor_seconds
from tests.benchmarks.sessions import Session
from tests.conftest import served, settled

ROUNDS = sized(3, 8)
BLOCK = sized(5, 8)      # seconds that one pace is measured for
OPENED = 5.0             # seconds until a page that was opened stands: what opening costs is no part of looking on
UNWATCHED = 4.0          # seconds after the last look until a run counts as not looked at
STROKES = sized(8, 30)
STARTS = sized(3, 5)
LONG = replace(Experiment(), training=replace(Experiment().training, epochs=100, schedule="constant"))
PATIENCE = 60_000
T = TypeVar("T")


@pytest.fixture
def server(tmp_path) -> Iterator[tuple[str, Path]]:
    """An app with an engine of its own, awake, and the folder where it keeps its runs."""
    with served(tmp_path, tmp_path / "streamlit.log", DERIN_ENGINE="") as url:
        with Session(url) as session:
            wait_until_awake(session)
        yield url, tmp_path / "runs"


def wait_until_awake(session: Session) -> None:
    """The home page asks again by itself for as long as the engine wakes."""
    end = time.monotonic() + 120
    while session.timers:
        assert time.monotonic() < end, "the engine does not wake"
        session.poll(1)


@contextmanager
def training(url: str, runs: Path) -> Iterator[tuple[Session, Pace]]:
    """A visitor who has pressed Train, and the pace of the run."""
    with Session(url, "digits", urlencode({"experiment": to_link(LONG)})) as session:
        session.click("digits.train")
        with Pace(runs / session.parameter("run")) as pace:
            pace.wait_for(50)
            yield session, pace


@dataclass
class Watched:
    """A training while somebody looks, over the same while nobody does: steps a second, steps a processor second of
    the worker (what does not depend on who else computes), and the processors that server and browser take."""

    pace: float
    work: float
    taken: float


def test_a_page_that_looks_on_costs_the_training_little(server, chromium):
    with training(*server) as (session, pace):
        ways = {
            "a session that polls and draws": (0.95, session.poll),
            "the same with the pen moving": (None, lambda time: session.poll(time, "digits.canvas")),
            "Chromium": (0.85, looking_on(chromium, server[0], session)),
        }
        for name, (least, look) in ways.items():
            seen = compare(pace, look)
            show(f"A training of the default network while {name} looks on, over nobody looking", [
                Figure("steps a second", [one.pace for one in seen], "times", least=least),
                Figure("steps a processor second of the worker", [one.work for one in seen], "times"),
                Figure("processors taken by server and browser", [one.taken for one in seen]),
            ])


def compare(pace: Pace, look: Callable[[float], object]) -> list[Watched]:
    """Alternate: nobody looks, somebody looks (measured once the page stands), nobody looks ..."""
    found, alone = [], [measure(pace, UNWATCHED)]
    for _ in range(ROUNDS):
        watched = run_beside(lambda: look(OPENED + BLOCK + 1), lambda: measure(pace, OPENED))
        alone.append(measure(pace, UNWATCHED))
        steps, work = (mean(values) for values in list(zip(*alone[-2:]))[:2])
        found.append(Watched(watched[0] / steps, watched[1] / work, watched[2]))
    return found


def measure(pace: Pace, settle: float) -> tuple[float, float, float]:
    """Return steps a second, steps a processor second of the worker, and processors that server and browser take."""
    time.sleep(settle)
    begun, before = time.monotonic(), processor_seconds()
    time.sleep(BLOCK)
    ended, after = time.monotonic(), processor_seconds()
    spent = {name: (after[name] - before[name]) / (ended - begun) for name in after}
    steps = pace.between(begun, ended)
    return steps, steps / max(spent["worker"], 1e-3), spent["server"] + spent["browser"]


def run_beside(work: Callable[[], object], measure: Callable[[], T]) -> T:
    """Measure in another thread (Playwright stays in this one) while work is being done."""
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(measure()))
    thread.start()
    work()
    thread.join()
    return found[0]


def looking_on(chromium, url: str, session: Session) -> Callable[[float], None]:
    """Return what opens the run in a browser for some seconds."""
    def look(seconds: float) -> None:
        with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
            tab = context.new_page()
            tab.goto(f"{url}/digits?{session.query}")
            tab.wait_for_timeout(1000 * seconds)
            tab.goto("about:blank")
    return look


@pytest.mark.parametrize("trainings, middle, worst", [(0, 60, 120), (2, 100, 180)],
                         ids=["alone", "beside two trainings"])
def test_the_bars_follow_the_pen(server, chromium, trainings, middle, worst):
    url, runs = server
    with ExitStack() as stack:
        sessions = [stack.enter_context(training(url, runs))[0] for _ in range(trainings)]
        followers = [threading.Thread(target=session.poll, args=(STROKES * 1.2 + 12,)) for session in sessions]
        for follower in followers:
            follower.start()
        context = stack.enter_context(chromium.new_context(viewport={"width": 1280, "height": 800}))
        samples = {page: latencies(context.new_page(), url, page) for page in ("home", "digits")}
        for follower in followers:
            follower.join()
    show(f"From the pen to the painted bars, {trainings} trainings beside it", [
        figure for page, measured in samples.items() for figure in (
            Figure(f"{page}, median", measured, "ms", most=middle, note=f"{len(measured)} movements"),
            Figure(f"{page}, 95th percentile", measured, "ms", most=worst, of=percentile(0.95)))])
    assert all(len(measured) > STROKES for measured in samples.values()), "the bars did not move"


def latencies(tab, url: str, page: str) -> list[float]:
    """Draw strokes; return the milliseconds from each pen movement to the first painted bars that know of it."""
    tab.goto(f"{url}/{page}" if page != "home" else url)
    settled(tab)
    canvas = tab.locator(f".st-key-{page}-canvas .pad canvas")
    canvas.wait_for(state="visible", timeout=PATIENCE)
    stroke(tab, canvas.bounding_box(), 0)  # what comes first warms everything up
    tab.wait_for_function("__derin_pad.samples.length > 0", timeout=PATIENCE)
    tab.wait_for_timeout(1000)
    tab.evaluate("__derin_pad.samples.length = 0")
    for number in range(STROKES):
        stroke(tab, canvas.bounding_box(), number)
    tab.wait_for_timeout(500)
    measured = tab.evaluate("__derin_pad.samples")
    tab.goto("about:blank")
    return measured


def stroke(tab, box: dict, number: int) -> None:
    """Move the pen for about half a second, 60 times a second, in a zigzag that grows."""
    if number % 4 == 0:
        tab.keyboard.press("Delete")
    left = box["x"] + box["width"] * (0.25 + 0.15 * (number % 4))
    tab.mouse.move(left, box["y"] + 0.15 * box["height"])
    tab.mouse.down()
    for moved in range(30):
        tab.mouse.move(left + box["width"] * 0.004 * (moved % 7), box["y"] + box["height"] * (0.15 + 0.022 * moved))
        time.sleep(1 / 60)
    tab.mouse.up()


def test_the_app_can_be_used_at_once(tmp_path, chromium):
    floors, starts = [], []
    for number in range(STARTS):  # in turns
        floors.append(start_of_nothing(tmp_path / f"nothing {number}", chromium))
        starts.append(start(tmp_path / str(number), chromium))
    home, controls, table = zip(*starts)
    show(f"From a command or a click to something that can be used, {STARTS} starts", [
        Figure("`streamlit run` to a page with nothing but a title", floors, "s", note="what Streamlit itself takes"),
        Figure("`streamlit run` to a home page with its pad", home, "s", most=1.5),
        Figure("the same over the page with a title", [one / floor for one, floor in zip(home, floors)], "times"),
        Figure("click on Digits to Train and the controls", controls, "s", most=1.0),
        Figure("click on Layers to the shape table", table, "s", most=1.0),
    ])


def start_of_nothing(folder: Path, chromium) -> float:
    """Start an app that shows a title; return the seconds until it stands there."""
    folder.mkdir()
    (folder / "app.py").write_text("import streamlit\nstreamlit.title('Nothing')\n")
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        tab = context.new_page()
        begun = time.perf_counter()
        with served(folder, folder / "streamlit.log", root=folder) as url:
            tab.goto(url)
            tab.locator("h1").wait_for(state="visible", timeout=PATIENCE)
            seconds = time.perf_counter() - begun
            tab.goto("about:blank")
    return seconds


def start(folder: Path, chromium) -> tuple[float, float, float]:
    """Start a server and visit it: seconds to the home page, to the controls of Digits, to its table of shapes."""
    folder.mkdir()
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        tab = context.new_page()
        begun = time.perf_counter()
        with served(folder, folder / "streamlit.log", DERIN_ENGINE="") as url:
            tab.goto(url)
            tab.locator(".st-key-home-canvas .pad canvas").wait_for(state="visible", timeout=PATIENCE)
            home = time.perf_counter() - begun
            controls = timed_click(tab, tab.locator('[data-testid="stSidebarNavLink"][href$="/digits"]'),
                                   ".st-key-digits-train button:enabled", ".st-key-digits-edit_network button")
            tab.wait_for_timeout(4000)  # for the engine to wake and everything to stand still
            table = timed_click(tab, tab.get_by_role("tab", name="Layers"), "[data-testid=stDataFrame] canvas")
            tab.goto("about:blank")
    return home, controls, table


def timed_click(tab, target, *awaited: str) -> float:
    """Return the seconds from a click until some elements are there."""
    begun = time.perf_counter()
    target.click()
    for selector in awaited:
        tab.locator(selector).first.wait_for(state="visible", timeout=PATIENCE)
    return time.perf_counter() - begun
