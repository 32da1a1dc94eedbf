"""The Diffusion page in a real browser: the slider moves everything by itself, the pen follows, it fits a phone."""

import pytest
from playwright.sync_api import expect

from dlcore.specs.codec import to_link
from dlcore.specs.noising import Noising
from dlcore.specs.subject import Subject
from tests.conftest import settled, wait_until

pytestmark = pytest.mark.browser

PROCESS = ".st-key-noising-process"


def visit(tab, app_url, **asked):
    tab.goto(f"{app_url}/diffusion?noising={to_link(Noising(**asked))}")
    settled(tab)
    tab.locator(f"{PROCESS} .whole canvas").wait_for(timeout=30_000)
    return tab


def painted(tab, place: str) -> str:
    return tab.locator(f"{PROCESS} {place} canvas").evaluate("canvas => canvas.toDataURL()")


def test_the_slider_moves_every_picture_without_asking_and_the_link_keeps_the_time(page, app_url):
    visit(page, app_url)
    places = (".whole", ".walk figure", ".sum .chart")
    before = [painted(page, place) for place in places]
    page.locator(f"{PROCESS} input").fill("900")
    assert all(old != painted(page, place) for old, place in zip(before, places))
    expect(page.locator(f"{PROCESS} output")).to_have_text("t = 900 of 1,000")
    page.wait_for_url("**900**")
    expect(page.locator(f"{PROCESS} output")).to_have_text("t = 900 of 1,000")


def test_play_goes_to_the_end_and_a_small_picture_leads_back(page, app_url):
    visit(page, app_url, t=900)
    page.locator(PROCESS).get_by_role("button", name="Play").click()
    expect(page.locator(f"{PROCESS} output")).to_have_text("t = 1,000 of 1,000", timeout=15_000)
    page.locator(PROCESS).get_by_role("button", name="t = 500 of 1000").click()
    expect(page.locator(f"{PROCESS} output")).to_have_text("t = 500 of 1,000")


def test_what_is_drawn_is_noised(page, app_url):
    visit(page, app_url, t=0, subject=Subject(picture="drawing"))
    before = painted(page, ".whole")
    box = page.get_by_role("application").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"], steps=10)
    page.mouse.up()
    wait_until(lambda: painted(page, ".whole") != before, 20, "the drawing was not noised")


def test_on_a_phone_nothing_is_wider_than_the_screen(open_tab, app_url):
    phone = open_tab(390, 844, has_touch=True, is_mobile=True)
    visit(phone, app_url)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    box = phone.locator(f"{PROCESS} input").bounding_box()
    assert box["y"] + box["height"] <= 844, "the slider needs scrolling"
