"""Neurons side by side: the module against a forward pass written by hand in numpy."""

import numpy as np
import pytest
import torch

from dlcore.models.neuron import build_line
from dlcore.training.curve_fit import multiply
from tests.closeness import close

FUNCTIONS = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
             "softmax": lambda z: np.exp(z / 2) / np.exp(z / 2).sum(1, keepdims=True), None: lambda z: z}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("layers", [1, 3])
def test_the_network_is_the_forward_pass_written_by_hand(function, layers):
    line = build_line(5, layers, function, seed=3, temperature=2.0)
    x = hidden = np.linspace(-3, 3, 20)[:, None]
    *before, (out, offset) = [(weight.detach().numpy(), bias.detach().numpy()) for weight, bias in line.matrices()]
    assert len(before) == layers
    for weight, bias in before:
        hidden = FUNCTIONS[function](hidden @ weight.T + bias)
    assert close(line(torch.from_numpy(x).float()), hidden @ out.T + offset)


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("neurons", [1, 4, 16])
def test_without_activations_the_composed_matrices_are_the_network(layers, neurons):
    line = build_line(neurons, layers, None, seed=layers)
    slope, intercept = multiply(line)
    x = torch.linspace(-3, 3, 50)[:, None]
    assert close(line(x), slope * x + intercept)


def test_initial_weights_depend_on_the_seed_alone():
    def weights(seed: int) -> list[np.ndarray]:
        torch.rand(7)
        return [tensor.detach().numpy() for tensor in build_line(6, 2, "tanh", seed).parameters()]

    assert all(np.array_equal(one, other) for one, other in zip(weights(1), weights(1)))
    assert not np.array_equal(weights(1)[0], weights(2)[0])


def test_the_first_neurons_begin_spread_over_the_plane():
    first = build_line(8, 1, "tanh", 0).layers[0]
    places = (-first.bias / first.weight[:, 0]).detach().numpy()
    edges = np.linspace(-3, 3, 9)
    assert all(low <= place <= high for place, low, high in zip(places, edges, edges[1:]))
