"""Exact tests and intervals, against values worked out by hand and against all ways that chance could take."""

from itertools import product
from math import comb

import numpy as np
import pytest

from dlcore.training.significance import (
    effective_count,
    hardly_by_chance,
    paired_test,
    permutation_test,
    wilson_interval,
)


@pytest.mark.parametrize(("right", "count", "low", "high"), [  # Newcombe, 1998, table I, method 3
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
])
def test_wilson_s_interval_is_that_of_the_books(right, count, low, high):
    assert wilson_interval(right, count) == pytest.approx((low, high), abs=5.1e-5)


@pytest.mark.parametrize("count", [1, 7, 200])
def test_at_its_ends_the_share_found_lies_just_so_many_deviations_off(count):
    for right in range(count + 1):
        for end in wilson_interval(right, count):
            assert abs(right / count - end) == pytest.approx(1.959964 * (end * (1 - end) / count) ** 0.5, abs=1e-7)


@pytest.mark.parametrize("count", [20, 200])
def test_the_interval_covers_the_true_share_nineteen_times_of_twenty_at_the_ends_too(count):
    """Worked out for every outcome, not drawn; the standard error's interval covers a share of 0.995 in 18 % of 20."""
    covered = []
    for share in np.linspace(0.5, 1 - 1 / count, 60):
        chances = [comb(count, right) * share**right * (1 - share) ** (count - right) for right in range(count + 1)]
        inside = [low <= share <= high for low, high in (wilson_interval(right, count) for right in range(count + 1))]
        covered.append(np.dot(chances, inside))
    assert np.mean(covered) > 0.945 and min(covered) > 0.89


@pytest.mark.parametrize(("lost", "won", "chance"), [
    (1, 0, 1.0), (0, 0, 1.0), (3, 3, 1.0), (5, 0, 2 / 32), (6, 0, 2 / 64), (0, 6, 2 / 64), (9, 1, 2 * 11 / 1024),
    (10, 2, 2 * (1 + 12 + 66) / 4096), (40, 0, 2 / 2**40),
])
def test_the_paired_test_of_right_and_wrong_is_mcnemar_s_exact_test(lost, won, chance):
    differences = [1] * lost + [-1] * won + [0] * 50
    assert paired_test(differences) == pytest.approx(chance, rel=1e-12)
    assert paired_test(np.random.default_rng(lost).permutation(differences)) == pytest.approx(chance, rel=1e-12)


def test_the_paired_test_of_sums_is_the_share_of_all_signs_that_go_as_far():
    draws = np.random.default_rng(1)
    for _ in range(30):
        differences = draws.integers(-4, 5, draws.integers(1, 9))
        sums = [abs(np.dot(signs, differences)) for signs in product((-1, 1), repeat=len(differences))]
        assert paired_test(differences) == pytest.approx(np.mean(np.array(sums) >= abs(differences.sum())))


def test_without_a_difference_the_paired_test_seldom_finds_one():
    """Simulated: 2,000 heads that do nothing but change single answers either way, at 99.5 % right."""
    draws = np.random.default_rng(2)
    found = [paired_test((draws.random(200) < 0.995).astype(int) - (draws.random(200) < 0.995)) for _ in range(2_000)]
    assert np.mean(np.array(found) < 0.05) <= 0.05


def test_tokens_of_one_text_that_are_right_together_count_as_one():
    draws = np.random.default_rng(3)
    alike, asked = 16 * (draws.random(400) < 0.7), np.full(400, 16)
    assert effective_count(alike, asked) == pytest.approx(400, rel=0.01)
    alone = draws.binomial(16, 0.7, 400)
    assert effective_count(alone, asked) == pytest.approx(6400, rel=0.15)
    single = draws.random(50) < 0.7
    assert effective_count(single, np.ones(50)) == pytest.approx(50)
    assert effective_count(asked, asked) == 6400 and effective_count([5], [16]) == 16


def test_the_interval_of_tokens_covers_as_often_as_is_said_where_texts_differ():
    """The share that is right differs from text to text (from 0.4 to 1): tokens alone promise too much."""
    draws, covered = np.random.default_rng(4), {"texts": 0, "tokens": 0}
    for _ in range(1_000):
        right = draws.binomial(32, draws.uniform(0.4, 1.0, 60))
        worth = effective_count(right, np.full(60, 32))
        share = right.sum() / (60 * 32)
        for name, count in (("texts", worth), ("tokens", 60 * 32)):
            low, high = wilson_interval(share * count, count)
            covered[name] += low <= 0.7 <= high
    assert covered["texts"] > 925 and covered["tokens"] < 800


def test_two_groups_of_results_are_divided_in_all_ways():
    assert permutation_test([1, 2, 3], [4, 5, 6]) == pytest.approx(2 / 20)
    assert permutation_test([0.9] * 5, [0.8] * 5) == pytest.approx(2 / 252)
    assert permutation_test([0.5], [0.9, 0.9]) == pytest.approx(1 / 3)
    assert permutation_test([1.0] * 5, [1.0] * 5) == permutation_test([0.1, 0.2, 0.3], [0.2, 0.1, 0.3]) == 1


def test_of_many_tests_the_smallest_has_to_be_as_many_times_smaller():
    assert hardly_by_chance([0.04]).tolist() == [True] and hardly_by_chance([0.04], of=2).tolist() == [False]
    assert hardly_by_chance([0.03, 0.001, 0.02, 0.016]).tolist() == [True, True, True, True]
    assert hardly_by_chance([0.03, 0.001, 0.03, 0.016]).tolist() == [False, True, False, True]
    assert hardly_by_chance([0.03, 0.02, 0.03, 0.02]).tolist() == [False] * 4 and hardly_by_chance([]).tolist() == []


def test_among_heads_that_do_nothing_one_is_found_in_one_of_twenty_networks_at_most():
    draws = np.random.default_rng(5)
    shares = draws.random((4_000, 24))
    assert np.mean([hardly_by_chance(row).any() for row in shares]) == pytest.approx(0.05, abs=0.012)
    assert np.mean((shares < 0.05).any(1)) > 0.6  # each at its own 5 %: in two networks of three
