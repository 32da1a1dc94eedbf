"""A single step of the way: what it is mixed from is what it came to, whichever sampler takes it."""

import numpy as np
import pytest

from dlcore.diffusion.schedules import noise, signal
from pages.ui.diffusion import stepping
from tests.conftest import wait_until

PRETRAINED = {"flow": "prompts", "v": "velocity"}


@pytest.fixture
def walk(awake):
    """Return a function that has a way drawn by a pretrained network."""
    def draw(target: str, **sampling) -> dict:
        job = awake.start_job("somebody", {"kind": "diffusion_walk", "model": {"pretrained": PRETRAINED[target]},
                                           "sampling": {"steps": 6, "count": 1, **sampling}})
        wait_until(lambda: awake.job(job).finished, 120, "the way was not drawn")
        return awake.job(job).result
    return draw


@pytest.mark.parametrize("target, sampler", [("flow", "euler"), ("v", "ddim"), ("v", "dpm_solver")])
def test_the_weighed_terms_of_a_step_add_up_to_where_it_came_to(walk, target, sampler):
    way = walk(target, sampler=sampler)
    topic = stepping.step_topic(way)
    known = {"states": way["x"], "clean": way["x0"], "noise": way["noise"], "told": way["told"], "rest": 0 * way["x0"]}
    for step, weights in enumerate(topic["weights"]):
        terms = [known[term["array"]][step - bool(term["before"] and step)] for term in topic["terms"]]
        mixed = sum(weight * term.astype(np.float32) for weight, term in zip(weights, terms, strict=True))
        assert mixed == pytest.approx(way["x"][step + 1].astype(np.float32), abs=0.02)


def test_ddpm_s_fresh_noise_is_reckoned_back_and_is_like_noise(walk):
    topic = stepping.step_topic(walk("v", sampler="ddpm"))
    fresh = topic["rest"][1].astype(float) / 127.5 - 1
    assert topic["weights"][:-1, 2].min() > 0 and topic["weights"][-1, 2] == pytest.approx(0, abs=1e-6)
    assert abs(fresh.mean() * stepping.REACH) < 0.15 and fresh.std() * stepping.REACH == pytest.approx(1, abs=0.12)


def test_along_a_flow_a_step_of_euler_leads_straight_to_its_guess(walk):
    topic = stepping.step_topic(walk("flow", sampler="euler", guidance=1))
    assert topic["turn"] == pytest.approx(np.ones(6), abs=1e-3)
    assert topic["way"].shape == (7, 2) and topic["guess"].shape == (6, 2)
    start, end = topic["way"][[0, -1]]
    assert end[1] == pytest.approx(0, abs=1e-3) and start[1] > 0 and end[0] > 0


def test_a_half_step_of_heun_is_taken_by_each_of_two_velocities_but_the_last_is_euler_s():
    assert stepping.weigh("heun", "flow", 500, 400) == pytest.approx({"x": 1, "told": -0.05, "second": -0.05})
    assert stepping.weigh("heun", "flow", 100, 0) == pytest.approx({"x": 1, "told": -0.1, "second": 0})


def test_ddim_without_noise_weighs_its_guess_and_its_noise_as_the_next_time_does():
    weights = stepping.weigh("ddim", "cosine", 600, 500)
    assert weights == pytest.approx({"x0": float(signal("cosine", 500)), "noise": float(noise("cosine", 500)),
                                     "fresh": 0})
