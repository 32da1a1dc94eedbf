"""Our dropout against torch's: the same share, the same scale, the same gradient, and draws of the generator alone."""

from math import sqrt

import pytest
import torch
from torch import nn

from dlcore.models.layers import Dropout, draw_bits


@pytest.mark.parametrize("p", [0.03, 0.3, 0.5, 0.9])
def test_dropout_drops_its_share_and_scales_the_rest(p):
    torch.manual_seed(0)
    out = Dropout(p)(torch.ones(400, 1000))
    dropped = (out == 0).float().mean().item()
    assert abs(dropped - p) < 5 * sqrt(p * (1 - p) / 400_000)
    assert torch.allclose(out[out != 0], torch.tensor(1 / (1 - p)))


def test_dropout_passes_the_gradient_where_it_passed_the_value():
    x = torch.randn(64, 30, requires_grad=True)
    layer = Dropout(0.4)
    torch.manual_seed(3)
    out = layer(x)
    out.sum().backward()
    assert torch.equal(x.grad != 0, out != 0)
    assert torch.allclose(x.grad[out != 0], torch.tensor(1 / 0.6))


def test_dropout_depends_on_the_seed_alone():
    layer, x = Dropout(0.5), torch.ones(7, 13)
    drawn = []
    for seed in (1, 2, 1):
        torch.manual_seed(seed)
        drawn.append(layer(x))
    assert torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0], drawn[1])


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_dropout_at_its_ends_is_torchs(p):
    x = torch.randn(5, 5)
    assert torch.equal(Dropout(p)(x), nn.Dropout(p)(x))


def test_dropout_leaves_eval_alone():
    x = torch.randn(5, 5)
    assert torch.equal(Dropout(0.5).eval()(x), x)


def test_bits_are_spread_evenly_and_do_not_follow_one_another():
    """Four numbers come of one draw: their means, and their correlation with the next, are those of chance."""
    torch.manual_seed(0)
    bits = draw_bits(400_003).double() / 2**15
    assert len(bits) == 400_003
    places = bits[:400_000].view(-1, 4)
    assert places.mean(0).abs().max() < 5 / sqrt(3 * 100_000)
    correlation = torch.corrcoef(places.T)
    assert (correlation - torch.eye(4)).abs().max() < 5 / sqrt(100_000)
    assert -1 <= bits.min() < -0.999 and 0.999 < bits.max() < 1
