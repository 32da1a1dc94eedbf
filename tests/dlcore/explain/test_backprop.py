"""The walk through a small network and back: every number against PyTorch's own backward pass and optimisers."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from dlcore.errors import EngineError, SpecError
from dlcore.explain.backprop import explain_backprop, functions_of
from dlcore.explain.chain import find_paths
from dlcore.explain.finite_difference import check_gradient
from dlcore.explain.replay import build_network, names_of, read_scalar, replay
from dlcore.explain.tape import expand, record
from dlcore.specs.backprop import ACTIVATIONS, LOSSES, OPTIMIZERS, Backprop, fit, parameter_names, set_weight

RANDOM = np.random.default_rng(7)


def random_spec(activation: str, loss: str, **how) -> Backprop:
    """A network of random sizes with random numbers, targets as its loss needs them."""
    hidden = tuple(int(units) for units in RANDOM.integers(1, 5, RANDOM.integers(1, 4)))
    inputs = tuple(RANDOM.normal(size=RANDOM.integers(1, 5)).tolist())
    targets = tuple(RANDOM.normal(size=RANDOM.integers(2, 5)).tolist())
    return fit(Backprop(hidden=hidden, inputs=inputs, targets=targets, activation=activation, loss=loss,
                        seed=int(RANDOM.integers(1000)), **how))


def fresh_network(spec: Backprop, answer: dict) -> nn.Sequential:
    """The same network written by hand, with the answer's weights in it."""
    functions = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}
    layers: list[nn.Module] = []
    count = len(spec.sizes) - 1
    for layer, (inputs, outputs) in enumerate(zip(spec.sizes, spec.sizes[1:]), 1):
        linear = nn.Linear(inputs, outputs).double()
        for row, column in product(range(outputs), range(inputs)):
            linear.weight.data[row, column] = answer["weights"][f"w{layer}.{row + 1}.{column + 1}"]["value"]
        linear.bias.data[:] = torch.tensor([answer["weights"][f"b{layer}.{row + 1}"]["value"]
                                            for row in range(outputs)], dtype=torch.float64)
        layers.append(linear)
        if spec.activation != "none" and (layer < count or spec.on_outputs and spec.loss == "mse"):
            layers.append(functions[spec.activation]())
    return nn.Sequential(*layers)


def loss_by_hand(spec: Backprop, outputs: torch.Tensor) -> torch.Tensor:
    targets = torch.tensor(spec.targets, dtype=torch.float64)
    if spec.loss == "mse":
        return ((outputs[0] - targets) ** 2).mean()
    if spec.loss == "cross_entropy":
        return -(torch.log(outputs[0].exp() / outputs[0].exp().sum()) * targets).sum()
    probabilities = 1 / (1 + (-outputs[0]).exp())
    return -(targets * probabilities.log() + (1 - targets) * (1 - probabilities).log()).mean()


@pytest.mark.parametrize(("activation", "loss"), list(product(ACTIVATIONS, LOSSES)))
def test_the_walks_gradients_are_those_of_backward_on_a_fresh_module(activation, loss):
    for on_outputs in (False, True):
        spec = random_spec(activation, loss, on_outputs=on_outputs)
        answer = explain_backprop(spec)
        network = fresh_network(spec, answer)
        inputs = torch.tensor([spec.inputs], dtype=torch.float64, requires_grad=True)
        value = loss_by_hand(spec, network(inputs))
        value.backward()
        assert answer["loss"] == pytest.approx(value.item(), rel=1e-9)
        linear = [layer for layer in network if isinstance(layer, nn.Linear)]
        for name in parameter_names(spec.sizes):
            layer, row, *column = (int(part) - 1 for part in name[1:].split("."))
            wanted = linear[layer].weight.grad[row, column[0]] if column else linear[layer].bias.grad[row]
            assert answer["weights"][name]["gradient"] == pytest.approx(wanted.item(), rel=1e-6, abs=1e-12), name
        passed = [answer["scalars"][f"x{index + 1}"]["gradient"] for index in range(len(spec.inputs))]
        assert passed == pytest.approx(inputs.grad[0].tolist(), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("activation", "loss"), list(product(ACTIVATIONS, LOSSES)))
def test_every_line_of_the_walk_is_right_by_plain_arithmetic(activation, loss):
    """The numbers in a formula, calculated again, give what the node of the tape gave."""
    from math import e, log, tanh

    known = {"σ": lambda z: 1 / (1 + e**-z), "tanh": tanh, "ReLU": lambda z: max(z, 0.0), "log": log, "e": e}
    for step in explain_backprop(random_spec(activation, loss))["steps"]:
        for line in step["lines"]:
            text = line["numbers"].replace("−", "-").replace("·", "*").replace("^{", "**(").replace("}", ")")
            for place, value in enumerate(line["values"]):
                text = text.replace(f"[{place}]", f"({value!r})")
            assert eval(text, {"__builtins__": {}}, known) == pytest.approx(line["result"], rel=1e-6, abs=1e-12), text


def test_the_textbook_example_has_its_published_numbers():
    """M. Mazur, A step by step backpropagation example: sigmoids on the outputs too, half the summed squares."""
    by_hand = {"w1.1.1": .15, "w1.1.2": .2, "w1.2.1": .25, "w1.2.2": .3, "b1.1": .35, "b1.2": .35,
               "w2.1.1": .4, "w2.1.2": .45, "w2.2.1": .5, "w2.2.2": .55, "b2.1": .6, "b2.2": .6}
    spec = Backprop(hidden=(2,), inputs=(0.05, 0.1), targets=(0.01, 0.99), on_outputs=True,
                    weights=tuple(sorted(by_hand.items())))
    answer = explain_backprop(spec)
    assert answer["loss"] == pytest.approx(0.298371109, abs=1e-9)
    assert answer["scalars"]["a2.1"]["value"] == pytest.approx(0.75136507, abs=1e-8)
    assert answer["weights"]["w2.1.1"]["gradient"] == pytest.approx(0.082167041, abs=1e-9)
    assert answer["weights"]["w1.1.1"]["gradient"] == pytest.approx(0.000438568, abs=1e-9)
    assert answer["weights"]["w2.1.1"]["after"] == pytest.approx(0.35891648, abs=1e-8)
    assert answer["weights"]["w1.2.2"]["after"] == pytest.approx(0.29950229, abs=1e-8)


@pytest.mark.parametrize("size", [1.0, 1e-12, 1e-200])
def test_scalars_that_do_not_add_up_are_an_error_however_small_they_are(size):
    played = replay(Backprop())
    stage = record(played.module, played.loss_of, played.inputs, played.target).layers[1]
    for name in ("received", "passed", "weight_grad", "bias_grad"):
        setattr(stage, name, getattr(stage, name) * size)
    assert expand(stage) < 1e-15
    stage.weight_grad = stage.weight_grad * 1.001
    with pytest.raises(EngineError, match="AddmmBackward0"):
        expand(stage)


@pytest.mark.parametrize(("activation", "loss"), list(product(ACTIVATIONS, LOSSES)))
def test_the_chain_product_of_every_weight_is_its_gradient_and_the_finite_difference_agrees(activation, loss):
    played = replay(random_spec(activation, loss))
    tape = record(played.module, played.loss_of, played.inputs, played.target)
    known = {name: [read_scalar(played.module, name, of) for of in ("data", "grad")]
             for name in names_of(played.module)}
    for name, (weight, gradient) in known.items():
        assert sum(path.product for path in find_paths(tape, name)) == pytest.approx(gradient, rel=1e-9, abs=1e-15)

        functions = functions_of(played, name)
        check = check_gradient(*functions, weight, gradient)
        functions[0](weight)
        assert abs(check.estimate - gradient) <= check.error < 1e-6
        assert check.verdict == "agrees" and check.digits >= min(check.shown, 6) or abs(gradient) < 1e-6


@pytest.mark.parametrize("picked", ["w1.2.1", "b2.1", "w3.2.1"])
def test_the_picked_weight_is_told_path_by_path_and_checked_when_asked(picked):
    answer = explain_backprop(Backprop(hidden=(4, 4), activation="tanh", picked=picked, updates=2), checked=True)
    gradient, told = answer["weights"][picked]["gradient"], answer["picked"]
    products = [np.prod([factor["value"] for factor in path["factors"]]) for path in told["paths"]]
    assert sum(products) + told["more"]["sum"] == pytest.approx(gradient, rel=1e-9)
    assert told["sum"] == pytest.approx(gradient, rel=1e-9)
    check = answer["check"]
    assert (check["plus"] - check["minus"]) / (2 * check["step"]) == pytest.approx(gradient, rel=1e-7)
    assert check["verdict"] == "agrees" and check["digits"] >= 7 and check["relative"] < 1e-7


def test_there_are_as_many_paths_as_ways_through_the_layers_between():
    spec = Backprop(hidden=(2, 4, 3), targets=(0.5, 0.1, 0.2), picked="w1.1.1")
    picked = explain_backprop(spec)["picked"]
    assert len(picked["paths"]) + picked["more"]["count"] == 4 * 3 * 3
    assert len(explain_backprop(replace(spec, picked="b4.2"))["picked"]["paths"]) == 1


def updates_by_torch(spec: Backprop, count: int) -> list[dict[str, float]]:
    """The weights after each of some updates by torch.optim alone."""
    make = {"plain": lambda p: torch.optim.SGD(p, spec.learning_rate),
            "sgd": lambda p: torch.optim.SGD(p, spec.learning_rate, momentum=spec.momentum),
            "rmsprop": lambda p: torch.optim.RMSprop(p, spec.learning_rate),
            "adam": lambda p: torch.optim.Adam(p, spec.learning_rate),
            "adamw": lambda p: torch.optim.AdamW(p, spec.learning_rate, weight_decay=spec.weight_decay)}
    network = build_network(spec)
    optimizer, after = make[spec.optimizer](network.parameters()), []
    inputs = torch.tensor([spec.inputs], dtype=torch.float64)
    for _update in range(count):
        if spec.zero_grad:
            optimizer.zero_grad()
        loss_by_hand(spec, network(inputs)).backward()
        optimizer.step()
        after.append({name: read_scalar(network, name) for name in names_of(network)})
    return after


@pytest.mark.parametrize(("optimizer", "zero_grad"), list(product(OPTIMIZERS, (True, False))))
def test_ten_updates_are_those_of_torch_optim_with_and_without_zero_grad(optimizer, zero_grad):
    spec = Backprop(optimizer=optimizer, zero_grad=zero_grad, learning_rate=0.05, activation="tanh", momentum=0.8)
    for update, wanted in enumerate(updates_by_torch(spec, 10)):
        answer = explain_backprop(replace(spec, updates=update, picked="w2.1.2"))
        found = {name: weight["after"] for name, weight in answer["weights"].items()}
        assert found == pytest.approx(wanted, rel=1e-9), update
        last = answer["picked"]["lines"][-1]
        assert last["of"] == "w" and last["result"] == pytest.approx(wanted["w2.1.2"], rel=1e-9)


def test_without_zero_grad_the_gradients_pile_up():
    spec = Backprop(zero_grad=False, learning_rate=0.0, updates=4)
    weight = explain_backprop(spec)["weights"]["w2.1.1"]
    assert weight["kept"] == pytest.approx(4 * weight["gradient"])
    assert weight["total"] == pytest.approx(5 * weight["gradient"])
    assert explain_backprop(replace(spec, zero_grad=True))["weights"]["w2.1.1"]["kept"] == 0


def test_a_dead_relu_gives_zero_and_says_so():
    spec = set_weight(Backprop(activation="relu", picked="w1.2.1"), "b1.2", -5)
    answer = explain_backprop(spec, checked=True)
    assert answer["weights"]["w1.2.1"]["gradient"] == 0 and answer["picked"]["dead"]
    assert answer["check"]["estimate"] == 0 and answer["check"]["verdict"] == "zero"
    notes = {step["at"]: step["note"] for step in answer["steps"] if step["kind"] == "through_activation"}
    assert notes["z1.2"] == "dead"
    assert not explain_backprop(replace(spec, activation="sigmoid"))["picked"]["dead"]


def test_the_loss_falls_over_the_updates_and_the_history_is_the_same_from_every_step():
    losses = explain_backprop(Backprop(updates=12))["losses"]
    assert len(losses) == 13 and losses == sorted(losses, reverse=True) and losses[12] < losses[0] / 100
    assert explain_backprop(Backprop(updates=5))["losses"] == losses[:6]


def test_a_loss_that_runs_away_stops_at_the_last_usable_update():
    spec = Backprop(activation="none", learning_rate=10.0, optimizer="sgd", momentum=0.99, updates=200)
    answer = explain_backprop(spec)
    assert answer["diverged"] and 0 <= answer["update"] < 200 and np.isfinite(answer["losses"]).all()


def test_every_node_is_a_node_of_autograd_and_is_walked_once_in_each_direction():
    answer = explain_backprop(Backprop(loss="cross_entropy"))
    assert answer["nodes"] == ["AddmmBackward0", "SigmoidBackward0", "AddmmBackward0", "LogSoftmaxBackward0",
                               "NllLossBackward0"]
    forward = [step["at"] for step in answer["steps"] if step["phase"] == 0]
    assert sorted(forward) == sorted(set(forward)) == sorted(set(answer["scalars"]) - {"x1", "x2", "t1", "t2", "L"})
    found = [name for step in answer["steps"] if step["phase"] == 2 for name in step["finds"]]
    targets = {"t1", "t2"}
    assert sorted(found) == sorted([*(set(answer["scalars"]) - targets), *answer["weights"]])


def test_equal_specs_give_equal_numbers_and_another_seed_other_weights():
    one, same, other = (explain_backprop(Backprop(seed=seed)) for seed in (3, 3, 4))
    assert one == same and one["weights"] != other["weights"]
    assert all(round(weight["value"], 2) == weight["value"] for weight in one["weights"].values())


def test_an_impossible_spec_is_refused_with_a_sentence():
    with pytest.raises(SpecError, match="one target 1"):
        explain_backprop(Backprop(loss="cross_entropy", targets=(0.3, 0.3)))
    with pytest.raises(SpecError, match="no weight w3"):
        explain_backprop(Backprop(picked="w3.1.1"))
