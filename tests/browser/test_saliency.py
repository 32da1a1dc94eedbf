"""The Saliency page in a real browser: maps follow the pen, one is picked, an attack is pulled; it fits a phone."""

import pytest
from playwright.sync_api import expect

from dlcore.specs.codec import to_link
from dlcore.specs.saliency import METHODS, Saliency
from dlcore.specs.subject import Subject
from tests.conftest import settled, wait_until

pytestmark = pytest.mark.browser

MAPS = ".st-key-saliency-maps"


def visit(tab, app_url, **asked):
    tab.goto(f"{app_url}/saliency?saliency={to_link(Saliency(**{'method': 'gradient', **asked}))}")
    settled(tab)
    tab.locator(f"{MAPS} .cell").first.wait_for(timeout=120_000)
    return tab


def is_whole(tab) -> bool:
    return tab.locator(f"{MAPS} .cell.pending").count() == 0


def painted(tab, method: str) -> str:
    return tab.get_by_role("button", name=f"{method}, ").locator("canvas").evaluate("canvas => canvas.toDataURL()")


def test_all_maps_are_painted_and_a_picked_one_comes_with_its_formula_and_stays_in_the_link(page, app_url, awake):
    visit(page, app_url)
    assert page.locator(f"{MAPS} .cell").count() == len(METHODS)
    wait_until(lambda: is_whole(page), 120, "the maps did not come")
    pictures = page.locator(f"{MAPS} .cell canvas").evaluate_all("all => all.map((canvas) => canvas.toDataURL())")
    assert len(set(pictures)) == len(METHODS)
    page.get_by_role("button", name="Grad-CAM, ").first.click()
    expect(page.get_by_role("button", name="Grad-CAM, ").first).to_have_attribute("aria-pressed", "true")
    page.wait_for_url("**grad_cam**")
    expect(page.get_by_text("The last convolution's maps, weighted")).to_be_visible()
    expect(page.locator(".st-key-saliency-trust .verdict")).not_to_be_empty(timeout=120_000)


def test_the_keys_move_between_the_maps_and_pick_one(page, app_url, awake):
    visit(page, app_url, methods=("gradient", "input_x_gradient", "grad_cam"))
    page.locator(f"{MAPS} .cell[aria-pressed=true]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Input × gradient, ")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**input_x_gradient**")


def test_the_quick_maps_follow_the_pen_and_the_others_come_when_it_is_lifted(page, app_url, awake):
    visit(page, app_url, subject=Subject(picture="drawing"), methods=("gradient", "grad_cam", "occlusion"))
    pad = page.get_by_role("application")
    box = pad.bounding_box()
    assert box["y"] + box["height"] < 800, "the pad is below the window"
    before = painted(page, "Gradient")
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"], steps=10)
    wait_until(lambda: painted(page, "Gradient") != before, 120, "the gradient did not follow the pen")
    expect(page.locator(f"{MAPS} .cell.pending")).to_have_count(1)  # occlusion waits
    page.mouse.up()
    wait_until(lambda: is_whole(page), 120, "occlusion did not come")
    expect(page.locator(f"{MAPS} .subject .title")).to_have_text("your drawing")


def test_the_slider_of_the_attack_changes_picture_and_reading_without_asking_again(page, app_url, awake):
    visit(page, app_url, methods=("gradient",))
    page.get_by_role("tab", name="What would change its mind").click()
    attack = page.locator(".st-key-saliency-attack")
    expect(page.locator(".st-key-saliency-attacking .text")).to_contain_text("succeeds", timeout=120_000)
    before = attack.locator(".pair canvas").last.evaluate("canvas => canvas.toDataURL()")
    attack.get_by_role("slider").fill("20")
    expect(attack.locator("output")).to_have_text("ε = 0.40")
    expect(attack.locator(".read.fooled").first).to_be_visible()
    assert attack.locator(".pair canvas").last.evaluate("canvas => canvas.toDataURL()") != before


def test_on_a_phone_nothing_is_wider_than_the_screen(open_tab, app_url, awake):
    phone = open_tab(390, 844, has_touch=True, is_mobile=True)
    visit(phone, app_url, methods=("gradient", "grad_cam", "lrp"), company="classes")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.locator(f"{MAPS} .sheet").evaluate("sheet => sheet.scrollWidth >= sheet.clientWidth")
