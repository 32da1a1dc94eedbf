"""Several seeds of one playground, and what their band says of a difference."""

from dataclasses import replace

import numpy as np
import pytest

from dlcore.specs import codec
from dlcore.specs.changes import Change
from dlcore.specs.plane import PlaneData
from dlcore.specs.plane_network import Layer, PlaneNetwork
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.training.bands import compare, end_values, share_outside
from dlcore.training.five_seeds import FiveSeeds
from dlcore.training.jobs import JOBS
from dlcore.training.plane_trainer import PlaneTrainer

SPEC = Playground(PlaneData(points=60), training=PlaneTraining(epochs=12, seed=7, reproducible=True, optimizer="adam"))


def worked(spec, **more) -> FiveSeeds:
    job = JOBS["five_seeds"]({"kind": "five_seeds", "spec": codec.to_dict(spec), **more}, None)
    seen = [job.progress]
    while not job.finished:
        job.advance(0.02)
        seen.append(job.progress)
    assert seen == sorted(seen) and seen[0] == 0 and seen[-1] == 1
    return job


def test_each_curve_is_that_of_a_run_with_its_seed():
    result = worked(SPEC).result
    assert result["seeds"] == [7, 8, 9, 10, 11] and result["epochs"].tolist() == list(range(13))
    assert result["test_loss"].shape == (5, 13) and np.isfinite(result["test_loss"]).all()
    alone = PlaneTrainer(replace(SPEC, training=replace(SPEC.training, seed=9)))
    while not alone.finished:
        alone.advance(1)
    told = {event["epoch"]: event["train_loss"] for event in alone.take_events() if event["kind"] == "metric"}
    for epoch, value in told.items():
        assert result["train_loss"][2, int(epoch)] == pytest.approx(value, rel=1e-5)
    assert len({curve.tobytes() for curve in result["train_loss"]}) == 5


def test_changes_by_hand_are_made_for_every_seed():
    frozen = replace(SPEC, changes=(Change(6, "training.learning_rate", 0.0),))
    curves = worked(frozen, seeds=2).result["train_loss"]
    assert (curves[:, 2] != curves[:, 1]).all() and (curves[:, 3:] == curves[:, 2:3]).all()


def test_a_seed_that_comes_to_no_number_leaves_a_gap():
    wild = Playground(PlaneData(dataset="plane", points=60), PlaneNetwork(layers=(Layer(4, "relu"),) * 3),
                      PlaneTraining(epochs=50, learning_rate=10.0, reproducible=True))
    result = worked(wild, seeds=3).result
    assert np.isfinite(result["train_loss"][:, 0]).all() and np.isnan(result["train_loss"][:, -1]).any()
    assert "test_r2" in result


def ending(*values: float) -> np.ndarray:
    return np.array([[9, value] for value in values])


def test_a_difference_is_noise_where_other_seeds_alone_could_make_it():
    within = compare(ending(1.0, 1.1, 1.2, 1.3, 1.4), ending(1.05, 1.15, 1.25, 1.35, 1.45))
    assert within.difference == pytest.approx(0.05) and within.is_noise
    beyond = compare(ending(1.0, 1.1, 1.2, 1.3, 1.4), ending(1.5, 1.6, 1.7, 1.8, 1.9))
    assert beyond.chance == pytest.approx(2 / 252) and not beyond.is_noise


def test_results_that_are_all_the_same_are_no_proof_where_few_have_an_end():
    """Bands of no width once made one survivor against two "no noise"."""
    lost = np.array([[9, 0.5], [9, np.nan], [9, np.nan]])
    assert compare(lost, ending(0.9, 0.9)).chance == pytest.approx(1 / 3)
    assert compare(ending(1, 1, 1, 1, 1), ending(1, 1, 1, 1, 0.995)).is_noise
    assert compare(ending(1, 1, 1, 1, 1), ending(1, 1, 1, 1, 1)).chance == 1


def test_a_curve_that_came_to_no_number_has_no_end():
    assert end_values(np.array([[3, 2, np.nan], [np.nan] * 3, [5, 4, 1]])).tolist() == [1]
    assert compare(np.full((2, 3), np.nan), np.ones((2, 3))) is None


def test_another_seed_lies_outside_of_the_band_as_often_as_is_said():
    draws = np.random.default_rng(0).normal(size=(20_000, 6))
    outside = (draws[:, 5] < draws[:, :5].min(1)) | (draws[:, 5] > draws[:, :5].max(1))
    assert outside.mean() == pytest.approx(share_outside(5), abs=0.015)
