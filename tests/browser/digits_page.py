"""The Digits page as a hand and an eye meet it: drawing, pressing, and reading what stands there.

Everything is found by the keys and roles that the page promises; Playwright looks into the shadow roots.
"""

import re
from collections.abc import Iterable

from playwright.sync_api import Locator, Page, expect

from dlcore.specs.codec import to_link
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.training import Training
from tests.conftest import settled

PATIENCE = 120_000  # milliseconds that a shared machine may take for anything

SHORT = Experiment(data=ImageData(train_size=5000), training=Training(epochs=2))
# learns on until it is told to stop, in steps so small that it is never far
ENDLESS = Experiment(data=ImageData(train_size=20_000),
                     training=Training(batch_size=8, epochs=100, learning_rate=0.001, schedule="constant"))

SEVEN = ((0.3, 0.25), (0.7, 0.25), (0.45, 0.8))
ONE = ((0.5, 0.2), (0.5, 0.8))


def visit(tab: Page, url: str, experiment: Experiment | None = None, run: str = "") -> Page:
    """Open the page with an experiment and a run in its address, and wait for its pad."""
    asked = {"experiment": to_link(experiment) if experiment else "", "run": run}
    query = "&".join(f"{name}={value}" for name, value in asked.items() if value)
    tab.goto(f"{url}/digits?{query}")
    settled(tab)
    pad(tab).wait_for()
    return tab


def train(tab: Page, url: str, experiment: Experiment) -> str:
    """Open the page, press Train and wait until it learns; return the run's id."""
    visit(tab, url, experiment)
    button(tab, "Train").click()
    expect(state(tab)).to_have_text(re.compile("Training|Finished"), timeout=PATIENCE)  # a short one may be over
    tab.wait_for_url("**run=*")
    return run_of(tab)


def run_of(tab: Page) -> str:
    return tab.url.split("run=")[1].split("&")[0]


def halt(tab: Page) -> None:
    """Press Pause, so that the next test has the machine for itself."""
    button(tab, "Pause").click()
    expect(state(tab)).to_have_text("Paused", timeout=PATIENCE)


# the hand


def place(tab: Page, across: float, down: float) -> tuple[float, float]:
    """Return where a point of the pad, in shares of its side, is on the screen."""
    box = pad(tab).bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def draw(tab: Page, points: Iterable[tuple[float, float]], lift: bool = True) -> None:
    """Draw one stroke with the mouse."""
    first, *others = points
    tab.mouse.move(*place(tab, *first))
    tab.mouse.down()
    for point in others:
        tab.mouse.move(*place(tab, *point), steps=10)
    if lift:
        tab.mouse.up()


def draw_by_touch(tab: Page, points: Iterable[tuple[float, float]], pieces: int = 12) -> None:
    """Draw one stroke with a finger, as the browser itself reports touches."""
    hand = tab.context.new_cdp_session(tab)
    first, *others = points
    at = first
    hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [_touch(tab, at)]})
    for goal in others:
        for piece in range(1, pieces + 1):
            between = tuple(a + (b - a) * piece / pieces for a, b in zip(at, goal))
            hand.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [_touch(tab, between)]})
        at = goal
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def _touch(tab: Page, point: tuple[float, float]) -> dict:
    across, down = place(tab, *point)
    return {"x": across, "y": down}


def rewind_to(tab: Page, share: float) -> int:
    """Click on the slider at a share of its length; return the step that it stands at then."""
    box = slider(tab).bounding_box()
    tab.mouse.click(box["x"] + 8 + share * (box["width"] - 16), box["y"] + box["height"] / 2)
    return int(slider(tab).input_value())


def open_group(tab: Page, name: str) -> None:
    """Open one of the sidebar's groups."""
    group = tab.locator(f".st-key-digits-{name}_group details")
    if group.get_attribute("open") is None:
        group.locator("summary").click()
    expect(group).to_have_attribute("open", "")


# the eye


def button(tab: Page, name: str) -> Locator:
    return tab.get_by_test_id("stMain").get_by_role("button", name=name, exact=True)


def pad(tab: Page) -> Locator:
    return tab.get_by_role("application")


def state(tab: Page) -> Locator:
    """Return how the run stands, in words."""
    return tab.locator(".st-key-digits-live .pill")


def progress(tab: Page) -> Locator:
    """Return what is done of the run, in words."""
    return tab.locator(".st-key-digits-live .left")


def prediction(tab: Page) -> Locator:
    return tab.locator(".st-key-digits-prediction")


def bars(tab: Page) -> list[float]:
    """Return the share of each class, as the bars show it, in percent."""
    shares = tab.locator(".st-key-digits-canvas").get_by_role("meter")
    return [float(shares.nth(index).get_attribute("aria-valuenow")) for index in range(shares.count())]


def slider(tab: Page) -> Locator:
    return tab.locator(".st-key-digits-rewind").get_by_role("slider")


def cell(tab: Page, true: int, read: int) -> Locator:
    """Return a cell of the confusion matrix."""
    return tab.locator(".st-key-digits-confusion").get_by_role("gridcell").nth(10 * true + read)


def counts(tab: Page) -> list[int]:
    """Return the numbers in the confusion matrix, row by row."""
    shown = tab.locator(".st-key-digits-confusion").get_by_role("gridcell").all_inner_texts()
    return [int(text or 0) for text in shown]


def examples(tab: Page) -> Locator:
    """Return the digits of the chosen cell."""
    return tab.locator(".st-key-digits-examples button.cell")


def charts(tab: Page) -> str:
    """Return the curves in words: what a screen reader says of them."""
    return " ".join(canvas.get_attribute("aria-label") or "" for canvas in
                    tab.locator(".st-key-digits-curves canvas").all())


def pixels(picture: Locator) -> str:
    """Return what is painted on a canvas."""
    return picture.evaluate("canvas => canvas.toDataURL()")


def heard(tab: Page, topic: str) -> dict:
    """Return the last value of a topic on the page's notice board, without its arrays."""
    return tab.evaluate("""topic => {
      const { arrays, ...fields } = globalThis[Symbol.for("derin.bus")].get("digits").values.get(topic);
      return fields;
    }""", topic)
