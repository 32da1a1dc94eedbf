"""What is read off attention maps against paths that are walked one by one, and hand-computed values."""

from itertools import product

import numpy as np
import pytest
import torch

from dlcore.explain.generation import Sampling
from dlcore.explain.transformer.columns import find, tell_columns
from dlcore.explain.transformer.induction import chance, say_twice, score_induction, score_previous
from dlcore.explain.transformer.maps import entropy, link, pack, roll_out, roll_out_decoder
from tests.closeness import close


def random_maps(*shape: int, causal: bool = False) -> np.ndarray:
    scores = torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))
    if causal:
        scores = scores.masked_fill(torch.ones(shape[-2:]).triu(1).bool(), -torch.inf)
    return scores.softmax(-1).numpy()


def all_on(weights: np.ndarray) -> np.ndarray:
    return np.ones(weights.shape[:2], bool)


def test_every_map_is_found_again_in_the_one_array():
    maps = {"encoder": random_maps(2, 3, 5, 5), "decoder": random_maps(2, 3, 4, 4, causal=True),
            "cross": random_maps(2, 3, 4, 5)}
    parts, packed = pack(maps)
    assert packed.dtype == np.uint8 and packed.size == sum(weights.size for weights in maps.values())
    for part, place in parts.items():
        found = packed[place["first"]: place["first"] + np.prod(place["shape"])].reshape(place["shape"]) / 255
        assert np.abs(found - maps[part]).max() <= 0.5 / 255 + 1e-7


def test_entropy_is_zero_for_one_token_and_the_logarithm_for_all_alike():
    maps = np.stack([np.eye(8, dtype=np.float32), np.full((8, 8), 1 / 8, np.float32)])
    assert entropy(maps).tolist() == pytest.approx([0, 3])


def test_every_row_is_linked_with_its_largest_weight():
    assert link(np.array([[0.2, 0.8], [0.9, 0.1]])) == [(0, 1, 0.8), (1, 0, 0.9)]


def walk_paths(weights: np.ndarray) -> np.ndarray:
    """Sum the products along every path from a token of the last layer down to one of the first, path by path."""
    layers, _heads, tokens, _ = weights.shape
    edges = [(layer.mean(0) + np.eye(tokens)) / 2 for layer in weights]
    total = np.zeros((tokens, tokens))
    for path in product(range(tokens), repeat=layers + 1):
        total[path[0], path[-1]] += np.prod([edges[layers - 1 - step][path[step], path[step + 1]]
                                             for step in range(layers)])
    return total


def test_rollout_is_the_sum_over_all_paths_through_the_layers():
    weights = random_maps(3, 2, 4, 4)
    assert close(roll_out(weights, all_on(weights))[-1], walk_paths(weights))


def test_rollout_of_a_layer_whose_heads_are_all_off_hands_on_what_it_got():
    weights, on = random_maps(2, 2, 4, 4), np.array([[True, False], [False, False]])
    first, second = roll_out(weights, on)
    assert np.array_equal(first, second)
    assert close(first, (weights[0, 0] + np.eye(4)) / 2)


def test_rollout_of_a_decoder_layer_by_hand():
    own = source = np.array([[1, 0], [0.5, 0.5]])
    cross = np.array([[0.25, 0.75], [1, 0]])
    found = roll_out_decoder(own[None, None], cross[None, None], source,
                             {"decoder": np.ones((1, 1), bool), "cross": np.ones((1, 1), bool)})
    assert close(found[0], [[0.5, 0, 0.3125, 0.1875], [0.125, 0.375, 0.5, 0]])


def test_rows_of_a_decoders_rollout_sum_to_one():
    own, cross, source = random_maps(3, 2, 4, 4, causal=True), random_maps(3, 2, 4, 5), random_maps(5, 5)
    found = roll_out_decoder(own, cross, source, {"decoder": all_on(own), "cross": all_on(cross)})
    assert found.shape == (3, 4, 9)
    assert close(found.sum(-1), 1)
    assert close(found[..., :4].sum(-1), [[2.0**-layer] * 4 for layer in (1, 2, 3)])


def test_a_head_that_looks_behind_the_first_time_has_induction_one_and_an_even_one_has_chance():
    length, time = 6, 12
    even = np.tril(np.ones((time, time))) / np.arange(1, time + 1)[:, None]
    ideal, previous = np.zeros((time, time)), np.zeros((time, time))
    for row in range(time):
        ideal[row, max(0, row - length + 1)] = 1
        previous[row, max(0, row - 1)] = 1
    weights = np.stack([even, ideal, previous]).astype(np.float32)[None]
    assert score_induction(weights)[0].tolist() == pytest.approx([chance(length), 1, 0])
    assert score_previous(weights)[0, 2] == 1
    assert score_previous(np.stack([weights, weights * 0]))[0, 2] == 0.5


def test_random_texts_are_said_twice_and_each_token_comes_once_in_a_half():
    texts = say_twice(50, 16, 3, seed=1)
    assert texts.shape == (3, 32) and (texts[:, :16] == texts[:, 16:]).all()
    assert all(len(set(text[:16])) == 16 for text in texts)
    assert say_twice(4, 16, 1, seed=1).max() < 4


def test_columns_keep_what_top_k_and_then_top_p_leave():
    logits = torch.tensor([0.4, 0.05, 0.3, 0.25]).log()
    told = tell_columns(logits, Sampling(0.5, 3, 0.8), list("abcd"), seed=0)
    squares = np.array([0.16, 0.09, 0.0625])
    assert told["tokens"] == ["a", "c", "d", "b"] and told["ids"].tolist() == [0, 2, 3, 1]
    assert close(told["scaled"], told["logits"] / 0.5)
    assert told["kept_k"].tolist() == [True, True, True, False]
    assert told["kept_p"].tolist() == [True, True, False, False]
    assert close(told["kept"], [*squares[:2] / squares[:2].sum(), 0, 0])
    assert close(told["probabilities"], [0.4, 0.3, 0.25, 0.05]) and told["rest"] == 0


def test_of_a_large_vocabulary_every_token_can_be_found_with_its_own_probability():
    names, logits = [f"{number:03d}" for number in range(300)], torch.linspace(3, -3, 300)
    shares = np.exp(logits.numpy()) / np.exp(logits.numpy()).sum()
    told = tell_columns(logits, Sampling(), names, seed=0, begins="29")
    assert [told["tokens"][place] for place in told["found"]] == [f"29{last}" for last in range(10)]
    assert close(told["probabilities"], shares[told["ranks"]])
    assert told["probabilities"].sum() + told["rest"] == pytest.approx(1) and told["count"] == 300
    assert find([" the", "then", "the", "a"], "the") == [2, 0, 1] and find(["a"], "") == []
    far = [tell_columns(logits, Sampling(temperature=9.0), names, seed) for seed in range(9)]
    assert any(told["ranks"][told["drawn"]] >= 60 for told in far)  # what is drawn is always told


def test_tokens_are_drawn_as_often_as_the_columns_say():
    logits = torch.tensor([0.5, 0.3, 0.2]).log()
    drawn = [tell_columns(logits, Sampling(), list("abc"), seed)["drawn"] for seed in range(2000)]
    assert np.allclose(np.bincount(drawn) / 2000, [0.5, 0.3, 0.2], atol=4 * np.sqrt(0.25 / 2000))
