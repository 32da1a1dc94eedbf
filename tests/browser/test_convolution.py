"""The microscope in a browser: the stamp follows the hand, the sums are torch's, maps are opened, a phone."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.conftest import settled, wait_until

pytestmark = pytest.mark.browser

SCOPE = ".st-key-convolution-microscope"
SCRIPTS = Path(__file__).parents[2] / "static" / "js"


def open_scope(tab, app_url: str, address: str = ""):
    tab.goto(f"{app_url}/convolution{address}")
    tab.locator(f"{SCOPE} .scope").wait_for(timeout=120_000)
    settled(tab)
    return tab.locator(SCOPE)


def result(scope) -> str:
    return scope.locator(".result.last").text_content()


@pytest.mark.parametrize(("stride", "padding", "dilation", "size", "channels"), [
    (1, 1, 1, 3, 3), (2, 0, 1, 5, 1), (3, 4, 2, 4, 2), (1, 0, 3, 2, 4)])
def test_the_sums_that_the_browser_shows_are_those_of_conv2d(page, stride, padding, dilation, size, channels):
    draws = torch.Generator().manual_seed(size)
    inputs = torch.randn(channels, 13, 13, generator=draws)
    kernel = torch.randn(channels, size, size, generator=draws)
    expected = F.conv2d(inputs[None], kernel[None], None, stride, padding, dilation)[0, 0].numpy()
    page.route("http://derin.invalid/**", lambda route: route.fulfill(
        body=(SCRIPTS / name).read_text() if (name := route.request.url.split("/")[-1].split("?")[0]).endswith(".js")
        else "<!doctype html><title>bench</title>",
        content_type="application/javascript" if ".js" in route.request.url else "text/html"))
    page.goto("http://derin.invalid/")
    made = page.evaluate("""async ({ inputs, kernel, shape, ...walk }) => {
        const { channelSums } = await import("http://derin.invalid/walklines.js?v=1");
        const arrays = { in: Object.assign(Float32Array.from(inputs), { shape }), kernel: Float32Array.from(kernel) };
        return Array.from({ length: walk.high ** 2 }, (_, at) => channelSums({ ...walk, arrays },
          [Math.floor(at / walk.high), at % walk.high]).reduce((sum, one) => sum + one, 0));
    }""", {"inputs": inputs.flatten().tolist(), "kernel": kernel.flatten().tolist(), "shape": list(inputs.shape),
           "size": size, "stride": stride, "padding": padding, "dilation": dilation, "high": len(expected)})
    np.testing.assert_allclose(np.reshape(made, expected.shape), expected, atol=1e-4)


def test_the_stamp_follows_mouse_and_keys_and_plays(page, app_url, awake):
    scope = open_scope(page, app_url)
    map_ = scope.locator(".figure canvas").nth(1)
    before = result(scope)
    box = map_.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    wait_until(lambda: result(scope) != before, 120, "The stamp does not follow the mouse.")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 60)
    wait_until(lambda: result(scope) == before, 120, "The stamp does not go back.")
    stage = scope.locator(".scope")
    stage.focus()
    place = stage.get_attribute("aria-label")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert stage.get_attribute("aria-label") != place
    row, column = map(int, re.search(r"row (\d+), column (\d+)", stage.get_attribute("aria-label")).groups())
    wait_until(lambda: f'"down":{row},"across":{column}' in page.evaluate("decodeURIComponent(location.search)"), 10,
               "The place does not go into the link.")
    page.keyboard.press("PageDown")
    wait_until(lambda: f"map 2 of 24, row {row}, column {column}:" in stage.get_attribute("aria-label"), 10,
               "The stamp does not stay where it was put.")
    scope.get_by_role("button", name="Play", exact=True).click()
    wait_until(lambda: "row 0, column 3" in stage.get_attribute("aria-label"), 120, "It does not play from the start.")
    scope.get_by_role("button", name="Pause", exact=True).click()


def test_a_map_is_opened_with_a_click_and_a_filter_switched_off(page, app_url, awake):
    scope = open_scope(page, app_url)
    scope.locator(".overview .row", has_text="conv2").locator("canvas").click(position={"x": 80, "y": 14})
    wait_until(lambda: scope.locator(".bar select").input_value() == "conv2", 120, "The map was not opened.")
    scope.locator(".bar .count").get_by_text("3 / 24").wait_for()
    assert scope.locator(".channels canvas").bounding_box()["height"] > 100
    scope.get_by_role("button", name="Switch this filter off").click()
    scope.get_by_text("switched off: the map is 0").wait_for()
    assert '"off":[["conv2",2]]' in page.evaluate("decodeURIComponent(location.search)")
    scope.get_by_role("button", name="train()").click()
    scope.get_by_role("button", name="Draw again").wait_for()


def test_the_maps_follow_a_drawing_before_the_pen_is_lifted(page, app_url, awake):
    scope = open_scope(page, app_url, '?convolution={"subject":{"picture":"drawing"}}')
    pad = page.locator(".st-key-convolution-pad canvas[role=application]")
    pad.wait_for()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.15 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.85 * box["height"], steps=12)
    wait_until(lambda: "reads 1" in scope.locator(".reading").text_content(), 120, "The maps do not follow.")
    page.mouse.up()
    wait_until(lambda: '"pixels":"' in page.evaluate("decodeURIComponent(location.search)"), 10,
               "The drawing does not go into the link.")


def test_on_a_phone_nothing_is_wider_than_the_screen(open_tab, app_url, awake):
    tab = open_tab(390, 844, locale="tr-TR")
    scope = open_scope(tab, app_url, '?convolution={"layer":"conv2"}')
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert scope.locator(".bar select").input_value() == "conv2"


def test_a_kernel_is_typed_and_painted_and_the_map_follows(page, app_url, awake):
    page.goto(f'{app_url}/convolution?convolution={{"view":"bench"}}')
    scope = page.locator(".st-key-convolution-bench_scope")
    scope.locator(".scope").wait_for(timeout=120_000)
    settled(page)
    kernel = page.locator(".st-key-convolution-kernel")
    cells = kernel.locator(".cells input")
    cells.nth(4).fill("2,5")
    wait_until(lambda: "2.5" in page.evaluate("decodeURIComponent(location.search)"), 120, "The number was not taken.")
    scope.locator(".numbers .cells").nth(1).get_by_text("2.50").wait_for()
    cells.nth(4).fill("much")
    assert cells.nth(4).get_attribute("title") == "Type a number from −99 to 99."
    cells.nth(4).blur()
    kernel.get_by_role("button", name="−1").click()
    boxes = [cells.nth(at).bounding_box() for at in (0, 2)]
    page.mouse.move(*[boxes[0][way] + 10 for way in ("x", "y")])
    page.mouse.down()
    page.mouse.move(*[boxes[1][way] + 10 for way in ("x", "y")], steps=12)
    page.mouse.up()
    wait_until(lambda: "[-1.0,-1.0,-1.0," in page.evaluate("decodeURIComponent(location.search)"), 10,
               "The cells were not painted.")


def test_the_trainings_on_shuffled_pixels_go_on_by_themselves_once_begun(page, app_url, awake):
    page.goto(f'{app_url}/convolution?convolution={{"view":"locality"}}')
    page.get_by_role("button", name="Train all four").click(timeout=120_000)
    bar = page.locator(".st-key-convolution-locality [role=progressbar]")
    wait_until(lambda: int(bar.get_attribute("aria-valuenow") or 0) >= 2, 120, "The trainings do not go on.")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Train all four").wait_for()
