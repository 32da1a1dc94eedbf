"""The Neuron page in a real browser: a slider is pulled, a curve is drawn, and the neurons come closer to it."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from dlcore.data.curves import heights, places
from dlcore.plots.theme import DARK, LIGHT
from dlcore.specs.codec import from_link
from tests.conftest import settled, wait_until

pytestmark = pytest.mark.browser
CHEAP = '{"line":{"neurons":1,"linear":true}}'  # soon trained
PATIENCE = 120_000  # milliseconds in which the engine has to wake, and lines to learn


def linked(tab):
    return from_link(parse_qs(urlsplit(tab.url).query)["neuron"][0], "neuron")[0]


def error(tab) -> float:
    text = tab.get_by_text(re.compile("mean squared error [0-9]")).first.inner_text()
    return float(text.split()[-1].replace("\u2212", "-"))


def open_neuron(tab, url: str) -> None:
    tab.goto(f"{url}/neuron")
    settled(tab)
    expect(tab.get_by_text(re.compile("At z = .* the derivative is"))).to_be_visible(timeout=PATIENCE)


def test_a_pulled_slider_moves_the_point_and_a_drawn_curve_is_learned(app_url, page):
    open_neuron(page, app_url)
    expect(page.get_by_text("Finished")).to_be_visible(timeout=PATIENCE)
    sine = error(page)
    slider = page.get_by_label("bias").bounding_box()
    page.mouse.move(slider["x"] + slider["width"] * 0.5, slider["y"] + slider["height"] / 2)
    page.mouse.down()
    page.mouse.move(slider["x"] + 2, slider["y"] + slider["height"] / 2, steps=6)
    expect(page.get_by_text(re.compile("At z = .* hardly anything flows back"))).to_be_visible(timeout=120_000)
    assert "neuron=" not in page.url
    page.mouse.up()
    page.wait_for_url(re.compile("bias"))
    assert linked(page).bias < -5.5
    expect(page.get_by_role("img", name=re.compile("Sigmoid: a = 0.0"))).to_be_visible()

    plane = page.get_by_role("application").bounding_box()
    page.mouse.move(plane["x"] + 40, plane["y"] + 60)
    page.mouse.down()
    page.mouse.move(plane["x"] + plane["width"] / 2, plane["y"] + 180, steps=10)
    page.mouse.move(plane["x"] + plane["width"] - 20, plane["y"] + 40, steps=10)
    page.mouse.up()
    page.wait_for_url(re.compile("drawn"))
    assert linked(page).line.curve == "drawn" and linked(page).bias < -5.5
    flat = heights(linked(page).line, places()).var()  # the error of the best horizontal line
    wait_until(lambda: page.get_by_text("Finished").is_visible() and sine != error(page) < flat / 2, 60,
               "the neurons did not come closer to the drawn curve than half of what a horizontal line misses")


def test_a_link_opens_the_same_neuron_and_keys_move_sliders_and_curve(app_url, page):
    page.goto(f'{app_url}/neuron?neuron={{"activation":"relu","count":1,"bias":-2,"line":{{"linear":true}}}}')
    settled(page)
    expect(page.get_by_text("At z = -0.80 the derivative is 0: nothing flows back.")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("bias").focus()
    page.keyboard.press("End")
    expect(page.get_by_text("100.0% of the gradient flows back")).to_be_visible(timeout=120_000)
    page.wait_for_url(re.compile("bias%22%3A6"))
    page.get_by_role("application").focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    page.wait_for_url(re.compile("drawn"))
    assert linked(page).line.drawn[25] == pytest.approx(0.2 + 0.25, abs=0.01)  # sin(2 · 0.125), and two steps up
    expect(page.get_by_text("the layers collapse into one line")).to_be_visible(timeout=PATIENCE)


def test_the_page_fits_a_phone(app_url, open_tab):
    phone = open_tab(390, 844)
    open_neuron(phone, app_url)
    main = phone.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")
    for picture in phone.get_by_role("img", name=re.compile("Sigmoid")).all():
        box = picture.bounding_box()
        assert 0 <= box["x"] and box["x"] + box["width"] <= 390 and box["y"] + box["height"] < 844


def test_the_chart_of_the_errors_says_its_numbers_in_the_page_s_language_and_colours(app_url, open_tab):
    """Light and dark are the browser's, the decimal comma is in tooltips and on axes, and the text is there for all."""
    colours = {}
    for scheme in ("light", "dark"):
        tab = open_tab(color_scheme=scheme)
        tab.goto(f"{app_url}/neuron?lang=tr&neuron={CHEAP}")
        settled(tab)
        chart = tab.get_by_test_id("stVegaLiteChart")
        expect(chart).to_have_attribute("aria-label", re.compile("Nöron sayısına göre hata, 1 nöron: [0-9]+,[0-9]"),
                                        timeout=PATIENCE)
        point = chart.locator(".mark-symbol path").first
        colours[scheme] = point.get_attribute("fill").lower()
        expect(chart.get_by_text("0,01", exact=True)).to_be_visible()
        point.hover()
        expect(tab.locator("#vg-tooltip-element")).to_contain_text(re.compile("ortalama karesel hata\\s*[0-9]+,[0-9]"))
        chart.hover()
        expect(tab.get_by_role("button", name=re.compile("Download as PNG")).first).to_be_visible()
    assert colours == {"light": LIGHT.blue.lower(), "dark": DARK.blue.lower()}
