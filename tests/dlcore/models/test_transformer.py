"""The transformer against torch's own layers, the paper's formulas, and itself."""

from dataclasses import replace
from math import cos, sin

import pytest
import torch
from torch import nn

from dlcore.models.attention import Attention, rotate, sinusoids
from dlcore.models.blocks import ACTIVATIONS, DecoderLayer, EncoderLayer
from dlcore.models.transformer import build_transformer, set_dropout
from dlcore.specs.texts import TextData
from dlcore.specs.transformer import NORMS, POSITIONS, Transformer, TransformerNetwork
from dlcore.specs.transformer_table import count_parameters, layer_table
from tests.closeness import close

NETWORK = TransformerNetwork(layers=2, heads=3, width=24, feed_forward=2, context=12)
TRANSLATOR = Transformer(data=TextData(task="reverse", length=9), network=NETWORK)
GPT = Transformer(data=TextData(task="plays"), network=NETWORK)


@pytest.fixture(autouse=True)
def drawn() -> None:
    torch.manual_seed(0)


def copied(theirs: nn.MultiheadAttention, causal: bool = False) -> Attention:
    """Return our attention with the weights of torch's."""
    ours = Attention(theirs.embed_dim, theirs.num_heads, causal)
    copy_attention(ours, theirs)
    return ours


@torch.no_grad()
def copy_attention(ours: Attention, theirs: nn.MultiheadAttention) -> None:
    nn.init.normal_(theirs.in_proj_bias), nn.init.normal_(theirs.out_proj.bias)
    ours.project_in.weight.copy_(theirs.in_proj_weight), ours.project_in.bias.copy_(theirs.in_proj_bias)
    ours.project_out.load_state_dict(theirs.out_proj.state_dict())


def later(time: int) -> torch.Tensor:
    return nn.Transformer.generate_square_subsequent_mask(time)


def test_self_attention_is_that_of_torch():
    theirs, x = nn.MultiheadAttention(24, 3, batch_first=True), torch.randn(2, 7, 24)
    for causal in (False, True):
        ours = copied(theirs, causal)
        told, weights = theirs(x, x, x, attn_mask=later(7) if causal else None, average_attn_weights=False)
        assert close(ours(x), told)
        assert close(ours.inside(x).weights, weights)


def test_a_look_at_another_sequence_is_that_of_torch():
    theirs, x, memory = nn.MultiheadAttention(24, 3, batch_first=True), torch.randn(2, 7, 24), torch.randn(2, 5, 24)
    ours = copied(theirs)
    told, weights = theirs(x, memory, memory, average_attn_weights=False)
    assert close(ours(x, memory), told)
    assert close(ours.inside(x, memory).weights, weights)


@pytest.mark.parametrize(("rotary", "causal"), [(False, False), (False, True), (True, True), (True, False)])
def test_the_fused_kernel_and_the_written_out_steps_agree(rotary, causal):
    ours, x = Attention(24, 3, causal, rotary), torch.randn(2, 9, 24)
    inside = ours.inside(x)
    assert close(ours(x), inside.output)
    torch.testing.assert_close(inside.weights.sum(-1), torch.ones(2, 3, 9))
    assert not causal or (inside.weights.triu(1) == 0).all()


def test_training_in_half_precision_mixes_as_the_fused_kernel_does():
    """On a CPU its gradient is written out there; it must be that of the same weights all the same."""
    ours, x = Attention(24, 3, causal=True), torch.randn(2, 9, 24)
    exact = torch.autograd.grad(ours(x).square().sum(), list(ours.parameters()))
    with torch.autocast("cpu", torch.bfloat16):
        told = ours(x)
        half = torch.autograd.grad(told.float().square().sum(), list(ours.parameters()))
    torch.testing.assert_close(told.float(), ours(x), rtol=0.05, atol=0.02)
    for one, other in zip(half, exact):
        assert (one - other).norm() < 0.03 * other.norm() + 1e-3


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_an_encoder_layer_is_that_of_torch(norm, activation):
    theirs = nn.TransformerEncoderLayer(24, 3, 48, 0.0, activation, batch_first=True, norm_first=norm == "pre")
    ours = EncoderLayer(replace(NETWORK, norm=norm, activation=activation))
    copy_attention(ours.attention, theirs.self_attn), copy_rest(ours, theirs, "norm1", "norm2")
    x = torch.randn(2, 7, 24)
    assert close(ours(x), theirs(x))


@pytest.mark.parametrize("norm", NORMS)
def test_a_decoder_layer_is_that_of_torch(norm):
    theirs = nn.TransformerDecoderLayer(24, 3, 48, 0.0, "gelu", batch_first=True, norm_first=norm == "pre")
    ours = DecoderLayer(replace(NETWORK, norm=norm), crosses=True)
    copy_attention(ours.attention, theirs.self_attn), copy_attention(ours.cross, theirs.multihead_attn)
    copy_rest(ours, theirs, "norm1", "norm3"), ours.cross_norm.load_state_dict(theirs.norm2.state_dict())
    x, memory = torch.randn(2, 7, 24), torch.randn(2, 5, 24)
    told = theirs(x, memory, tgt_mask=later(7), tgt_is_causal=True)
    assert close(ours(x, memory), told)


@torch.no_grad()
def copy_rest(ours: nn.Module, theirs: nn.Module, first: str, last: str) -> None:
    for norm in (theirs.norm1, theirs.norm2):
        nn.init.normal_(norm.weight, 1.0, 0.2), nn.init.normal_(norm.bias)
    ours.attention_norm.load_state_dict(getattr(theirs, first).state_dict())
    ours.feed_forward_norm.load_state_dict(getattr(theirs, last).state_dict())
    ours.feed_forward.widen.load_state_dict(theirs.linear1.state_dict())
    ours.feed_forward.narrow.load_state_dict(theirs.linear2.state_dict())


def test_the_sinusoids_are_those_of_the_paper():
    """PE(pos, 2i) = sin(pos / 10000^(2i/d)), PE(pos, 2i+1) = cos(...), section 3.5, worked out number by number."""
    table = sinusoids(40, 12)
    for position in (0, 1, 7, 39):
        for place in range(12):
            wave = sin if place % 2 == 0 else cos
            assert table[position, place].item() == pytest.approx(wave(position / 10_000 ** (place // 2 * 2 / 12)),
                                                                  abs=1e-6)


def test_rotary_products_depend_on_the_distance_alone():
    query, key = torch.randn(1, 8), torch.randn(1, 8)

    def product(first: int, second: int) -> float:
        return (rotate(query, first) * rotate(key, second)).sum().item()

    assert product(3, 1) == pytest.approx(product(23, 21), abs=1e-5)
    assert product(3, 1) != pytest.approx(product(3, 2), abs=1e-2)
    assert rotate(query, 5).norm().item() == pytest.approx(query.norm().item(), abs=1e-5)
    complex_turn = torch.view_as_complex(query.view(1, 4, 2)) * torch.exp(
        1j * 5 * 10_000 ** (-torch.arange(0, 8, 2) / 8))
    assert close(rotate(query, 5), torch.view_as_real(complex_turn).flatten(1))


@pytest.mark.parametrize("positions", POSITIONS)
def test_what_comes_later_changes_nothing_before(positions):
    model = build_transformer(replace(GPT, network=replace(NETWORK, positions=positions, width=24, heads=2))).eval()
    ids = torch.randint(80, (1, 12))
    other = ids.clone()
    other[0, 7] = (other[0, 7] + 1) % 80
    told, changed = model(ids), model(other)
    assert torch.equal(told[:, :7], changed[:, :7])
    assert (told[:, 7:] - changed[:, 7:]).abs().amax(-1).min() > 1e-4


def test_the_answer_sees_all_of_the_source_and_nothing_of_what_it_has_not_told():
    model = build_transformer(TRANSLATOR).eval()
    source, target = torch.randint(2, 28, (1, 6)), torch.randint(2, 28, (1, 5))
    told = model(source, target)
    for place in range(6):
        other = source.clone()
        other[0, place] = 2 + (other[0, place] - 1) % 26
        assert (model(other, target) - told).abs().amax(-1).min() > 1e-5
    target[0, 3] = 2 + (target[0, 3] - 1) % 26
    assert torch.equal(model(source, target)[:, :3], told[:, :3])


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("norm", NORMS)
def test_the_cache_tells_what_is_told_without(positions, norm):
    network = replace(NETWORK, positions=positions, norm=norm, heads=2)
    ids = torch.randint(2, 28, (3, 10))
    model = build_transformer(replace(GPT, network=network)).eval()
    cache = model.new_cache()
    parts = [model.step(part, cache) for part in (ids[:, :4], *ids[:, 4:8].split(1, 1), ids[:, 8:])]
    assert close(torch.cat(parts, 1), model(ids))
    translator, source = build_transformer(replace(TRANSLATOR, network=network)).eval(), torch.randint(2, 28, (3, 7))
    memory, cache = translator.encoder(source), translator.new_cache()
    parts = [translator.step(part, memory, cache) for part in ids.split(1, 1)]
    assert close(torch.cat(parts, 1), translator(source, ids))


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("spec", [TRANSLATOR, GPT], ids=["translator", "language model"])
def test_the_layer_table_counts_the_parameters_that_there_are(spec, positions):
    for norm in NORMS:
        spec = replace(spec, network=replace(NETWORK, positions=positions, norm=norm, heads=2))
        model = build_transformer(spec)
        assert sum(weight.numel() for weight in model.parameters()) == count_parameters(spec)
        rows = {row.name: row.parameters for row in layer_table(spec)}
        for name in ("decoder.layers.1.attention", "decoder.layers.0.feed_forward", "head", "decoder.embedding"):
            assert sum(weight.numel() for weight in model.get_submodule(name).parameters()) == rows[name]


def test_equal_seeds_give_equal_weights_and_others_do_not():
    one, same = build_transformer(GPT).state_dict(), build_transformer(GPT).state_dict()
    other = build_transformer(replace(GPT, training=replace(GPT.training, seed=1))).state_dict()
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["decoder.embedding.weight"], other["decoder.embedding.weight"])


def test_without_positions_an_encoder_does_not_see_the_order():
    for positions, seen in (("none", False), ("sinusoidal", True)):
        encoder = build_transformer(replace(TRANSLATOR, network=replace(NETWORK, positions=positions))).encoder.eval()
        ids, order = torch.randint(2, 28, (1, 8)), torch.randperm(8)
        apart = (encoder(ids)[:, order] - encoder(ids[:, order])).abs().max().item()
        assert (apart > 1e-2) == seen


def test_dropout_is_changed_everywhere_and_only_while_training():
    model, ids = build_transformer(GPT), torch.randint(80, (1, 8))
    assert torch.equal(model(ids), model(ids))
    set_dropout(model, 0.5)
    assert not torch.equal(model(ids), model(ids))
    assert torch.equal(model.eval()(ids), model(ids))


def test_every_place_has_an_activation_of_its_own():
    for name, activation in ACTIVATIONS.items():
        model = build_transformer(replace(GPT, network=replace(NETWORK, activation=name)))
        assert sum(isinstance(module, activation) for module in model.modules()) == NETWORK.layers
        assert not any(getattr(module, "inplace", False) for module in model.modules())
