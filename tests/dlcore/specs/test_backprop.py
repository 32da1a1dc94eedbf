"""The spec of the Backpropagation page: links, repairs, and what is refused."""

import json

import pytest

from dlcore.errors import SpecError
from dlcore.specs.backprop import Backprop, check, fit, parameter_names, set_weight
from dlcore.specs.codec import from_dict, from_link, to_dict, to_link


def test_a_link_keeps_everything_and_a_default_one_is_short():
    spec = set_weight(Backprop(hidden=(3, 2), inputs=(0.5,), activation="tanh", optimizer="adam", updates=7,
                               zero_grad=False, picked="b3.1"), "w1.2.1", -0.25)
    assert from_link(to_link(spec), "backprop") == (spec, ())
    assert from_dict(to_dict(spec), "backprop") == spec
    assert to_link(Backprop()) == '{"kind":"backprop"}'


def test_the_names_are_those_of_all_weights_and_biases_in_order():
    assert list(parameter_names((2, 2, 1))) == ["w1.1.1", "w1.1.2", "b1.1", "w1.2.1", "w1.2.2", "b1.2", "w2.1.1",
                                                "w2.1.2", "b2.1"]
    assert len(list(parameter_names((2, 3, 2)))) == 2 * 3 + 3 + 3 * 2 + 2


@pytest.mark.parametrize("link", [
    "", "{", "[]", '{"hidden":"big"}', '{"hidden":[9,9,9,9]}', '{"inputs":[null]}', '{"weights":[["w9.9.9",1]]}',
    '{"weights":[["w4.4.4",1]],"picked":"w4.4.4"}', '{"picked":"__import__"}', '{"weights":[["w1.1.1",1e999]]}',
    '{"loss":"cross_entropy","targets":[3]}', '{"loss":"bce","targets":[7,-7]}', '{"updates":1e9}', '{"inputs":[1e99]}',
])
def test_a_broken_link_opens_with_a_network_that_works_and_says_what_was_mended(link):
    spec, mends = from_link(link, "backprop")
    check(spec)
    assert mends


@pytest.mark.parametrize(("plain", "said"), [
    ({"loss": "cross_entropy", "targets": (0.5, 0.5)}, "one target 1"),
    ({"loss": "cross_entropy", "targets": (1.0,)}, "at least two outputs"),
    ({"loss": "bce", "targets": (1.5, 0.0)}, "from 0 to 1"),
    ({"picked": "w3.1.1"}, "no weight w3.1.1"), ({"hidden": (5,)}, "hidden"), ({"hidden": ()}, "hidden"),
    ({"inputs": (float("nan"),)}, "inputs"), ({"learning_rate": -1.0}, "learning_rate"),
])
def test_what_cannot_be_is_refused_with_the_way_out(plain, said):
    with pytest.raises(SpecError, match=said):
        check(Backprop(**plain))


@pytest.mark.parametrize("value", ["abc", float("nan"), 1e9, True, None])
def test_a_weight_that_is_no_number_is_refused(value):
    with pytest.raises(SpecError, match="Type a number from −100 to 100"):
        set_weight(Backprop(), "w1.1.1", value)


def test_targets_and_weights_follow_when_loss_and_sizes_change():
    assert fit(Backprop(loss="cross_entropy", targets=(0.2, 0.9, 0.1))).targets == (0, 1, 0)
    assert fit(Backprop(loss="bce", targets=(-3.0, 0.4))).targets == (0, 0.4)
    smaller = fit(Backprop(hidden=(1,), weights=(("b1.1", 2.0), ("w1.3.1", 1.0)), picked="w1.3.1"))
    assert smaller.weights == (("b1.1", 2.0),) and smaller.picked == "w1.1.1"
    assert json.loads(to_link(smaller))["weights"] == [["b1.1", 2.0]]
