"""The Recurrent page in a real browser: what is pointed at is marked everywhere, training, rewinding, a phone."""

import re

import pytest
from playwright.sync_api import expect

from dlcore.specs.codec import to_link
from dlcore.specs.recurrent import Recurrent, RecurrentNetwork, RecurrentTraining
from dlcore.specs.sequences import SequenceData
from tests.browser.script_bench import ORIGIN, serve
from tests.conftest import settled, wait_until

pytestmark = pytest.mark.browser

SMALL = RecurrentNetwork(cells=("rnn_tanh", "lstm", "gru"), hidden=8, embedding=4)
QUICK = Recurrent(data=SequenceData(task="recall", length=8, delay=3), network=SMALL,
                  training=RecurrentTraining(epochs=2, batch_size=256))
NAMES = Recurrent(network=SMALL)
PATIENCE = 120_000


def open_page(tab, app_url: str, engine, spec: Recurrent) -> None:
    wait_until(lambda: engine.status().ready, 120, "the engine did not wake")
    tab.goto(f"{app_url}/recurrent?recurrent={to_link(spec)}")
    settled(tab)
    expect(picture(tab).locator("canvas")).to_be_visible(timeout=PATIENCE)
    expect(equation(tab)).to_contain_text("step", timeout=PATIENCE)


def picture(tab):
    return tab.locator(".st-key-recurrent-unroll")


def equation(tab):
    return tab.locator(".st-key-recurrent-equation .title")


def column(tab, step: int, count: int) -> dict:
    box = picture(tab).locator("canvas").bounding_box()
    return {"x": box["width"] * (step + 0.5) / count, "y": box["height"] * 0.4}


def test_a_step_that_is_pointed_at_is_marked_in_every_picture(app_url, engine, page):
    open_page(page, app_url, engine, NAMES)
    canvas, count = picture(page).locator("canvas"), len("⏎christopher")
    canvas.hover(position=column(page, 5, count))
    expect(picture(page).locator(".note")).to_contain_text("step 5 s")
    expect(page.locator(".st-key-recurrent-next .title")).to_have_text("Next after “⏎chris”")
    expect(equation(page)).to_contain_text("step 5", timeout=PATIENCE)
    expect(page.locator(".st-key-recurrent-gradient canvas")).to_have_attribute("aria-label", re.compile("step 5:"))
    page.mouse.move(5, 5)
    expect(picture(page).locator(".note")).to_contain_text("step 11 r")
    canvas.click(position=column(page, 3, count))
    page.mouse.move(5, 5)
    page.keyboard.press("ArrowRight")
    expect(picture(page).locator(".note")).to_contain_text("step 4 i")
    expect(equation(page)).to_contain_text("step 4", timeout=PATIENCE)
    picture(page).get_by_role("button", name="GRU").click()
    expect(equation(page)).to_contain_text("GRU", timeout=PATIENCE)


def test_cells_are_trained_and_the_whole_page_is_rewound(app_url, engine, page):
    open_page(page, app_url, engine, QUICK)
    before = page.locator(".st-key-recurrent-equation table").inner_text()
    page.get_by_role("button", name="Train").click()
    expect(page.locator(".st-key-recurrent-live .pill")).to_have_text("Finished", timeout=120_000)
    expect(page.locator(".st-key-recurrent-equation table")).not_to_have_text(before, timeout=PATIENCE)
    after = lasting_text(page)
    slider = page.locator(".st-key-recurrent-rewind input")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator(".st-key-recurrent-rewind .text")).to_contain_text("step 0 of", timeout=PATIENCE)
    wait_for_text(page, before)
    page.keyboard.press("End")
    wait_for_text(page, after)
    assert page.get_by_test_id("stException").count() == 0


def lasting_text(tab) -> str:
    """Return what the equation shows once it stays: the last picture of a training comes a moment after its end."""
    table, seen = tab.locator(".st-key-recurrent-equation table"), [""]
    while len(seen) < 20 or len(set(seen[-20:])) > 1:
        tab.wait_for_timeout(100)
        seen.append(table.inner_text())
    return seen[-1]


def wait_for_text(tab, text: str) -> None:
    table = tab.locator(".st-key-recurrent-equation table")
    for _ in range(1200):
        if table.inner_text() == text:
            return
        tab.wait_for_timeout(100)
    raise AssertionError(f"the equation shows {table.inner_text()}, not {text}")


def test_on_a_phone_nothing_is_wider_than_the_screen(app_url, engine, open_tab):
    tab = open_tab(390, 844, has_touch=True)
    open_page(tab, app_url, engine, NAMES)
    assert tab.evaluate("document.scrollingElement.scrollWidth") <= 390
    canvas = picture(tab).locator("canvas")
    canvas.scroll_into_view_if_needed()
    canvas.tap(position=column(tab, 2, len("⏎christopher")))
    expect(picture(tab).locator(".note")).to_contain_text("step 2 h")


def test_what_was_pinned_comes_back_when_one_no_longer_points(chromium):
    tab = chromium.new_page()
    tab.route(ORIGIN + "**", serve)
    tab.goto(ORIGIN)
    told = tab.evaluate(f"""async () => {{
      const at = await import("{ORIGIN}pointing.js");
      const steps = [], say = () => steps.push(at.here("c").step);
      at.point("c", {{ step: 3 }}); say();
      at.release("c"); say();
      at.pin("c", {{ step: 5, unit: 2 }}); say();
      at.point("c", {{ step: 9 }}); say();
      at.release("c"); say();
      return [steps, at.write(at.here("c")), at.stepOf({{ step: null }}, 12), at.stepOf({{ step: 40 }}, 12)];
    }}""")
    tab.close()
    assert told == [[3, None, 5, 9, 5], "/0/5/2", 11, 11]
