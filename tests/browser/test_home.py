"""Home in a real browser: a 7 is drawn with the mouse, and read."""

import pytest
from playwright.sync_api import expect

from tests.conftest import settled

pytestmark = pytest.mark.browser
PATIENCE = 120_000  # milliseconds in which the engine has to wake and answer


def draw_seven(tab) -> None:
    box = tab.get_by_role("application").bounding_box()

    def place(across: float, down: float) -> tuple[float, float]:
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    tab.mouse.move(*place(0.3, 0.25))
    tab.mouse.down()
    tab.mouse.move(*place(0.7, 0.25), steps=8)
    tab.mouse.move(*place(0.45, 0.8), steps=10)
    tab.mouse.up()


def test_a_seven_drawn_with_the_mouse_is_read(app_url, page):
    """Drawn at once, answered when the engine is awake."""
    page.goto(app_url)
    settled(page)
    page.get_by_role("application").wait_for()
    draw_seven(page)
    expect(page.get_by_text("It reads a 7")).to_be_visible(timeout=PATIENCE)


def test_the_card_shows_filters_once_the_engine_answers(app_url, page):
    page.goto(app_url)
    expect(page.locator(".st-key-home_digits").get_by_role("img").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("You can draw already")).to_have_count(0)
