"""Gradients in a deep stack: they vanish through sigmoids, and each cure keeps them alive."""

import pytest
import torch

from dlcore.explain.gradient_health import build_stack, linear_layers, measure_gradients
from dlcore.specs.backprop import CURES


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ten_sigmoids_lose_the_gradient_and_every_cure_keeps_it(seed):
    plain = measure_gradients("none", seed)
    assert plain == sorted(plain) and plain[0] < plain[-1] * 1e-5
    for cure in CURES:
        sizes = measure_gradients(cure, seed)
        assert len(sizes) == 10 and sizes[0] > sizes[-1] / 100 and sizes[0] > 1e4 * plain[0], cure


def test_each_sigmoid_passes_at_most_a_quarter_on():
    """An upper bound by hand: the gradient shrinks by σ' ≤ 1/4 times the largest stretch of the weights."""
    stack = build_stack("none", 0)
    stretches = [torch.linalg.matrix_norm(layer.weight, 2).item() / 4 for layer in linear_layers(stack)]
    sizes = measure_gradients("none", 0)
    bound = sizes[-1] * 16 * torch.tensor(stretches[1:]).prod().item() * 64
    assert 0 < sizes[0] < bound


def test_he_weights_have_the_spread_of_the_paper():
    spread = torch.cat([layer.weight.flatten() for layer in linear_layers(build_stack("relu_he", 5))]).std()
    assert spread.item() == pytest.approx((2 / 16) ** 0.5, rel=0.1)
