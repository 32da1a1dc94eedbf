"""The Neuron page without a browser: every control, what it changes, and what is said of the numbers."""

import json

import numpy as np
import pytest

from dlcore.specs.codec import from_link, to_link
from dlcore.specs.neuron import FUNCTIONS, KNOTS, Line, Neuron
from pages.ui import neuron
from pages.ui.fitting import write_error
from tests.conftest import wait_until
from tests.pages.drawn import rows_of

STRAIGHT = Line(linear=True)  # the same training whatever the activation function is


def linked(app) -> Neuron:
    return from_link(app.query_params["neuron"], "neuron")[0] if "neuron" in app.query_params else Neuron()


def decode(app, name: str) -> dict:
    """Return the meta of the last message to a component of this page."""
    component = next(one for one in app.get("bidi_component") if one.proto.component_name.endswith(f"derin_{name}"))
    content = component.proto.bytes
    return json.loads(content[4: 4 + int.from_bytes(content[:4], "little")])["meta"]


def texts(app) -> str:
    kinds = (app.markdown, app.caption, app.info, app.title, app.subheader, app.latex)
    return "\n".join(element.value for kind in kinds for element in kind)


@pytest.fixture
def page(app_test, awake):
    """Return a function that opens the page once the explainer answers; lines of two neurons are soon trained."""
    wait_until(lambda: answers(awake), 120, "the explainer did not answer")
    return lambda spec=None, **address: app_test("neuron.py", **({} if spec is None else {"neuron": to_link(spec)}),
                                                 **address)


def answers(engine) -> bool:
    from dlcore.errors import EngineError
    from dlcore.specs.codec import to_dict

    try:
        return "z" in engine.explain("test", {"kind": "neuron", "neuron": to_dict(Neuron(), whole=True)})
    except EngineError:
        return False


def test_the_numbers_on_the_page_are_the_networks(page):
    meta = decode(page(Neuron(activation="tanh", bias=-6.0, line=STRAIGHT)), "neuron")
    z = 1.2 * 1.0 + 0.8 * -0.5 - 6
    assert meta["z"] == pytest.approx(z) and meta["a"] == pytest.approx(np.tanh(z))
    assert meta["slope"] == pytest.approx(1 / np.cosh(z) ** 2)
    assert "hardly anything flows back" in meta["sentence"] and "z = -5.20" in meta["sentence"]


def test_every_activation_function_can_be_chosen(page):
    app = page(Neuron(line=STRAIGHT))
    for function in FUNCTIONS[::-1]:
        app.pills(key="neuron.activation").set_value(function).run()
        assert not app.exception and linked(app).activation == function
        assert decode(app, "softmax" if function == "softmax" else "neuron")["sentence"]


def test_every_choice_changes_the_neuron_in_the_address(page):
    app = page(Neuron(line=STRAIGHT))
    for key, value in (("count", 3), ("layers", 2), ("curve", "bump")):
        app.pills(key=f"neuron.{key}").set_value(value).run()
        assert not app.exception and app.pills(key=f"neuron.{key}").value == value
    assert linked(app) == Neuron(count=3, line=Line(linear=True, layers=2, curve="bump"))


def test_the_softmax_takes_three_to_five_logits(page):
    app = page(Neuron(activation="softmax", line=STRAIGHT))
    app.pills(key="neuron.classes").set_value(5).run()
    assert linked(app).classes == 5 and decode(app, "softmax")["settings"]["classes"] == 5


def test_the_sliders_are_taken_over_and_written_into_the_address_once_the_hand_lets_go(page):
    app = page()
    knobs = {"inputs": [2, 2, 2], "weights": [1, -1, 0], "bias": 0.5}
    app.session_state["neuron.knobs"] = {"knobs": {"seq": 1, "settled": False, **knobs}}
    app.run()
    assert decode(app, "neuron")["z"] == 0.5 and "neuron" not in app.query_params
    app.session_state["neuron.knobs"] = {"knobs": {"seq": 2, "settled": True, **knobs, "bias": 1}}
    app.run()
    assert decode(app, "neuron")["seq"] == 2
    assert linked(app) == Neuron(inputs=(2.0, 2.0, 2.0), weights=(1.0, -1.0, 0.0), bias=1.0)


def test_what_a_browser_makes_up_changes_nothing(page):
    app = page(Neuron(line=STRAIGHT))
    for seq, knobs in enumerate((None, 7, [], {"seq": "2"}, {"seq": True}, {"seq": 5, "bias": "x", "inputs": 4},
                                 {"seq": 6, "bias": float("nan"), "weights": [1]}, {"seq": 7, "logits": {"a": 1}})):
        app.session_state["neuron.knobs"] = {"knobs": knobs}
        app.session_state["neuron.plane"] = {"curve": {"seq": seq + 1, "heights": knobs}}
        app.run()
        assert not app.exception and linked(app) == Neuron(line=STRAIGHT)


def test_a_drawn_curve_is_learned(page, awake):
    app = page(Neuron(line=Line(neurons=2)))
    app.session_state["neuron.plane"] = {"curve": {"seq": 1, "heights": [9] * 10 + [0.25] * (KNOTS - 10)}}
    app.run()
    assert linked(app).line.curve == "drawn" == app.pills(key="neuron.curve").value
    assert linked(app).line.drawn == (1.5,) * 10 + (0.25,) * (KNOTS - 10)
    learned(app, 2)


def learned(app, width: int) -> dict:
    def is_there() -> bool:
        app.run()
        fit = app.session_state["_fits.neuron"].found.get(width)
        return fit is not None and fit["step"] == fit["steps"]

    wait_until(is_there, 120, "the line was not trained")
    return app.session_state["_fits.neuron"].found[width]


def test_the_page_trains_what_it_shows_and_a_wider_line_comes_closer(page):
    app = page(Neuron(activation="tanh", line=Line(neurons=1)))
    one = learned(app, 1)
    app.slider(key="neuron.neurons").set_value(4).run()
    assert learned(app, 4)["loss"] < one["loss"] / 4
    assert "Finished" in decode(app, "live")["state"]["text"]


def test_training_can_be_stopped_and_taken_up_again(page):
    app = page(Neuron(line=Line(neurons=3, seed=5)))
    if "neuron.stop" in {button.key for button in app.button}:
        app.button(key="neuron.stop").click().run()
    assert app.session_state["_fits.neuron"].job is None
    app.run()
    assert app.session_state["_fits.neuron"].job is None
    app.button(key="neuron.train").click().run()
    learned(app, 3)


def test_new_weights_are_another_seed(page):
    app = page(Neuron(line=Line(neurons=1)))
    app.button(key="neuron.new_weights").click().run()
    assert linked(app).line.seed == 1


def test_every_width_is_asked_for_once(page, awake, monkeypatch):
    app, asked = page(Neuron(line=Line(neurons=2))), []
    learned(app, 2)
    start = awake.start_job
    monkeypatch.setattr(awake, "start_job", lambda visitor, request: asked.append(request) or start(visitor, request))
    app.button(key="neuron.every_width").click().run()
    assert [request["widths"] for request in asked] == [(1, 3, 4, 6, 8, 12, 16)]
    app.button(key="neuron.stop").click().run()
    assert app.session_state["_fits.neuron"].job is None


def test_the_chart_has_the_error_of_every_width_that_was_trained_to_its_end(page):
    app = page(Neuron(activation="tanh", line=Line(neurons=1)))
    losses = {1: learned(app, 1)["loss"]}
    app.slider(key="neuron.neurons").set_value(2).run()
    losses[2] = learned(app, 2)["loss"]
    app.run()
    assert {row["x"]: row["y"] for row in rows_of(app, "neuron.widths")} == pytest.approx(losses)
    told = app.get("vega_lite_chart")[0].proto.alt
    one, two = map(write_error, losses.values())
    assert told == f"Error by number of neurons, 1 neuron: {one}, 2 neurons: {two}"
    app.query_params["lang"] = "tr"
    app.run()
    assert [row["y_said"] for row in rows_of(app, "neuron.widths")] == [
        write_error(loss).replace(".", ",") for loss in losses.values()]


def test_without_activations_the_product_of_the_matrices_is_the_line(page):
    app = page(Neuron(line=Line(neurons=2, curve="step")))
    app.toggle(key="neuron.linear").set_value(True).run()
    fit = learned(app, 2)
    slope = fit["matrices"][1][0] @ fit["matrices"][0][0]
    app.run()
    assert f"{slope.item():.4f}" in app.latex[0].value and "W_{2}\\,W_{1}" in app.latex[0].value
    assert f"slope {slope.item():.4f}" in texts(app)


@pytest.mark.parametrize("address", ["", "[" * 3000, '{"line":{"drawn":[[]]}}'])
def test_garbage_in_the_address_never_breaks_the_page(page, address):
    app = page(neuron=address)
    assert app.title[0].value == "Neuron" and len(app.info) == 1


def test_the_page_speaks_turkish(page):
    app = page(Neuron(bias=-6.0, line=Line(neurons=2)), lang="tr")
    assert app.title[0].value == "Nöron" and app.button[0].label
    assert "türev" in decode(app, "neuron")["sentence"] and "z = -5,20" in decode(app, "neuron")["sentence"]


@pytest.mark.parametrize(("function", "z", "slope", "said"), [
    ("sigmoid", -8.0, 0.000335, "At z = -8.00 the derivative is 0.0003: hardly anything flows back."),
    ("sigmoid", -20.0, 2.1e-9, "the derivative is 2.1e−9"), ("relu", -1.0, 0.0, "the derivative is 0: nothing"),
    ("step", 1.0, 0.0, "nothing ever flows back"), ("relu", 0.0, 0.0, "PyTorch takes 0"),
    ("gelu", -1.0, -0.0833, "with its sign turned"), ("tanh", 1.5, 0.18, "18.0% of the gradient"),
    ("tanh", 2.0, 0.07, "only 7.0% of the gradient"),
])
def test_the_derivative_is_put_into_words(app_test, function, z, slope, said, monkeypatch):
    monkeypatch.setattr(neuron, "_", lambda text: text)
    assert said in neuron.say_slope(function, z, slope)


@pytest.mark.parametrize(("loss", "written"), [(0.4359, "0.4359"), (0.001, "0.0010"), (0.000079, "7.9e−5"),
                                               (0.0, "0.0000")])
def test_small_errors_are_written_with_a_power_of_ten(loss, written):
    assert write_error(loss) == written
