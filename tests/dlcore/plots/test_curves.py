"""Curves are made short without losing what the eye looks for."""

import numpy as np
import pytest

from dlcore.plots.curves import find_gap, thin


def test_a_short_curve_is_left_as_it_is():
    curve = [[0, 1, 2], [5, 4, 3]]
    assert thin(curve).tolist() == curve
    assert thin(np.zeros((2, 0))).shape == (2, 0)


@pytest.mark.parametrize("length", [401, 1000, 60_001])
def test_a_long_curve_keeps_its_ends_and_extremes_in_order(length):
    values = np.random.default_rng(0).normal(size=length)
    values[length // 3], values[length // 2] = 40, -40
    steps, kept = thin([np.arange(length), values])
    assert len(steps) <= 400 and (np.diff(steps) > 0).all()
    assert steps[0] == 0 and steps[-1] == length - 1 and kept[-1] == np.float32(values[-1])
    assert kept.max() == 40 and kept.min() == -40


def test_the_points_that_stay_are_points_of_the_curve():
    values = np.sin(np.arange(5000) / 7)
    steps, kept = thin([np.arange(5000), values], 50)
    assert kept == pytest.approx(values[steps.astype(int)])


def test_ten_points_thinned_to_six_by_hand():
    # ends 0 and 9; the stretches 1-4 and 5-8 keep their lowest and highest values
    values = [0, 3, 1, 4, 2, 9, 5, 6, 8, 7]
    assert thin([range(10), values], 6).tolist() == [[0, 2, 3, 5, 6, 9], [0, 1, 4, 9, 5, 7]]


def test_a_break_in_a_curve_survives():
    values = np.ones(4000)
    values[2000:2100] = np.nan
    values[3000] = np.inf
    kept = thin([np.arange(4000), values], 100)[1]
    assert np.isnan(kept).any() and np.isinf(kept).any()


def test_the_gap_opens_where_held_out_loss_stays_above():
    training = [[0, 10, 20, 30, 40], [1.0, 0.5, 0.3, 0.2, 0.1]]
    held_out = [[0, 10, 20, 30, 40], [2.0, 0.5, 0.35, 0.36, 0.4]]
    assert find_gap(training, held_out) == 30


def test_there_is_no_gap_while_the_curves_agree_or_meet_again():
    training = [[0, 10, 20], [1.0, 0.5, 0.3]]
    assert find_gap(training, training) is None
    assert find_gap(training, [[0, 10, 20], [2.0, 1.0, 0.3]]) is None
    assert find_gap(np.zeros((2, 0)), training) is None
