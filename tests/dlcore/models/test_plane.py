"""The playground's module against a forward pass written by hand, and its one flat memory."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from dlcore.models.plane import build_plane, is_weight, set_parameter
from dlcore.specs.plane import PlaneData
from dlcore.specs.plane_network import FEATURES, Layer, PlaneNetwork, parameter_names
from dlcore.specs.playground import PlaneTraining, Playground

ACTIVATIONS = {
    "relu": lambda z: np.maximum(z, 0), "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z), "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "silu": lambda z: z / (1 + np.exp(-z)),
    "elu": lambda z: np.where(z > 0, z, np.exp(z) - 1), "softplus": lambda z: np.log1p(np.exp(z)),
    "gelu": lambda z: z * (1 + np.vectorize(__import__("math").erf)(z / np.sqrt(2))) / 2, "none": lambda z: z,
}
RICH = Playground(
    data=PlaneData(dataset="rings", classes=4),
    network=PlaneNetwork(features=FEATURES[:5], layers=tuple(Layer(5, name) for name in ACTIVATIONS)[:8],
                         residual=True, removed=("2.3", "5.1", "8.5")))


def by_hand(spec: Playground, weights: dict, x: np.ndarray) -> list[np.ndarray]:
    given = []
    for number, layer in enumerate(spec.network.layers, 1):
        h = ACTIVATIONS[layer.activation](x @ weights[f"fc{number}.weight"].T + weights[f"fc{number}.bias"])
        h = h + x if spec.network.residual and h.shape == x.shape else h
        for name in spec.network.removed:
            if name.startswith(f"{number}."):
                h[:, int(name.split(".")[1]) - 1] = 0
        given.append(x := h)
    last = len(spec.network.layers) + 1
    out = x @ weights[f"fc{last}.weight"].T + weights[f"fc{last}.bias"]
    return [*given, np.tanh(out) if spec.loss == "squared" and not spec.data.regression else out]


@pytest.mark.parametrize("spec", [
    Playground(), RICH, replace(RICH, training=PlaneTraining(loss="squared")),
    replace(RICH, data=PlaneData(dataset="plane"), network=PlaneNetwork(layers=(Layer(3, "none"),))),
    Playground(network=PlaneNetwork(layers=())),
])
def test_every_layer_gives_what_the_formulas_say(spec):
    net = build_plane(spec).eval()
    x = np.random.default_rng(0).normal(0, 2, (50, len(spec.network.features)))
    weights = {name: value.double().numpy() for name, value in net.state_dict().items()}
    expected = by_hand(spec, weights, x)
    given, rows = net.trace(torch.from_numpy(x).float()), net.trace_rows(torch.from_numpy(x.T).float())
    for one, row, other in zip(given, rows, expected, strict=True):
        np.testing.assert_allclose(one.detach().numpy(), other, rtol=2e-4, atol=2e-5)
        np.testing.assert_allclose(row.detach().numpy().T, other, rtol=2e-4, atol=2e-5)


def test_neurons_by_rows_give_the_same_behind_a_batch_norm():
    spec = replace(RICH, network=replace(RICH.network, batch_norm=True, dropout=0.5))
    net, x = build_plane(spec), torch.randn(64, 5)
    net(x)  # moves the running means
    net.eval()
    for one, row in zip(net.trace(x), net.trace_rows(x.T), strict=True):
        torch.testing.assert_close(row.T, one, rtol=1e-4, atol=1e-5)


def test_norms_and_dropout_follow_train_and_eval():
    net = build_plane(replace(RICH, network=replace(RICH.network, batch_norm=True, dropout=0.5)))
    for training in (False, True):
        assert net.train(training) is net
        assert {part.training for part in (net, net.norm1, net.norm8, net.drop1, net.drop8)} == {training}
    assert not net.eval().norm4.training


def test_all_parameters_are_views_of_one_memory_in_the_order_of_their_names():
    net = build_plane(RICH)
    names = list(parameter_names(RICH.sizes))
    assert len(names) == net.flat.numel() == sum(parameter.numel() for parameter in net.parameters())
    net.flat.copy_(torch.arange(len(names)))
    assert net.fc3.weight[1, 4].item() == names.index("w3.2.5")
    assert net.fc9.bias[3].item() == names.index("b9.4") == len(names) - 1
    set_parameter(net, RICH, "w3.2.5", -7.5)
    assert net.fc3.weight[1, 4].item() == -7.5
    weights = is_weight(RICH, net.flat.numel())
    assert weights[names.index("w9.1.1")] and not weights[names.index("b9.1")]


def test_norms_come_after_the_weights_of_the_links():
    spec = replace(RICH, network=replace(RICH.network, batch_norm=True))
    net = build_plane(spec)
    links = len(list(parameter_names(spec.sizes)))
    assert net.flat.numel() == links + 8 * 2 * 5
    assert net.norm1.weight.data_ptr() == net.flat[links:].data_ptr()
    assert not is_weight(spec, net.flat.numel())[links:].any()


def test_initial_weights_are_pytorchs_own_for_the_seed_and_those_set_by_hand():
    spec = Playground(network=PlaneNetwork(weights=(("b1.2", 3.0),)), training=PlaneTraining(seed=5))
    torch.manual_seed(5)
    layers = [nn.Linear(2, 4), nn.Linear(4, 2), nn.Linear(2, 1)]
    net = build_plane(spec)
    assert all(torch.equal(getattr(net, f"fc{number}").weight, layer.weight) for number, layer in enumerate(layers, 1))
    assert net.fc1.bias[1].item() == 3 and torch.equal(net.fc1.bias[2:], layers[0].bias[2:])


def test_a_removed_neuron_is_without_effect_and_comes_back():
    spec = Playground()
    net, x = build_plane(spec), torch.randn(20, 2)
    before = net(x)
    net.remove(("1.2",))
    without = net(x)
    assert not torch.equal(before, without)
    set_parameter(net, spec, "w1.2.1", 50.0)
    assert torch.equal(net(x), without)
    net.remove(())
    set_parameter(net, spec, "w1.2.1", build_plane(spec).fc1.weight[1, 0].item())
    assert torch.equal(net(x), before)
