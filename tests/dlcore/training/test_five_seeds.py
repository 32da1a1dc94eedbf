"""Several seeds of one playground, and what their band says of a difference."""

from dataclasses import replace

import numpy as np
import pytest

from dlcore.specs import codec
from dlcore.specs.changes import Change
from dlcore.specs.plane import PlaneData
from dlcore.specs.plane_network import Layer, PlaneNetwork
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.training.bands import compare, last_values
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


def test_a_difference_within_the_band_is_noise():
    one, other = np.array([[9, 1.0], [9, 1.4]]), np.array([[9, 1.3], [9, 1.5]])
    small = compare(one, other)
    assert small.difference == pytest.approx(0.2) and small.band == pytest.approx(0.4) and small.is_noise
    large = compare(one, other + 1)
    assert large.difference == pytest.approx(1.2) and not large.is_noise


def test_curves_end_with_their_last_number():
    assert last_values(np.array([[3, 2, np.nan], [np.nan] * 3, [5, 4, 1]])).tolist() == [2, 1]
    assert compare(np.full((2, 3), np.nan), np.ones((2, 3))) is None
