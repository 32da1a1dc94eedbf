"""The walk in a browser: forwards and backwards, a weight picked and checked, an update, keys, a phone."""

import re

import pytest

from tests.conftest import settled, wait_until

pytestmark = pytest.mark.browser

WALK = ".st-key-backprop-walk"


def open_walk(tab, app_url: str, address: str = ""):
    tab.goto(f"{app_url}/backprop{address}")
    tab.locator(f"{WALK} .graph .place").first.wait_for(timeout=120_000)
    settled(tab)
    return tab.locator(WALK)


def lit(walk) -> str:
    return walk.locator(".graph .place.lit").get_attribute("data-id")


def place(walk, name: str):
    return walk.locator(f'.graph [data-id="{name}"]')


def test_walk_forwards_and_backwards_pick_a_weight_check_it_and_update(page, app_url, awake):
    walk = open_walk(page, app_url)
    following, back = walk.get_by_label("Next step"), walk.get_by_label("One step back")
    assert lit(walk) == "z1.1" and place(walk, "z1.2").locator(".value").text_content() == "·"
    seen = []
    for _step in range(8):
        following.click()
        seen.append(lit(walk))
    assert seen == ["z1.2", "z1.3", "a1.1", "a1.2", "a1.3", "z2.1", "z2.2", "L"]
    back.click()
    assert lit(walk) == "z2.2" and place(walk, "L").locator(".value").text_content() == "·"
    walk.get_by_role("button", name="3. Backward pass").click()
    following.click()
    assert lit(walk) == "z2.1" and place(walk, "z2.1").locator(".slope").text_content().startswith("∂")
    assert "Backward pass" in walk.locator("[aria-live=polite]").text_content()

    place(walk, "w2.2.3").locator(".hit").dispatch_event("click")
    wait_until(lambda: walk.locator("select").input_value() == "w2.2.3", 120, "The weight was not picked.")
    assert "w2.2.3" in page.evaluate("decodeURIComponent(location.search)")
    walk.get_by_role("button", name="Check").click()
    walk.get_by_text("they agree. Digits that are the same").wait_for()
    before = place(walk, "w2.2.3").locator(".label").text_content()
    page.get_by_role("button", name="Update", exact=True).click()
    wait_until(lambda: place(walk, "w2.2.3").locator(".label").text_content() != before, 120, "Nothing was updated.")
    assert lit(walk) == "z2.1"  # the walk stays where it was


def test_keys_walk_pick_and_go_on_to_the_next_update(page, app_url, awake):
    walk = open_walk(page, app_url)
    walk.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    assert lit(walk) == "z1.2"
    page.keyboard.press("ArrowDown")
    wait_until(lambda: walk.locator("select").input_value() == "w1.1.2", 120, "No other weight was picked.")
    page.keyboard.press("End")
    assert walk.get_by_role("button", name="4. Update").get_attribute("aria-current") == "step"
    page.keyboard.press("ArrowRight")
    walk.get_by_text("Update 2: SGD").wait_for()
    assert lit(walk) == "z1.1"
    walk.locator(".stage").focus()
    page.keyboard.press(" ")
    wait_until(lambda: lit(walk) == "z1.3", 120, "It does not play.")
    page.keyboard.press(" ")


def test_numbers_are_typed_into_the_picture_and_a_bad_one_gets_a_sentence(page, app_url, awake):
    walk = open_walk(page, app_url)
    place(walk, "x1").click()
    page.keyboard.type("much")
    page.keyboard.press("Enter")
    assert "much is no number" in walk.locator(".popover").inner_text()
    page.keyboard.press("Control+a")
    page.keyboard.type("0,25")
    page.keyboard.press("Enter")
    wait_until(lambda: place(walk, "x1").locator(".value").text_content() == "0.25", 120, "The input was not taken.")
    field = walk.locator(".pickers input")
    field.fill("500")
    field.press("Enter")
    walk.get_by_text(re.compile("Type a number from −100 to 100")).wait_for()


def test_on_a_phone_nothing_is_wider_than_the_screen(open_tab, app_url, awake):
    tab = open_tab(390, 844, locale="tr-TR")
    walk = open_walk(tab, app_url)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    graph = walk.locator(".graph")
    assert graph.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert walk.locator(".graph svg").get_attribute("aria-label").startswith("Ağ 2-3-2.")
