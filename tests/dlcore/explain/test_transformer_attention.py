"""Attention, its heads switched off, and the numbers inside, against torch's own attention and identities."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from dlcore.errors import EngineError, SpecError
from dlcore.explain.transformer.inside import Spot
from dlcore.explain.transformer.passing import all_heads, pass_through, switched_off
from dlcore.explain.transformer.reading import read
from dlcore.explain.transformer.snapshot import TransformerSnapshot
from dlcore.explain.transformer.spelling_out import check_all
from tests.dlcore.explain.transformers import LINE, NUMBERS, PLAYS, TWENTY, ask, snapshot

KINDS = [("pre", "sinusoidal"), ("post", "learned"), ("pre", "rotary"), ("post", "none")]


def torch_weights(passed, name: str, causal: bool) -> torch.Tensor:
    """Return the weights (heads, rows, columns) of torch's own attention with the same weights and inputs."""
    mine, inputs = passed.network.get_submodule(name), passed.inputs[name]
    theirs = nn.MultiheadAttention(inputs[0].shape[-1], mine.count, batch_first=True)
    theirs.in_proj_weight.data, theirs.in_proj_bias.data = mine.project_in.weight.data, mine.project_in.bias.data
    memory = inputs[1] if len(inputs) > 1 else inputs[0]
    mask = torch.ones(inputs[0].shape[1], memory.shape[1]).triu(1).bool() if causal else None
    with torch.no_grad():
        return theirs(inputs[0], memory, memory, attn_mask=mask, average_attn_weights=False)[1][0]


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_all_maps_in_the_one_array_are_those_of_torchs_own_attention(norm):
    seen = snapshot(norm=norm)
    answer, passed = ask("attention", seen, text=TWENTY), read(seen, {"text": TWENTY}).run()
    for part, stack, name in (("encoder", "encoder", "attention"), ("decoder", "decoder", "attention"),
                              ("cross", "decoder", "cross")):
        place = answer["parts"][part]
        maps = answer["weights"][place["first"]:][: np.prod(place["shape"])].reshape(place["shape"]) / 255
        for layer in range(2):
            expected = torch_weights(passed, f"{stack}.layers.{layer}.{name}", part == "decoder").numpy()
            assert np.abs(maps[layer] - expected).max() < 0.5 / 255 + 1e-5
            head = ask("head", seen, text=TWENTY, part=part, layer=layer, head=3)
            assert np.allclose(head["weights"], expected[3], atol=1e-5)
        assert place["shape"][2:] == (len(answer[place["rows"]]), len(answer[place["columns"]]))
    assert sum(np.prod(place["shape"]) for place in answer["parts"].values()) == answer["weights"].size


def test_the_answer_is_what_the_network_tells_token_by_token_without_a_cache():
    seen = snapshot()
    answer, target = ask("attention", seen, text=TWENTY), [0]
    source = torch.tensor([[*seen.texts.source.encode(TWENTY), 1]])
    while len(target) < seen.module.decoder.most and target[-1] != 1:
        target.append(int(seen.module(source, torch.tensor([target]))[0, -1].argmax()))
    kept = [token for token in target if token != 1]
    assert answer["target"] == seen.texts.target.shown(kept)
    assert answer["source"] == ["twenty", "three", "</s>"]
    assert answer["answer"][: len(kept) - 1] == answer["target"][1:]
    assert answer["right"] is False and answer["truth"] == "yirmi üç"


def test_with_a_given_target_every_row_tells_what_comes_behind_it():
    seen = snapshot()
    answer = ask("attention", seen, text=TWENTY, target="yirmi üç")
    assert answer["target"] == ["<s>", "yirmi", "üç"]
    source, target = read(seen, {"text": TWENTY, "target": "yirmi üç"}).source, torch.tensor([[0, 0]])
    target[0, 1] = seen.texts.target.numbers["yirmi"]
    logits = seen.module(source, target)[0, 1].detach()
    token, share = answer["top"][1][0]
    assert answer["answer"][1] == token == seen.texts.target.symbols[int(logits.argmax())]
    assert share == pytest.approx(float(logits.softmax(-1).max()), rel=1e-4)
    three = seen.texts.target.numbers["üç"]
    assert answer["given"][1] == pytest.approx(float(logits.softmax(-1)[three]), rel=1e-4) and len(answer["given"]) == 2


def test_a_language_model_has_one_part_and_sees_nothing_that_comes_later():
    answer = ask("attention", snapshot(PLAYS), text=LINE)
    assert set(answer["parts"]) == {"decoder"} and answer["source"] == []
    maps = answer["weights"].reshape(answer["parts"]["decoder"]["shape"])
    assert (maps[..., np.triu_indices(len(LINE), 1)[0], np.triu_indices(len(LINE), 1)[1]] == 0).all()
    assert maps[0, 0, 0, 0] == 255


@pytest.mark.parametrize(("kind", "text", "field", "named"), [
    ("attention", "twenty drie", "text", "drie"), ("attention", " ", "text", "word"),
    ("attention", "one " * 20, "text", "20")])
def test_a_text_that_cannot_be_read_is_named_at_its_field(kind, text, field, named):
    with pytest.raises(SpecError) as error:
        ask(kind, snapshot(), text=text)
    assert error.value.field == field and named in str(error.value)


def test_unknown_words_of_a_target_are_named_at_the_target():
    with pytest.raises(SpecError, match="dertig") as error:
        ask("attention", snapshot(), text=TWENTY, target="dertig")
    assert error.value.field == "target"


@pytest.mark.parametrize("off", [[["cross", 5, 0]], [["decoder", 0, 4]], [["memory", 0, 0]]])
def test_heads_that_are_not_there_cannot_be_switched_off(off):
    with pytest.raises(EngineError, match="no"):
        ask("attention", snapshot(), text=TWENTY, off=off)


def without_heads(seen: TransformerSnapshot, off) -> nn.Module:
    """Return a copy whose output projections have zeros in the columns of some heads."""
    module = copy.deepcopy(seen.module)
    for part, layer, head in off:
        stack, name = ("encoder", "attention") if part == "encoder" else ("decoder", "cross" if part == "cross" else
                                                                          "attention")
        attention = getattr(getattr(module, stack).layers[layer], name)
        width = attention.head_width
        attention.project_out.weight.data[:, head * width: (head + 1) * width] = 0
    return module


@pytest.mark.parametrize("off", [(("encoder", 0, 1),), (("cross", 1, 0), ("cross", 1, 3), ("decoder", 0, 2))])
def test_a_head_that_is_off_hands_nothing_on(off):
    seen, request = snapshot(), {"text": TWENTY, "target": "yirmi üç"}
    reading = read(seen, request)
    expected = without_heads(seen, off)(reading.source, reading.target)
    passed = pass_through(seen.module, reading.source, reading.target, frozenset(off))
    assert torch.allclose(passed.logits, expected, atol=1e-5)
    assert not torch.allclose(passed.logits, reading.run().logits, atol=1e-3)
    assert ask("attention", seen, **request, off=[list(head) for head in off])["top"] != ask(
        "attention", seen, **request)["top"]


def test_switches_leave_no_trace():
    seen = snapshot()
    reading = read(seen, {"text": TWENTY})
    before = reading.run().logits
    with switched_off(seen.module, all_heads(seen.module)):
        pass
    assert torch.equal(reading.run().logits, before)
    assert all(not module._forward_hooks for module in seen.module.modules())


@pytest.mark.parametrize("part", ["encoder", "decoder", "cross"])
@pytest.mark.parametrize(("norm", "positions"), KINDS)
def test_the_shown_numbers_of_a_token_add_up_to_what_the_network_has(norm, positions, part):
    seen = snapshot(norm=norm, positions=positions)
    told = ask("inside", seen, text=TWENTY, target="yirmi üç", part=part, layer=1, head=2, row=1, column=1)
    names = {check["name"] for check in told["checks"]}
    assert {"embedding", "query", "product", "softmax", "sum", "projected", "residual", "narrow"} <= names
    assert ("stream" in names) == (norm == "pre") and ("logits" in names) == (part != "encoder")
    assert {check["name"]: check["apart"] for check in told["checks"] if check["apart"] > 2e-4} == {}
    assert told["weights"].sum() == pytest.approx(1, abs=1e-6)


def test_the_checks_fail_where_a_number_is_not_the_networks():
    seen = snapshot(norm="pre", positions="rotary")
    reading = read(seen, {"text": TWENTY})
    spot = Spot(reading.run(), "cross", 1, 0, 1, 0)
    told = ask("inside", seen, text=TWENTY, part="cross", layer=1, head=0, row=1)
    for shown, check in (("embedding", "embedding"), ("read", "query"), ("terms", "product"), ("scaled", "softmax"),
                         ("values", "sum"), ("heads", "projected"), ("before", "residual")):
        wrong = {check["name"]: check["apart"] for check in check_all(spot, {**told, shown: told[shown] * 1.5 + 0.1})}
        assert wrong[check] > 1e-3, shown


def test_inside_shows_the_map_and_the_logits_of_the_same_pass():
    seen, request = snapshot(PLAYS), {"text": LINE, "part": "decoder", "layer": 1, "head": 3}
    told, head = ask("inside", seen, row=5, **request), ask("head", seen, **request)
    assert np.allclose(told["weights"], head["weights"][5]) and told["token"] == LINE[5]
    assert told["masked"].tolist() == [column > 5 for column in range(len(LINE))]
    logits = seen.module(torch.tensor([seen.texts.target.encode(LINE)]))[0, 5]
    assert told["logits"][0][1] == pytest.approx(float(logits.max()), abs=1e-4)
    assert [entry["name"] for entry in told["stream"]] == ["embedding", *["decoder", "feed_forward"] * 2, "final"]


def test_the_sum_of_a_head_that_is_off_reaches_the_projection_as_zeros():
    told = ask("inside", snapshot(), text=TWENTY, part="cross", layer=0, head=1, row=0, off=[["cross", 0, 1]])
    assert told["off"] and (told["heads"][1] == 0).all() and (told["sum"] != 0).any()
    assert max(check["apart"] for check in told["checks"]) < 2e-4


def test_a_told_token_is_aligned_with_the_source_token_that_its_row_looked_at_most():
    seen = snapshot()
    request = {"text": TWENTY, "target": "yirmi üç"}
    layer, both = ask("alignment", seen, **request, layer=1), ask("alignment", seen, **request)
    maps = [ask("head", seen, **request, part="cross", layer=number, head=head)["weights"]
            for number in (0, 1) for head in range(4)]
    assert np.allclose(layer["weights"], np.mean(maps[4:], 0), atol=1e-6)
    assert np.allclose(both["weights"], np.mean(maps, 0), atol=1e-6)
    assert [column for _row, column, _weight in layer["links"]] == layer["weights"].argmax(1).tolist()
    off = [["cross", number, head] for number in (0, 1) for head in range(4)][:-1]
    assert np.allclose(ask("alignment", seen, **request, off=off)["weights"],
                       ask("head", seen, **request, off=off, part="cross", layer=1, head=3)["weights"])


def test_a_language_model_has_no_alignment():
    with pytest.raises(EngineError, match="encoder"):
        ask("alignment", snapshot(PLAYS), text=LINE)


def test_rollout_of_the_whole_network_hands_on_each_rows_whole():
    told = ask("rollout", snapshot(), text=TWENTY, target="yirmi üç")
    assert told["decoder"].shape == (2, 3, 6) and told["encoder"].shape == (2, 3, 3)
    assert np.allclose(told["decoder"].sum(-1), 1, atol=1e-5) and np.allclose(told["encoder"].sum(-1), 1, atol=1e-5)
    assert told["columns"]["decoder"] == ["<s>", "yirmi", "üç", "twenty", "three", "</s>"]
    model = ask("rollout", snapshot(PLAYS), text=LINE)
    assert model["decoder"].shape == (2, len(LINE), len(LINE)) and "encoder" not in model


def test_the_snapshot_of_a_spec_answers_with_its_initial_weights(tmp_path):
    from dlcore.explain.requests import REQUESTS
    from dlcore.explain.snapshot import load
    from dlcore.specs import codec

    seen = load({"spec": codec.to_dict(replace(NUMBERS))}, tmp_path)
    assert REQUESTS["transformer_attention"](seen, {"text": "one"})["source"] == ["one", "</s>"]


def test_more_maps_than_can_be_sent_are_refused_with_the_length_that_can(monkeypatch):
    from dlcore.explain.transformer import seeing
    monkeypatch.setattr(seeing, "MOST_WEIGHTS", 8 * 10**2)
    with pytest.raises(SpecError, match="10 tokens") as error:
        ask("attention", snapshot(PLAYS), text=LINE)
    assert error.value.field == "text"
    assert len(ask("attention", snapshot(PLAYS), text=LINE[:10])["weights"]) == 800
