"""The forward process: schedules by hand, and the chain against the closed form."""

import numpy as np
import pytest

from dlcore.diffusion.forward import alpha_bars, betas_of, draw_histograms, mix_noise, walk_chain

SCHEDULES = ("linear", "cosine", "sigmoid")


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_falls_from_the_picture_to_noise(schedule):
    alphas = alpha_bars(schedule, 1000)
    assert alphas[0] == 1 and 0 < alphas[-1] < 1e-4
    assert (np.diff(alphas) < 0).all()


def test_schedules_have_the_papers_values_half_way():
    """Half way: the product of 1 - β by hand; cos²(0.508/1.008·π/2)/cos²(0.008/1.008·π/2); a sigmoid's middle."""
    by_hand = np.prod([1 - (1e-4 + (0.02 - 1e-4) * step / 999) for step in range(500)])
    assert alpha_bars("linear", 1000)[500] == pytest.approx(by_hand, rel=1e-12)
    assert alpha_bars("cosine", 1000)[500] == pytest.approx(0.49384, abs=1e-5)
    assert alpha_bars("sigmoid", 1000)[500] == pytest.approx(0.5, abs=1e-12)


def test_the_mixture_keeps_the_variance_of_a_picture_that_has_that_of_the_noise():
    rng = np.random.default_rng(0)
    picture, noise = rng.standard_normal((2, 200_000)).astype(np.float32)
    assert mix_noise(picture, noise, 0.3).std() == pytest.approx(1, abs=0.01)
    assert np.array_equal(mix_noise(picture, noise, 1), picture)
    assert np.array_equal(mix_noise(picture, noise, 0), noise)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_chain_without_noise_shrinks_the_picture_as_the_closed_form_does(schedule):
    alphas = alpha_bars(schedule, 100)
    states = walk_chain(np.ones(3, np.float32), alphas, np.zeros((100, 3), np.float32), every=10)
    assert states.shape == (11, 3)
    assert states[:, 0] == pytest.approx(np.sqrt(alphas[::10]), abs=1e-4)


def test_chain_and_closed_form_are_equal_in_distribution():
    rng, alphas = np.random.default_rng(1), alpha_bars("cosine", 50)
    white = np.full(40_000, 0.7, np.float32)
    walked = walk_chain(white, alphas, rng.standard_normal((50, 40_000), np.float32), every=25)
    for step, states in zip((25, 50), walked[1:]):
        assert states.mean() == pytest.approx(0.7 * np.sqrt(alphas[step]), abs=0.02)
        assert states.var() == pytest.approx(1 - alphas[step], abs=0.02)


def test_the_single_steps_multiply_to_the_schedule():
    alphas = alpha_bars("sigmoid", 1000)
    assert np.cumprod(1 - betas_of(alphas))[:999] == pytest.approx(alphas[1:1000], rel=1e-9)


def test_a_histogram_is_a_density_and_counts_what_lies_beyond_at_its_ends():
    values = np.array([[-9, -0.5, 0.5, 9], [0.5, 0.5, 0.5, 0.5]], np.float32)
    assert draw_histograms(values, 2, 4).tolist() == [[0.25] * 4, [0, 0, 1, 0]]
