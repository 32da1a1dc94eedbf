"""The Saliency page under AppTest: what it asks, what it shows, and what it says where something does not fit."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from dlcore.data.images import held_out, load_test
from dlcore.explain.attribution import SEED, attribute, drawn
from dlcore.explain.question import levels_of, pose
from dlcore.explain.snapshot import Snapshot, load
from dlcore.models.build import build
from dlcore.plots.theme import encode_signed
from dlcore.specs.codec import to_link
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import PRESETS, Activation, Conv, Flatten, Linear, Network
from dlcore.specs.saliency import METHODS, RULES, Saliency
from dlcore.specs.subject import Subject, write_pixels
from dlcore.specs.training import Training
from pages.ui import maps
from pages.ui.methods import print_attribution, print_formula
from pages.ui.sheet import refusals
from pages.ui.teachers import write_effect
from pages.ui.trust import judge, write_facts
from tests.conftest import wait_until
from tests.pages.drawn import rows_of


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
    wait_until(is_whole, 120, "the maps did not come")
    return grid(app)


@pytest.fixture
def open_saliency(app_test, awake):
    def open_page(locale="en-US", run="", **asked):
        address = {"run": run} if run else {}
        link = to_link(Saliency(**{"method": "gradient", **asked}))  # the quickest to be looked at closely
        return app_test("saliency.py", locale, saliency=link, **address)
    return open_page


@pytest.fixture(scope="module")
def a_run(engine):
    """A small run that has ended."""
    wait_until(lambda: engine.status().ready, 120, "the engine did not wake")
    run = engine.start_run(Experiment(data=ImageData(train_size=1000), training=Training(batch_size=50)), "the owner's")
    wait_until(lambda: engine.view(run).state == "finished", 120, "the run did not end")
    return run


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
    assert [column["title"].split()[1] for column in meta["columns"][1:]] == list("0123456789")
    assert arrays["pictures"].shape == (11, 28, 28)
    assert [len(row) for row in meta["cells"]] == [11, 11]


def test_the_mistakes_beside_it_are_mistakes(open_saliency, a_run):
    meta, _arrays = finished(open_saliency(run=a_run, company="mistakes", methods=("gradient",)))
    assert len(meta["columns"]) == 11
    for column in meta["columns"][1:]:
        assert column["wrong"] and column["read"].split(",")[0] != column["title"].split()[1]


def test_the_mistakes_of_a_moment_of_which_only_the_held_out_part_was_read_are_those(open_saliency, a_run, engine):
    first = engine.view(a_run).snapshots[0]
    meta, _arrays = finished(open_saliency(run=a_run, company="mistakes", methods=("gradient",),
                                           subject=Subject(step=first)))
    part = set(held_out(10_000).tolist())
    numbers = [int(column["title"].split(" · ")[1].replace(",", "")) for column in meta["columns"][1:]]
    assert len(numbers) == 10 and set(numbers) <= part and all(column["wrong"] for column in meta["columns"][1:])


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
    smooth = SimpleNamespace(experiment=Experiment(network=Network(blocks=(Conv(), Activation(function="softplus"),
                                                                           Flatten(), Linear(features=10)))))
    reasons = refusals(METHODS, smooth)
    assert set(reasons) == {"guided_backprop", "deconvolution", "guided_grad_cam", "lrp"}
    assert reasons["lrp"].startswith("It has no rule for Softplus;")


def test_the_page_speaks_turkish(open_saliency):
    app = open_saliency("tr-TR", methods=("gradient",))
    assert app.title[0].value == "Belirginlik"


def panel(app, name):
    """Return the message of a component: (meta, arrays)."""
    found = next(part for part in app.get("bidi_component") if part.proto.id.endswith(name))
    return unpack(found.proto.bytes)


def test_the_picked_map_comes_with_its_formula_its_trust_meter_and_its_curves(open_saliency):
    app = open_saliency(methods=("gradient", "deep_lift"), method="deep_lift")
    finished(app)
    trust, arrays = panel(app, "saliency.trust")
    assert trust["names"] == ["trained", "fc1", "conv5", "conv4", "conv3", "conv2", "conv1"]
    assert arrays["maps"].shape == (7, 28, 28) and np.isfinite(arrays["signed"]).all()
    assert (arrays["absolute"][:, 0] == 1).all() and trust["verdict"]
    assert [fact["name"].split()[0] for fact in trust["facts"]] == ["adds", "infidelity", "changes"]
    curves = app.session_state["_removal.saliency.removal"]
    assert set(curves) == {"gradient", "deep_lift", "edges", "random"}
    for kind in ("deletion", "insertion"):
        rows = rows_of(app, f"saliency.removal_{kind}")
        drawn = {row["name"]: [one["y"] for one in rows if one["name"] == row["name"]] for row in rows}
        names = {"gradient": "Gradient", "deep_lift": "DeepLift", "edges": "an edge detector", "random": "random order"}
        areas = {name: curves[name]["areas"][kind == "insertion"] for name in names}
        assert drawn == {f"{called}: area {areas[name]:.2f}": pytest.approx(curves[name][kind])
                         for name, called in names.items()}
        assert {row["colour"] for row in rows if row["name"].startswith("DeepLift")} == {"blue"}
    assert len(app.get("vega_lite_chart")) == 2
    assert any("f_c(x')" in formula.value for formula in app.latex)


def test_the_formula_of_lrp_says_what_the_picked_rule_shares_out_and_what_holds_at_the_pixels():
    said = {rule: print_formula(Saliency(method="lrp", rule=rule)) for rule in RULES}
    assert len(set(said.values())) == 3 and r"\gamma" in said["gamma"] and "w^-" not in said["epsilon"]
    assert all(r"l\,w^+_{jk}" in said[rule] for rule in ("gamma", "alpha1_beta0"))


@pytest.mark.parametrize("method, word", [
    ("deep_lift", "promises that its map"), ("kernel_shap", "promises that its map"),
    ("integrated_gradients", "the smaller the gap"), ("gradient_shap", "on average")])
def test_the_meter_says_of_each_method_what_it_promises(method, word):
    [fact] = write_facts({"sum": {"method": method, "sum": 1.9, "promise": 2.0}})
    assert word in fact["hint"] and fact["value"] == "gap 5.0%"


@pytest.mark.parametrize("sizes, signs, said", [(0.1, 0.0, "falls apart with"), (0.9, 0.1, "outline stays"),
                                                (0.9, 0.9, "hardly changes"), (0.5, 0.3, "in part"), (None, None, "")])
def test_the_verdict_says_what_the_correlations_mean(sizes, signs, said):
    assert said in judge(sizes, signs)


def test_a_grey_method_has_its_reason_on_its_card(open_saliency, awake):
    experiment = Experiment(data=ImageData(train_size=500), network=Network(blocks=PRESETS["mlp"]))
    run = awake.start_run(experiment, "someone else's secret")
    wait_until(lambda: awake.view(run).state == "finished", 120, "the run did not end")
    app = open_saliency(run=run, method="grad_cam")
    meta, _arrays = finished(app)
    refused = {method["name"]: method["refused"] for method in meta["methods"] if method["refused"]}
    assert set(refused) == {"grad_cam", "guided_grad_cam"}
    assert any("needs the maps of a convolution" in said.value for said in app.caption)


@pytest.fixture(scope="module", params=["grey", "colour"])
def known(request):
    """The pretrained network, or an untrained one for three channels."""
    if request.param == "grey":
        return load({"pretrained": "digits"}, "")
    experiment = Experiment(data=ImageData(size=32, channels=3))
    return Snapshot(experiment, build(experiment.network, experiment.data, 0).eval(), 0)


@pytest.mark.parametrize("method", METHODS)
def test_the_printed_call_computes_the_map_that_is_shown(known, method):
    asked = Saliency(method=method, target="4", draws=60, steps=20, samples=5, stride=3)
    code, question = print_attribution(asked, known.experiment), pose(known, load_test("mnist").test_images[0], asked)
    if method == "kernel_shap":  # it needs more than a call: another fit
        compile(code, "printed", "exec")
        return
    mean, deviation = (torch.tensor(levels).view(1, -1, 1, 1) for levels in levels_of(known))
    given = {"net": question.module, "picture": question.picture * deviation + mean, "digits": question.references}
    with drawn(SEED):
        exec(code, given)
    shown, wanted = given["shown"].detach()[0].numpy(), attribute(question, method)
    assert np.allclose(shown, wanted, atol=1e-4 * np.abs(wanted).max() + 1e-6)


# look closer


def whole_tab(app, name):
    """Open a tab and run the page until its Job is done."""
    def is_done():
        app.session_state["saliency.closer"] = name
        app.run()
        shown = [part.proto.id for part in app.get("bidi_component")]  # AppTest opens a tab at the second run only
        there = any(one.endswith(WORKING[name]) for one in shown)
        return app.exception or (there and not panel(app, WORKING[name])[0]["pending"])
    wait_until(is_done, 120, f"{name}: no end")
    assert not app.exception


WORKING = {"Along the training": "saliency.filming", "What would change its mind": "saliency.attacking",
           "Who taught it this": "saliency.tracing"}


def test_the_film_has_a_frame_for_each_snapshot(open_saliency, a_run, engine):
    app = open_saliency(run=a_run, methods=("gradient",), method="gradient")
    whole_tab(app, "Along the training")
    _meta, arrays = panel(app, "saliency.film")
    assert len(arrays["film.pictures"]) == len(engine.view(a_run).snapshots)


def test_the_attacks_change_the_reading_and_say_from_where_on(open_saliency, a_run):
    app = open_saliency(run=a_run, methods=("gradient",))
    whole_tab(app, "What would change its mind")
    meta, arrays = panel(app, "saliency.attack")
    assert arrays["pgd"].shape == (21, 28, 28) and meta["reads"]["pgd"][-1]["fooled"]
    assert "PGD succeeds from" in panel(app, "saliency.attacking")[0]["text"]


def test_the_teachers_are_shown_and_can_be_left_out(open_saliency, a_run, engine):
    app = open_saliency(run=a_run, methods=("gradient",))
    whole_tab(app, "Who taught it this")
    meta, arrays = panel(app, "saliency.helpful")
    assert arrays["helpful.pictures"].shape == (12, 28, 28)
    assert all(label.startswith("7: ") for label in meta["topics"]["helpful"]["labels"])
    assert "1,000 of 1,000 training digits" in panel(app, "saliency.tracing")[0]["text"]
    app.button("saliency.without_helpful").click().run()
    assert not app.exception
    [(side, run)] = app.session_state["_retrained.saliency"]
    assert side == "helpful" and len(engine.view(run).experiment.data.without) == 12
    assert engine.view(run).experiment.data.count == 988


def test_the_effect_of_a_training_digit_is_never_written_as_nothing():
    assert [write_effect(value) for value in (0.0321, -1.5, 2.1e-6, -4e-5)] == ["0.032", "-1.500", "2e-6", "-4e-5"]
