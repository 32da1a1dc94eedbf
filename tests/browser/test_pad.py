"""The pad in a real browser: mouse, touch and keys draw, and the digit is read while it is drawn."""

import pytest

from tests.conftest import settled, wait_until

pytestmark = pytest.mark.browser

PAD = ".st-key-digits-canvas"
SEVEN = [(0.3, 0.25), (0.7, 0.25), (0.66, 0.35), (0.48, 0.8)]
IN_A_CORNER = [(0.75, 0.72), (0.92, 0.72), (0.9, 0.76), (0.83, 0.95)]


def open_pad(tab, app_url):
    tab.goto(f"{app_url}/digits")
    settled(tab)
    canvas(tab).wait_for()
    tab.locator(f"{PAD} .samples button").first.wait_for()
    return tab


def canvas(tab):
    return tab.locator(f"{PAD} canvas[role=application]")


def on_screen(tab, points):
    box = canvas(tab).bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]


def put_pen_down_and_draw(tab, points, steps=8):
    first, *others = on_screen(tab, points)
    tab.mouse.move(*first)
    tab.mouse.down()
    for place in others:
        tab.mouse.move(*place, steps=steps)


def draw(tab, points):
    put_pen_down_and_draw(tab, points)
    tab.mouse.up()


def prediction(tab) -> str:
    return tab.locator(".st-key-digits-prediction").inner_text()


def reads(tab, digit: str, seconds: float = 120) -> None:
    wait_until(lambda: prediction(tab) == digit, seconds, f"The pad does not read {digit!r}.")


def step(tab, name):
    return tab.locator(f"{PAD} .step", has=tab.get_by_text(name, exact=True))


def test_a_seven_drawn_with_the_mouse_is_read_before_the_pen_is_lifted_and_then_spoken(page, app_url, awake):
    open_pad(page, app_url)
    put_pen_down_and_draw(page, SEVEN)
    reads(page, "7")
    page.mouse.up()
    shares = page.locator(f"{PAD} [role=meter]").evaluate_all("bars => bars.map(b => Number(b.ariaValueNow))")
    assert len(shares) == 10 and max(shares) == shares[7] and sum(shares) == pytest.approx(100, abs=1)
    spoken = page.locator(f"{PAD} [aria-live=polite]")
    wait_until(lambda: spoken.text_content().startswith("It reads a 7, "), 120, "Nothing is spoken.")


def test_a_finger_draws_and_the_page_stays_where_it_is(open_tab, app_url, awake):
    tab = open_pad(open_tab(390, 844, has_touch=True, is_mobile=True), app_url)
    canvas(tab).scroll_into_view_if_needed()
    places, before = on_screen(tab, SEVEN), canvas(tab).bounding_box()
    finger = tab.context.new_cdp_session(tab)
    for index, (x, y) in enumerate(places):
        kind = "touchMove" if index else "touchStart"
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    reads(tab, "7")
    assert canvas(tab).bounding_box() == before


def test_on_a_phone_the_bars_lie_under_the_pad_and_nothing_is_wider_than_the_screen(open_tab, app_url):
    tab = open_pad(open_tab(390, 844), app_url)
    pad, bars = canvas(tab).bounding_box(), tab.locator(f"{PAD} .bars").bounding_box()
    assert bars["y"] > pad["y"] + pad["height"] and pad["width"] > 300
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_keys_draw_undo_clear_and_place_samples(page, app_url, awake):
    open_pad(page, app_url)
    canvas(page).focus()
    for key in [*["ArrowLeft"] * 5, *["ArrowUp"] * 2, " ", *["ArrowRight"] * 10, *["ArrowDown", "ArrowLeft"] * 4,
                *["ArrowDown"] * 8, " "]:
        page.keyboard.press(key)
    reads(page, "7")
    page.keyboard.press("3")
    reads(page, "3")
    page.keyboard.press("z")
    reads(page, "7")
    page.keyboard.press("Delete")
    reads(page, "")
    page.keyboard.press("z")
    reads(page, "7")


def test_a_drawing_survives_a_reload(page, app_url, awake):
    open_pad(page, app_url)
    draw(page, SEVEN)
    reads(page, "7")
    page.reload()
    reads(page, "7", 15)


def test_a_small_digit_in_a_corner_is_read_and_the_crop_explains_why(page, app_url, awake):
    open_pad(page, app_url)
    draw(page, IN_A_CORNER)
    reads(page, "7")
    crop = step(page, "crop")
    assert crop.get_attribute("aria-pressed") == "true"
    wait_until(lambda: "Without it:" in crop.get_attribute("aria-label"), 120, "Nothing is said of the crop.")
    crop.click()
    wait_until(lambda: "With it: 7" in crop.get_attribute("aria-label"), 120, "Nothing is said of the missing crop.")
    assert crop.get_attribute("aria-pressed") == "false"


def test_the_reading_and_the_nearest_digits_come_without_moving_anything(page, app_url, awake):
    open_pad(page, app_url)
    parts = [page.locator(f"{PAD} {part}").first for part in (".bars", ".steps", ".near", ".tools", "canvas")]
    before = [part.bounding_box() for part in parts]
    draw(page, SEVEN)
    reads(page, "7")
    labels = page.locator(f"{PAD} .neighbour .label")
    wait_until(lambda: labels.all_inner_texts().count("7") >= 5, 120, "The nearest digits are no sevens.")
    assert [part.bounding_box() for part in parts] == before


def remark(tab):
    return tab.locator(f"{PAD} .remark")


def test_beside_the_bars_stands_what_they_cannot_say_of_a_digit_a_letter_and_two_drawings(page, app_url, awake):
    open_pad(page, app_url)
    draw(page, SEVEN)
    wait_until(lambda: remark(page).inner_text().startswith("Farther out than "), 15,
               "It is not said how far the 7 is from the training digits.")
    draw(page, [(0.3, 0.9), (0.75, 0.15)])
    draw(page, [(0.2, 0.15), (0.8, 0.9)])
    wait_until(lambda: remark(page).inner_text().startswith("Unlike anything it has learned"), 15,
               "Lines over the 7 are not told from digits.")
    page.keyboard.press("Delete")
    wait_until(lambda: remark(page).inner_text() == "", 15, "The remark outlives the drawing.")
    for x in (0.2, 0.75):
        draw(page, [(x, 0.25), (x + 0.03, 0.75)])
    wait_until(lambda: remark(page).inner_text() == "Two drawings: draw one digit.", 15, "Two drawings are not told.")
    assert "loud" in remark(page).get_attribute("class") and remark(page).get_attribute("title")
