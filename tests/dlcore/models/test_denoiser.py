"""The denoisers: attention against torch's own, words that are not there, and what a network begins with."""

import pytest
import torch
import torch.nn.functional as F

from dlcore.diffusion.prompts import read_prompt
from dlcore.models.denoiser import build_denoiser
from dlcore.models.prompt_encoder import Attention, attention_weights
from dlcore.specs.denoiser import Denoiser
from dlcore.specs.diffusion import Diffusion
from tests.closeness import close


def network(condition: str) -> torch.nn.Module:
    return build_denoiser(Diffusion(network=Denoiser(width=16, blocks=1, condition=condition, attention=True))).eval()


def test_attention_is_that_of_torch_also_where_words_are_missing():
    q, k, v = (torch.randn(3, 2, places, 8, generator=torch.Generator().manual_seed(places)) for places in (49, 5, 6))
    v, there = v[:, :, :5], torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]]).bool()
    ours = attention_weights(q, k, there[:, None]) @ v
    assert close(ours, F.scaled_dot_product_attention(q, k, v, there[:, None, None, :]))


def test_an_attention_layer_shows_the_weights_that_it_uses():
    layer = Attention(16).eval()
    torch.nn.init.eye_(layer.mix.weight)
    x, words, there = torch.randn(2, 16, 7, 7), torch.randn(2, 4, 64), torch.ones(2, 4).bool()
    seen = layer.weights(x, words, there) @ layer.value(words)
    assert close(layer(x, words, there), x + seen.transpose(1, 2).reshape(x.shape))


def test_what_stands_behind_the_last_word_changes_nothing():
    module = network("prompt")
    symbols = torch.tensor([read_prompt("a thin 3").symbols])
    short = module.tell(symbols[:, :4])
    long = module.tell(symbols)
    for part in module.modules():
        if isinstance(part, Attention):
            torch.nn.init.normal_(part.mix.weight)
    torch.nn.init.normal_(module.out.weight)
    x, t = torch.randn(1, 1, 28, 28), torch.tensor([500.0])
    assert close(module(x, t, short), module(x, t, long))


@pytest.mark.parametrize("condition", ["class", "prompt", "none"])
def test_a_network_begins_with_telling_nothing_whatever_it_is_asked(condition):
    module = network(condition)
    told = {"class": torch.tensor([3]), "prompt": torch.tensor([read_prompt("3").symbols]), "none": None}[condition]
    assert (module(torch.randn(1, 1, 28, 28), torch.tensor([5.0]), module.tell(told)) == 0).all()


def test_two_conditions_meet_half_way():
    module = network("class")
    one, other = (module.tell(torch.tensor([digit])) for digit in (1, 2))
    assert close(one.mixed(other, 0.5).vector, (one.vector + other.vector) / 2)
    assert torch.equal(one.mixed(other, 0.0).vector, one.vector)
