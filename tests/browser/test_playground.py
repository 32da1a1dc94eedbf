"""The Playground page in a real browser: pointing, drawing, setting weights by hand, training live, going back."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from dlcore.specs.codec import from_link, to_link
from dlcore.specs.plane_network import Layer, PlaneNetwork
from dlcore.specs.playground import PlaneTraining, Playground
from tests.conftest import settled, wait_until

pytestmark = pytest.mark.browser

PATIENCE = 120_000  # milliseconds that a shared machine may take for anything
SHOWN = """() => globalThis[Symbol.for("derin.bus")]?.get("playground")?.values.get("frame")?.sizes"""
ENDLESS = Playground(training=PlaneTraining(epochs=1_000_000, pace=60))


def visit(tab, url: str, spec: Playground | None = None):
    """Open the page and wait until it shows the network."""
    tab.goto(f"{url}/playground" + (f"?playground={to_link(spec)}" if spec else ""))
    board(tab).locator(".node").first.wait_for(timeout=PATIENCE)
    tab.wait_for_function(SHOWN, timeout=PATIENCE)
    settled(tab)


def board(tab):
    return tab.locator(".st-key-playground-board")


def neuron(tab, layer: int, number: int):
    return board(tab).locator(f'[data-place="{layer}.{number - 1}"]')


def plane(tab):
    return board(tab).get_by_role("application")


def ground(tab) -> str:
    """Return what is painted on the plane, without the points."""
    return board(tab).locator("canvas.ground").evaluate("canvas => canvas.toDataURL()")


def title(tab):
    """Return what the plane shows, in words."""
    return board(tab).locator(".plane .title")


def state(tab):
    return tab.locator(".st-key-playground-live .pill")


def button(tab, name: str):
    return tab.get_by_test_id("stMain").get_by_role("button", name=name, exact=True)


def linked(tab) -> Playground:
    """Return the experiment in the address (asked for: Playwright's own copy stands still while Python waits)."""
    asked = parse_qs(urlsplit(tab.evaluate("location.href")).query).get("playground", ['{"kind":"playground"}'])
    return from_link(asked[0], "playground")[0]


def heard(tab) -> dict:
    """Return the moment that the page shows: its step, its weights, whether it is live or a snapshot."""
    return tab.evaluate("""() => {
      const { view, step, arrays } = globalThis[Symbol.for("derin.bus")].get("playground").values.get("frame");
      return { view, step, weights: [...arrays.weights] };
    }""")


def rested(tab) -> dict:
    """Return the moment that the page shows once it does not move any more."""
    seen = [heard(tab)]
    wait_until(lambda: tab.wait_for_timeout(600) or seen.append(heard(tab)) or seen[-1] == seen[-2], 120, "it moves on")
    return seen[-1]


def drag(tab, *points: tuple[float, float]) -> None:
    """Pull over the plane between points of it, from -6 to 6."""
    box = plane(tab).bounding_box()
    left, top, right, bottom = box["x"] + 26, box["y"] + 3, box["x"] + box["width"] - 3, box["y"] + box["height"] - 17
    places = [(left + (x + 6) / 12 * (right - left), bottom - (y + 6) / 12 * (bottom - top)) for x, y in points]
    tab.mouse.move(*places[0])
    tab.mouse.down()
    for place in places[1:]:
        tab.mouse.move(*place, steps=12)
    tab.mouse.up()


def test_what_is_pointed_at_fills_the_plane_and_keys_reach_every_neuron(app_url, page):
    visit(page, app_url)
    before = ground(page)
    neuron(page, 1, 2).hover()
    expect(title(page)).to_have_text("Layer 1, neuron 2")
    assert ground(page) != before
    page.mouse.move(5, 5)
    expect(title(page)).to_have_text("What the network answers")
    assert ground(page) == before

    neuron(page, 0, 1).focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(title(page)).to_have_text(re.compile("Layer 2, neuron"))
    page.keyboard.press("Enter")
    card = board(page).get_by_role("dialog")
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(title(page)).to_have_text(re.compile("Layer 2, neuron"))  # the neuron has the focus again


def test_the_network_is_changed_in_the_diagram(app_url, page):
    visit(page, app_url)
    board(page).get_by_label("More neurons in layer 1").click()
    expect(neuron(page, 1, 5)).to_be_visible(timeout=PATIENCE)
    board(page).get_by_label("Add a hidden layer").click()
    expect(neuron(page, 3, 2)).to_be_visible(timeout=PATIENCE)
    neuron(page, 0, 3).click()
    board(page).get_by_label("Activation function of layer 2").select_option("relu")
    wait_until(lambda: linked(page).network.features == ("x1", "x2", "x1^2"), 120, "the feature is not on")
    wait_until(lambda: linked(page).network.layers[1].activation == "relu", 120, "the function was not taken")
    assert linked(page).sizes == (3, 5, 2, 2, 1)
    assert len(board(page).locator(".node").all()) == 7 + 5 + 2 + 2 + 1


def test_points_are_drawn_taken_back_and_a_file_is_put(app_url, page):
    visit(page, app_url)
    board(page).get_by_label("Click or pull on the plane to put points: 1").click()
    drag(page, (-4, 4), (4, 4))
    wait_until(lambda: len(linked(page).data.own) > 8, 120, "the points were not taken")
    own = linked(page).data.own
    assert {label for _x, _y, label in own} == {1} and all(abs(y - 4) < 0.3 for _x, y, _label in own)
    plane(page).focus()
    page.keyboard.press("z")
    wait_until(lambda: linked(page).data.own == (), 120, "the pull was not taken back")

    page.get_by_role("radio", name="CSV file").click()
    chooser = page.locator(".st-key-playground-table_file input[type=file]")
    for content, said in (("1,2\n3,4\n5,6\n7,8\n", "Line 1 has 2 columns"),
                          ("x,y,who\n" + "1,2,a\n-1,3,b\n" * 10, "20 points")):
        chooser.set_input_files({"name": "points.csv", "mimeType": "text/csv", "buffer": content.encode()})
        expect(page.get_by_text(re.compile(said)).first).to_be_visible(timeout=PATIENCE)
    wait_until(lambda: linked(page).data.dataset == "table", 120, "the file is not the data set")
    expect(board(page).get_by_text("10 training")).to_be_visible()


def test_it_learns_live_while_a_weight_is_set_by_hand_and_comes_back_after_a_reload(app_url, page):
    visit(page, app_url, ENDLESS)
    untrained = heard(page)
    button(page, "Train").click()
    expect(state(page)).to_have_text("Training", timeout=PATIENCE)
    page.wait_for_url("**run=*")
    seen = set()
    wait_until(lambda: seen.add(heard(page)["step"]) or len(seen) > 8, 120, "the picture does not move")

    neuron(page, 2, 1).click()
    field = board(page).get_by_role("dialog").get_by_label("from 3").last
    field.fill("4.5")
    field.press("Enter")
    place = [4 * 2 + 4 + 2]  # of w2.1.3 among all parameters
    wait_until(lambda: abs(heard(page)["weights"][place[0]] - 4.5) < 1, 120, "the weight was not set")
    page.keyboard.press("Escape")
    button(page, "Pause").click()
    expect(state(page)).to_have_text("Paused", timeout=PATIENCE)

    before = rested(page)
    page.reload()
    expect(state(page)).to_have_text("Paused", timeout=PATIENCE)
    page.wait_for_function(SHOWN, timeout=PATIENCE)
    wait_until(lambda: heard(page)["weights"] == pytest.approx(before["weights"], abs=1e-2), 120, "another came")

    slider = page.locator(".st-key-playground-rewind").get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    wait_until(lambda: heard(page)["view"] == "snapshot" and heard(page)["step"] == 0, 120, "the page does not go back")
    assert heard(page)["weights"] == pytest.approx(untrained["weights"], abs=2e-3)
    expect(page.get_by_role("button", name="Train on from step 0")).to_be_visible(timeout=PATIENCE)


def test_a_click_on_a_link_opens_its_weight(app_url, page):
    visit(page, app_url, Playground(network=PlaneNetwork(layers=(Layer(1),))))
    source, target = neuron(page, 1, 1).bounding_box(), neuron(page, 2, 1).bounding_box()
    page.mouse.move((source["x"] + source["width"] + target["x"]) / 2, source["y"] + source["height"] / 2)
    tip = board(page).locator(".tip")
    expect(tip).to_have_text(re.compile("^w = "))
    page.mouse.down()
    page.mouse.up()
    field = board(page).get_by_role("dialog").get_by_label("from 1").last
    expect(field).to_be_focused()
    field.fill("-2,5")
    field.press("Enter")
    wait_until(lambda: dict(linked(page).network.weights).get("w2.1.1") == -2.5, 120, "the weight was not set")
    field.fill("lots")
    field.press("Enter")
    expect(board(page).get_by_role("alert")).to_contain_text("lots is no number")


@pytest.mark.parametrize("locale", ["en-US", "tr-TR"])
def test_the_page_fits_a_phone_and_the_largest_network_is_pulled_inside_it(app_url, open_tab, locale):
    phone = open_tab(390, 844, locale=locale)
    visit(phone, app_url, Playground(network=PlaneNetwork(layers=(Layer(16),) * 8)))
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    main = phone.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")
    picture, net = plane(phone).bounding_box(), board(phone).locator(".net").bounding_box()
    assert picture["x"] >= 0 and picture["x"] + picture["width"] <= 390 and picture["y"] < net["y"]
    assert board(phone).locator(".net").evaluate("box => box.scrollWidth > box.clientWidth")
    sizes = [one.bounding_box()["width"] for one in board(phone).locator(".node").all()[::12]]
    assert min(sizes) >= 13
