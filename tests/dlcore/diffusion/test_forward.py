"""The forward process: the chain against the closed form, for every path."""

import numpy as np
import pytest

from dlcore.diffusion.forward import alpha_bars, betas_of, draw_histograms, split_steps, walk_chain
from dlcore.diffusion.schedules import PATHS, noise, signal

TIMES = np.arange(1001)


def path(name: str) -> tuple:
    return signal(name, TIMES), noise(name, TIMES)


@pytest.mark.parametrize("name", ["linear", "cosine", "sigmoid"])
def test_a_schedule_falls_from_the_picture_to_noise(name):
    alphas = alpha_bars(name, 1000)
    assert alphas[0] == 1 and 0 < alphas[-1] < 1e-4
    assert (np.diff(alphas) < 0).all()


def test_schedules_have_the_papers_values_half_way():
    """Half way: the product of 1 - β by hand; cos²(0.508/1.008·π/2)/cos²(0.008/1.008·π/2); a sigmoid's middle."""
    by_hand = np.prod([1 - (1e-4 + (0.02 - 1e-4) * step / 999) for step in range(500)])
    assert alpha_bars("linear", 1000)[500] == pytest.approx(by_hand, rel=1e-12)
    assert alpha_bars("cosine", 1000)[500] == pytest.approx(0.49384, abs=1e-5)
    assert alpha_bars("sigmoid", 1000)[500] == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_single_steps_are_those_of_the_paper(name):
    kept, added = split_steps(*path(name))
    betas = betas_of(alpha_bars(name, 1000))
    assert kept == pytest.approx(np.sqrt(1 - betas), abs=1e-6)
    assert added[:-1] == pytest.approx(np.sqrt(betas)[:-1], abs=1e-4)


@pytest.mark.parametrize("name", PATHS)
def test_a_chain_without_noise_shrinks_the_picture_as_the_closed_form_does(name):
    signals, spreads = path(name)
    states = walk_chain(np.ones(3, np.float32), split_steps(signals, spreads), np.zeros((1000, 3), np.float32), 100)
    assert states.shape == (11, 3)
    assert states[:, 0] == pytest.approx(signals[::100], abs=1e-4)


@pytest.mark.parametrize("name", PATHS)
def test_chain_and_closed_form_are_equal_in_distribution(name):
    signals, spreads = (values[::20] for values in path(name))
    draws = np.random.default_rng(1).standard_normal((50, 40_000), np.float32)
    walked = walk_chain(np.full(40_000, 0.7, np.float32), split_steps(signals, spreads), draws, every=25)
    for step, states in zip((25, 50), walked[1:]):
        assert states.mean() == pytest.approx(0.7 * signals[step], abs=0.02)
        assert states.std() == pytest.approx(spreads[step], abs=0.02)


def test_a_histogram_is_a_density_and_counts_what_lies_beyond_at_its_ends():
    values = np.array([[-9, -0.5, 0.5, 9], [0.5, 0.5, 0.5, 0.5]], np.float32)
    assert draw_histograms(values, 2, 4).tolist() == [[0.25] * 4, [0, 0, 1, 0]]
