"""The Saliency page under AppTest: what it asks, what it shows, and what it says where something does not fit."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from dlcore.data.images import load_test
from dlcore.explain.attribution import attribute
from dlcore.explain.question import pose
from dlcore.explain.snapshot import load
from dlcore.plots.theme import encode_signed
from dlcore.specs.codec import to_link
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import PRESETS, Network
from dlcore.specs.saliency import METHODS, Saliency
from dlcore.specs.subject import Subject, write_pixels
from pages.ui import maps
from pages.ui.sheet import refusals
from tests.conftest import wait_until


def grid(app):
    """Return the message of the grid of maps: (meta, arrays)."""
    found = next(part for part in app.get("bidi_component") if part.proto.id.endswith("saliency.maps"))
    return unpack(found.proto.bytes)


def unpack(message: bytes):
    length = int.from_bytes(message[:4], "little")
    header = json.loads(message[4:4 + length])
    arrays = {name: np.frombuffer(message, kind, int(np.prod(shape)), offset).reshape(shape)
              for name, (kind, shape, offset) in header["arrays"].items()}
    return header["meta"], arrays


def finished(app):
    """Run the page until every map has come, as its panel does in a browser."""
    def is_whole():
        app.run()
        return not grid(app)[0]["pending"]
    wait_until(is_whole, 30, "the maps did not come")
    return grid(app)


@pytest.fixture
def open_saliency(app_test, awake):
    def open_page(locale="en-US", run="", **asked):
        address = {"run": run} if run else {}
        return app_test("saliency.py", locale, saliency=to_link(Saliency(**asked)), **address)
    return open_page


def test_all_maps_of_all_methods_come_for_the_test_digit(open_saliency):
    meta, arrays = finished(open_saliency())
    assert [method["name"] for method in meta["methods"]] == list(METHODS)
    assert sorted(place for row in meta["cells"] for place in row) == list(range(len(METHODS)))
    assert arrays["maps"].shape == (len(METHODS), 28, 28)
    assert np.array_equal(arrays["pictures"][0], load_test("mnist").test_images[0])
    assert meta["columns"][0]["read"].startswith("7, ")


def test_the_maps_are_what_the_network_computed(open_saliency):
    meta, arrays = finished(open_saliency(methods=("gradient", "occlusion"), target="4"))
    asked = pose(load({"pretrained": "digits"}, ""), load_test("mnist").test_images[0], Saliency(target="4"))
    for row, method in enumerate(("gradient", "occlusion")):
        [place] = meta["cells"][row]
        wanted = encode_signed(attribute(asked, method), meta["limits"][place])
        assert np.abs(arrays["maps"][place].astype(int) - wanted).max() <= 1


def test_one_digit_of_each_class_stands_beside_the_picture(open_saliency):
    meta, arrays = finished(open_saliency(company="classes", methods=("gradient", "grad_cam")))
    assert [column["title"].split(", ")[-1] for column in meta["columns"][1:]] == list("0123456789")
    assert arrays["pictures"].shape == (11, 28, 28)
    assert [len(row) for row in meta["cells"]] == [11, 11]


def test_the_mistakes_beside_it_are_mistakes(open_saliency):
    meta, _arrays = finished(open_saliency(company="mistakes", methods=("gradient",)))
    assert len(meta["columns"]) == 11
    for column in meta["columns"][1:]:
        assert column["wrong"] and column["read"].split(",")[0] != column["title"].split(", ")[-1]


def test_a_drawing_has_no_true_class_and_the_page_says_so(open_saliency):
    pixels = write_pixels(load_test("mnist").test_images[1].tobytes())
    app = open_saliency(target="true", methods=("gradient",), subject=Subject(picture="drawing", pixels=pixels))
    assert finished(app)[0]["columns"][0]["about"] == "2"
    assert any("Nobody has told the true class" in said.value for said in app.caption)


@pytest.mark.parametrize("said, found", [
    ({"method": "lrp", "column": 2}, ("lrp", 2)), ("x", None), ({"method": "x", "column": 0}, None),
    ({"method": "lrp", "column": -1}, None), ({"method": 3}, None), (None, None)])
def test_what_a_browser_picks_is_believed_only_where_it_can_be(said, found, monkeypatch):
    monkeypatch.setattr(maps.st, "session_state", {"saliency.maps": {"picked": said}})
    assert maps.picked_map("saliency.maps") == found


def test_a_method_that_does_not_fit_the_network_is_grey_and_says_why():
    sight = SimpleNamespace(experiment=Experiment(network=Network(blocks=PRESETS["lenet5"])))
    reasons = refusals(METHODS, sight)
    assert set(reasons) == {"guided_backprop", "deconvolution", "guided_grad_cam"}
    assert "tanh" in reasons["guided_backprop"]


def test_the_page_speaks_turkish(open_saliency):
    app = open_saliency("tr-TR", methods=("gradient",))
    assert app.title[0].value == "Belirginlik"
