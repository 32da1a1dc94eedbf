"""Positions, the shuffle test, the next token, generation with a cache and beams, against formulas and brute force."""

from itertools import product
from math import cos, log, sin

import numpy as np
import pytest
import torch

from dlcore.errors import EngineError, SpecError
from dlcore.explain.transformer.next_token import Session, common, first_seen
from dlcore.models.generation import Writer
from tests.dlcore.explain.transformers import LINE, NUMBERS, PLAYS, TWENTY, ask, snapshot


def test_positions_are_those_of_the_papers_formula():
    told = ask("positions", snapshot(), dimension=5)
    width = NUMBERS.network.width
    for place, dimension in product((0, 1, 7, 63), (0, 1, 5, 22)):
        angle = place / 10_000 ** (dimension // 2 * 2 / width)
        assert told["matrix"][place, dimension] == pytest.approx((cos if dimension % 2 else sin)(angle), abs=1e-5)
    assert (told["wave"] == told["matrix"][:, 5]).all() and told["most"] == snapshot().module.decoder.most
    assert cos(2.0 / 10_000 ** (4 / width)) == pytest.approx(cos((2 + told["period"]) / 10_000 ** (4 / width)))


def test_learned_positions_are_what_the_network_adds_and_none_is_told_for_none():
    learned = snapshot(PLAYS, positions="learned")
    inside = ask("inside", learned, text=LINE, part="decoder", layer=0, head=0, row=3)
    assert np.allclose(ask("positions", learned)["matrix"][3], inside["position"])
    assert ask("positions", snapshot(positions="none"))["matrix"] is None
    rotary = ask("positions", snapshot(positions="rotary"), dimension=1)
    assert rotary["matrix"].shape == (64, 3)
    assert rotary["wave"][2] == pytest.approx(cos(2 / 10_000 ** (2 / 6)), abs=1e-5)


def test_without_positions_a_translator_cannot_tell_orders_apart():
    told = ask("shuffle", snapshot(positions="none"), text="two thousand three hundred", order=[2, 0, 3, 1])
    assert told["shuffled"] == ["three", "two", "hundred", "thousand", "</s>"]
    assert (told["encoder"] < 1e-5).all() and told["change"] < 1e-5 and told["answers"][0] == told["answers"][1]


@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "rotary"])
def test_with_positions_it_can(positions):
    told = ask("shuffle", snapshot(positions=positions), text="two thousand three hundred", seed=3)
    assert told["encoder"][-1] > 1e-2 and told["change"] > 1e-4 and sorted(told["order"]) == [0, 1, 2, 3]
    assert (told["encoder"][0] > 0) == (positions != "rotary")


def test_a_mask_alone_tells_orders_apart_from_the_second_layer_on():
    """What a masked decoder's later layers make of a token depends on what stood before it (arXiv:2203.16634)."""
    told = ask("shuffle", snapshot(PLAYS, positions="none"), text="abcdef", order=[3, 1, 0, 4, 2])
    assert told["decoder"][0] == 0 and told["decoder"][1] < 1e-5 and told["decoder"][2] > 1e-3


@pytest.mark.parametrize("request_", [{"text": "one"}, {"text": TWENTY, "order": [0, 0]}])
def test_an_order_that_is_none_is_refused(request_):
    with pytest.raises(SpecError):
        ask("shuffle", snapshot(), **request_)


def test_next_tokens_are_those_behind_the_text():
    seen = snapshot(PLAYS)
    told = ask("next", seen, text=LINE, top_k=3, seed=5)
    with torch.no_grad():
        logits = seen.module(torch.tensor([seen.texts.target.encode(LINE)]))[0, -1]
    assert told["logits"][0] == pytest.approx(float(logits.max()), abs=1e-4) and len(told["tokens"]) == 60
    assert told["probabilities"].sum() + told["rest"] == pytest.approx(1, abs=1e-5)
    assert told["kept_k"].sum() == 3 and told["drawn"] < 3
    behind = ask("next", snapshot(), text=TWENTY, target="yirmi")
    assert behind["tokens"][0] == ask("attention", snapshot(), text=TWENTY, target="yirmi")["answer"][-1]


@pytest.mark.parametrize("positions", ["sinusoidal", "rotary", "learned"])
def test_a_generation_goes_on_and_back_and_elsewhere_as_if_nothing_was_kept(positions):
    seen = snapshot(PLAYS, positions=positions)
    ids = ask("token", seen, text=LINE)["so_far"]
    trail = [ids, [*ids, 3], [*ids, 3, 9], [*ids, 3], [*ids, 4], [*ids, 4, 4, 4], ids[:-3], [*ids[:-3], 7]]
    for step in trail:
        told = ask("token", seen, ids=step)
        with torch.no_grad():
            whole = seen.module(torch.tensor([step]))[0, -1]
        assert told["apart"] < 1e-4
        assert told["logits"][0] == pytest.approx(float(whole.max()), abs=1e-4)
        assert told["ids"][0] == int(whole.argmax())
    assert told["computed"] == 1 and told["seen"] == len(ids) - 2


def test_one_more_token_costs_the_work_of_one_and_heads_that_are_off_have_a_cache_of_their_own():
    seen = snapshot(PLAYS, layers=1)
    first = ask("token", seen, text=LINE)
    second = ask("token", seen, ids=[*first["so_far"], 5])
    assert (first["computed"], second["computed"]) == (len(LINE), 1)
    off = ask("token", seen, ids=[*first["so_far"], 5], off=[["decoder", 0, 1]])
    assert off["computed"] == len(LINE) + 1 and off["apart"] < 1e-4
    assert not np.allclose(off["logits"], second["logits"], atol=1e-3)


def test_behind_the_context_the_older_half_is_forgotten_as_by_the_writer():
    seen = snapshot(PLAYS)
    writer, session = Writer(seen.module, [1, 2, 3]), Session(seen.module, seen.module.new_cache())
    for place in range(60):
        writer.take(place % 50)
        logits, _computed = session.follow(writer.ids)
        assert torch.allclose(logits, writer.logits, atol=1e-4), place
    assert first_seen(24, 24) == 0 and first_seen(25, 24) == 13 and common([1, 2, 3], [1, 2, 4]) == 2


@pytest.mark.parametrize("ids", [[], [999], [-1]])
def test_tokens_that_are_none_are_refused(ids):
    with pytest.raises(EngineError):
        ask("token", snapshot(PLAYS), ids=ids)


def score_of(seen, source: torch.Tensor, tokens: list[int]) -> float:
    """Return the log probability of an answer, read as a whole."""
    with torch.no_grad():
        shares = seen.module(source, torch.tensor([[0, *tokens[:-1]]]))[0].log_softmax(-1)
    return float(shares[range(len(tokens)), tokens].sum())


def test_beams_have_the_scores_of_their_answers_and_the_widest_is_no_worse_than_greedy():
    seen = snapshot()
    source = torch.tensor([[*seen.texts.source.encode(TWENTY), 1]])
    one, wide = (ask("beams", seen, text=TWENTY, width=width) for width in (1, 6))
    assert one["answers"][0]["text"] == one["greedy"]
    for answer in wide["answers"]:
        tokens, node = [], answer["node"]
        while node is not None:
            tokens.insert(0, seen.texts.target.numbers[wide["nodes"][node]["token"]])
            node = wide["nodes"][node]["parent"]
        assert answer["score"] == pytest.approx(score_of(seen, source, tokens), abs=1e-3)
        assert answer["text"] == seen.texts.target.decode(tokens)
    assert wide["answers"][0]["score"] >= one["answers"][0]["score"] - 1e-4
    assert [answer["score"] for answer in wide["answers"]] == sorted(
        (answer["score"] for answer in wide["answers"]), reverse=True)


def test_of_two_tokens_beams_wide_enough_find_the_best_of_all():
    seen = snapshot(seed=4)
    source = torch.tensor([[*seen.texts.source.encode(TWENTY), 1]])
    told = ask("beams", seen, text=TWENTY, width=8)
    kept = [node for node in told["nodes"] if node["depth"] == 1]
    with torch.no_grad():
        shares = seen.module(source, torch.tensor([[0]]))[0, 0].log_softmax(-1)
    assert [node["step"] for node in kept] == pytest.approx(shares.topk(8).values.tolist(), abs=1e-4)
    assert all(node["step"] <= 0 and node["step"] > log(1e-30) for node in told["nodes"])


def test_only_translators_have_beams_and_only_language_models_go_on():
    with pytest.raises(EngineError):
        ask("beams", snapshot(PLAYS), text=LINE)
    with pytest.raises(EngineError):
        ask("token", snapshot(), text=TWENTY)
    with pytest.raises(SpecError) as error:
        ask("beams", snapshot(), text=TWENTY, width=9)
    assert error.value.field == "width"
