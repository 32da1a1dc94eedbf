"""The Backpropagation page without a browser: every control, what the browser asks for, and both languages."""

import json
import struct

import pytest

from dlcore.specs.backprop import Backprop
from dlcore.specs.codec import from_link, to_link
from pages.ui.gradient_health import describe


def linked(app) -> Backprop:
    return from_link(app.query_params["backprop"], "backprop")[0] if "backprop" in app.query_params else Backprop()


def message(app, name: str = "backprop") -> dict:
    """What the component of a name was sent."""
    sent = next(one.proto for one in app.get("bidi_component") if one.proto.component_name.endswith(name))
    length = struct.unpack("<I", sent.bytes[:4])[0]
    return json.loads(sent.bytes[4:4 + length])["meta"]


def ask(app, **what) -> None:
    """Ask as the browser does."""
    ask.seq += 1
    app.session_state["backprop.walk"] = {"asked": {"seq": ask.seq, **what}}
    app.run()
    assert not app.exception


ask.seq = 0


@pytest.fixture
def backprop(app_test, awake):
    return lambda spec=None, **how: app_test("backprop.py", **({"backprop": to_link(spec)} if spec else {}), **how)


@pytest.mark.parametrize(("key", "value", "field", "wanted"), [
    ("activation", "relu", "activation", "relu"), ("loss", "bce", "loss", "bce"),
    ("on_outputs", True, "on_outputs", True), ("optimizer", "adam", "optimizer", "adam"),
    ("learning_rate", 0.1, "learning_rate", 0.1), ("zero_grad", False, "zero_grad", False), ("seed", 5, "seed", 5),
    ("updates", 12, "updates", 12), ("cure", "residual", "cure", "residual"),
    ("input_count", 3, "inputs", (1.0, -0.5, 0.5)), ("output_count", 1, "targets", (1.0,)),
    ("layer_count", 2, "hidden", (3, 3)), ("units_0", 4, "hidden", (4,)),
    ("inputs_1", 2.5, "inputs", (1.0, 2.5)), ("targets_0", -1.0, "targets", (-1.0, 0.0)),
])
def test_a_control_changes_the_spec_in_the_address(backprop, key, value, field, wanted):
    app = backprop()
    kinds = (app.selectbox, app.select_slider, app.slider, app.number_input, app.toggle)
    next(one for kind in kinds for one in kind if one.key == f"backprop.{key}").set_value(value).run()
    assert not app.exception and not app.error
    assert getattr(linked(app), field) == wanted
    assert message(app)["answer"]["sizes"] == list(linked(app).sizes)


def test_momentum_weight_decay_and_the_true_class_are_there_where_they_count(backprop):
    app = backprop(Backprop(optimizer="sgd", loss="cross_entropy"))
    app.slider(key="backprop.momentum").set_value(0.5).run()
    app.selectbox(key="backprop.true_class").select(2).run()
    assert (linked(app).momentum, linked(app).targets) == (0.5, (0.0, 1.0))
    app.selectbox(key="backprop.optimizer").select("adamw").run()
    app.slider(key="backprop.weight_decay").set_value(0.1).run()
    assert linked(app).weight_decay == 0.1
    assert "backprop.momentum" not in [slider.key for slider in app.slider]


def test_updates_are_made_and_taken_back_and_the_loss_falls(backprop):
    app = backprop()
    app.button(key="backprop.update").click().run()
    app.button(key="backprop.ten").click().run()
    losses = message(app)["answer"]["losses"]
    assert linked(app).updates == 11 and losses == sorted(losses, reverse=True)
    app.button(key="backprop.back").click().run()
    assert message(app)["answer"]["losses"] == losses[:-1]
    app.button(key="backprop.restart").click().run()
    assert linked(app).updates == 0 and app.button(key="backprop.restart").disabled


def test_a_weight_is_picked_set_and_checked(backprop):
    app = backprop()
    ask(app, do="pick", name="w2.1.3")
    assert linked(app).picked == "w2.1.3" and message(app)["answer"]["picked"]["name"] == "w2.1.3"
    ask(app, do="set", name="w2.1.3", text="0.75")
    assert linked(app).weights == (("w2.1.3", 0.75),)
    assert message(app)["answer"]["weights"]["w2.1.3"]["value"] == 0.75
    assert message(app)["answer"]["check"] is None
    ask(app, do="check")
    assert message(app)["answer"]["check"]["verdict"] == "agrees" and message(app)["answer"]["check"]["digits"] >= 7
    ask(app, do="update")
    assert linked(app).updates == 1 and message(app)["answer"]["check"] is None
    app.button(key="backprop.forget_weights").click().run()
    assert linked(app).weights == ()


def test_inputs_and_targets_can_be_typed_into_the_picture(backprop):
    app = backprop(Backprop(updates=3))
    ask(app, do="set", name="x2", text="1.5")
    ask(app, do="set", name="t1", text="0.25")
    assert (linked(app).inputs, linked(app).targets, linked(app).updates) == ((1.0, 1.5), (0.25, 0.0), 0)


@pytest.mark.parametrize(("what", "said"), [
    ({"do": "set", "name": "w1.1.1", "text": "much"}, "Type a number"),
    ({"do": "set", "name": "x1", "text": "1e9"}, "Type a number"),
    ({"do": "set", "name": "b1.1", "text": "nan"}, "Type a number"),
    ({"do": "set", "name": "w4.4.4", "text": "1"}, "no weight"), ({"do": "pick", "name": "w4.4.4"}, "no weight"),
])
def test_what_cannot_be_used_gets_a_sentence_and_changes_nothing(backprop, what, said):
    app = backprop()
    ask(app, **what)
    assert linked(app) == Backprop()
    refused = message(app)["refused"]
    assert refused["name"] == what["name"] and said in refused["text"]


@pytest.mark.parametrize("asked", [None, 7, {}, {"seq": 1, "do": "explode"}, {"seq": 2, "do": "set"},
                                   {"seq": 3, "do": "set", "name": "x9", "text": "1"}, {"seq": 4, "do": "pick"},
                                   {"seq": 5, "do": "set", "name": "x²", "text": "1"}])
def test_nonsense_from_a_browser_is_left_alone(backprop, asked):
    app = backprop()
    app.session_state["backprop.walk"] = {"asked": asked}
    app.run()
    assert not app.exception and linked(app) == Backprop()


def test_a_target_that_binary_cross_entropy_cannot_use_is_refused_where_it_was_typed(backprop):
    app = backprop(Backprop(loss="bce"))
    ask(app, do="set", name="t2", text="3")
    assert "from 0 to 1" in message(app)["refused"]["text"]


def test_forgotten_zero_grad_and_a_loss_without_limit_are_said(backprop):
    app = backprop(Backprop(zero_grad=False, updates=3))
    assert any("all 3 passes before" in info.value for info in app.info)
    app = backprop(Backprop(activation="none", learning_rate=10.0, optimizer="sgd", momentum=0.99, updates=200))
    assert any("smaller learning rate" in warning.value for warning in app.warning)
    usable = message(app)["answer"]["update"]
    app.button(key="backprop.back").click().run()
    assert linked(app).updates == usable - 1 and not app.warning


def test_new_weights_are_one_click_away(backprop):
    app = backprop(Backprop(updates=3, weights=(("b1.1", 2.0),)))
    app.button(key="backprop.new_weights").click().run()
    assert (linked(app).seed, linked(app).updates, linked(app).weights) == (1, 0, ())


def test_the_health_strip_says_what_is_seen(backprop):
    app = backprop()
    health = message(app, "health")
    assert len(health["plain"]) == len(health["cured"]) == 10
    assert any("it has vanished" in caption.value and "about the same" in caption.value for caption in app.caption)


@pytest.mark.parametrize(("sizes", "said"), [
    ([1e-9, 1.0], "1,000,000,000 times smaller"), ([0.5, 1.0], "about the same"), ([0.05, 1.0], "but it arrives"),
    ([50.0, 1.0], "50 times that of the last"), ([0.0, 1.0], "vanished"),
])
def test_gradients_are_put_into_words(app_test, sizes, said):
    assert said in describe(sizes)


def test_a_broken_link_opens_with_what_can_be_used_and_says_so(app_test, awake):
    app = app_test("backprop.py", backprop='{"hidden":[99],"loss":"cross_entropy","targets":[4,2]}')
    assert linked(app).hidden == (4,) and linked(app).targets == (1.0, 0.0)
    assert any("Neurons in the hidden layers" in info.value for info in app.info)


def test_the_page_speaks_turkish(backprop):
    app = backprop(locale="tr-TR")
    assert app.title[0].value == "Geri yayılım" and app.button(key="backprop.update").label == "Güncelleme"
    words = message(app)["words"]
    assert words["phases"] == ["İleri geçiş", "Kayıp", "Geri geçiş", "Güncelleme"]
    english = message(backprop())["words"]
    same = [name for group in ("kinds", "notes", "figures") for name in words[group]
            if words[group][name] == english[group][name]]
    assert same == []
