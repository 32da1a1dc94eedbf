"""The Diffusion page in a real browser: the slider moves everything by itself, the pen follows, it fits a phone."""

import pytest
from playwright.sync_api import expect

from dlcore.specs.codec import to_link
from dlcore.specs.diffusion import Denoiser, Diffusion, DiffusionData, DiffusionTraining, learn_from
from dlcore.specs.noising import Noising
from dlcore.specs.subject import Subject
from tests.conftest import settled, wait_until

pytestmark = pytest.mark.browser

PROCESS = ".st-key-noising-process"


def visit(tab, app_url, **asked):
    tab.goto(f"{app_url}/diffusion?noising={to_link(Noising(**asked))}")
    settled(tab)
    tab.locator(f"{PROCESS} .whole canvas").wait_for(timeout=120_000)
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
    expect(page.locator(f"{PROCESS} output")).to_have_text("t = 1,000 of 1,000", timeout=120_000)
    page.locator(PROCESS).get_by_role("button", name="t = 500 of 1000").click()
    expect(page.locator(f"{PROCESS} output")).to_have_text("t = 500 of 1,000")


def draw_line(page, surface, first, last):
    """Draw across a surface, from one share of its width to another."""
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    page.mouse.move(box["x"] + first * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + last * box["width"], box["y"] + 0.3 * box["height"], steps=10)
    page.mouse.up()


def test_what_is_drawn_is_noised(page, app_url):
    visit(page, app_url, t=0, subject=Subject(picture="drawing"))
    before = painted(page, ".whole")
    draw_line(page, page.get_by_role("application"), 0.3, 0.7)
    wait_until(lambda: painted(page, ".whole") != before, 120, "the drawing was not noised")


def test_on_a_phone_nothing_is_wider_than_the_screen(open_tab, app_url):
    phone = open_tab(390, 844, has_touch=True, is_mobile=True)
    visit(phone, app_url)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    box = phone.locator(f"{PROCESS} input").bounding_box()
    assert box["y"] + box["height"] <= 844, "the slider needs scrolling"


def test_points_flow_into_the_shape_and_the_slider_moves_them_without_asking(page, app_url, awake):
    spec = Diffusion(data=DiffusionData(dataset="moons", points=500), network=Denoiser(hidden=32, layers=2),
                     training=DiffusionTraining(epochs=20, batch_size=128))
    page.goto(f"{app_url}/diffusion?part=plane&diffusion={to_link(spec)}")
    settled(page)
    page.get_by_role("button", name="Train").click()
    expect(page.locator(".st-key-diffusion_plane-live .pill")).to_have_text("Finished", timeout=120_000)
    board = page.locator(".st-key-diffusion_plane-board")
    expect(board.locator("output")).to_have_text("s = 0.00", timeout=120_000)
    before = board.locator("canvas").evaluate("canvas => canvas.toDataURL()")
    board.locator("input").fill("0")
    expect(board.locator("output")).to_have_text("s = 1.00")
    assert board.locator("canvas").evaluate("canvas => canvas.toDataURL()") != before
    board.locator("canvas").focus()
    page.keyboard.press("ArrowRight")
    expect(board.locator(".said")).to_contain_text("From (")


def test_points_are_put_with_a_pull_over_the_plane(page, app_url, awake):
    page.goto(f"{app_url}/diffusion?part=plane")
    settled(page)
    page.get_by_role("radio", name="Your own").or_(page.get_by_text("Your own", exact=True)).first.click()
    box = page.locator(".st-key-diffusion_plane-board canvas.putting").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 250, steps=20)
    page.mouse.up()
    page.wait_for_url("**own%22%3A%5B%5B**")
    expect(page.get_by_role("button", name="Train")).to_be_enabled()


def test_every_step_of_the_way_to_a_digit_is_in_the_browser(page, app_url, awake):
    spec = Diffusion(data=DiffusionData(train_size=500), network=Denoiser(width=8, blocks=1, time=16),
                     training=DiffusionTraining(epochs=1, batch_size=250))
    page.goto(f"{app_url}/diffusion?part=digits&diffusion={to_link(spec)}")
    settled(page)
    page.get_by_role("button", name="Train").click()
    expect(page.locator(".st-key-diffusion-live .pill")).to_have_text("Finished", timeout=120_000)
    film = page.locator(".st-key-diffusion-film")
    expect(film.locator("output")).to_contain_text("step 20 of 20", timeout=120_000)
    settled(page)  # the film of the finished run has taken the place of the one before
    last = film.locator(".whole canvas").evaluate("canvas => canvas.toDataURL()")
    film.get_by_role("button", name="One step back").click()
    expect(film.locator("output")).to_contain_text("step 19 of 20")
    wait_until(lambda: film.locator(".whole canvas").evaluate("canvas => canvas.toDataURL()") != last, 10,
               "the step before looks like the last one")
    assert film.locator(".parts canvas").count() == 6
    expect(film.locator(".parts figcaption").last).to_contain_text("a digit reader reads")
    one = page.locator(".st-key-diffusion-step_shown")
    expect(one.locator(".title")).to_contain_text("Step 20 of 20, Euler")
    for _ in range(5):
        film.get_by_role("button", name="One step back").click()
    expect(one.locator(".title")).to_contain_text("Step 15 of 20")
    assert one.locator("figure canvas").count() == 3
    there = film.locator(".whole canvas").evaluate("canvas => canvas.toDataURL()")
    page.get_by_role("button", name="New noise").click()
    wait_until(lambda: film.locator(".whole canvas").evaluate("canvas => canvas.toDataURL()") != there, 20,
               "no film of the new noise")
    expect(film.locator("output")).to_contain_text("step 14 of 20")


def test_a_pen_erases_any_part_of_a_picture_and_it_is_filled_in(page, app_url, awake):
    page.goto(f"{app_url}/diffusion?part=digits&sampling=%7B%22steps%22%3A2%7D")
    settled(page)
    page.get_by_role("tab", name="Begin with a picture").click()
    film = page.locator(".st-key-diffusion-beginning_film")
    expect(film.locator("output")).to_contain_text("step 1 of 1", timeout=120_000)  # six tenths of two steps
    pad = page.locator(".st-key-diffusion-eraser")
    draw_line(page, pad.locator("canvas"), 0.2, 0.8)
    expect(pad.locator(".note")).to_contain_text("of 784 pixels are drawn anew")
    expect(film.locator("output")).to_contain_text("of 2", timeout=120_000)
    pad.get_by_role("button", name="Put all back").click()
    expect(film.locator("output")).to_contain_text("of 1", timeout=120_000)


def test_a_part_that_is_left_while_it_trains_leaves_nothing_in_the_next_one(page, app_url):
    """The fragments of the part that is left still ask for a moment, with its address."""
    parts = page.locator(".st-key-diffusion-part")
    page.goto(f"{app_url}/diffusion?part=plane&diffusion={to_link(learn_from(Diffusion(), 'moons'))}")
    page.locator(".st-key-diffusion_plane-train button").click()
    expect(page.locator(".st-key-diffusion_plane-pause button")).to_be_visible(timeout=120_000)
    parts.get_by_text("Digits and prompts", exact=True).click()
    page.get_by_test_id("stTab").nth(2).click(timeout=120_000)
    expect(page.get_by_test_id("stTab").nth(2)).to_have_attribute("aria-selected", "true")
    page.wait_for_url("**part=digits**")
    assert "run=" not in page.url and "diffusion=" not in page.url
    assert page.get_by_test_id("stAlertContainer").count() == 0
    parts.get_by_text("Two dimensions", exact=True).click()
    page.wait_for_url("**run=**")
    page.locator(".st-key-diffusion_plane-pause button, .st-key-diffusion_plane-train button").first.click()
