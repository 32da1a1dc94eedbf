"""The playground's points: each set is what its name says, and the same for the same seed."""

from dataclasses import replace

import numpy as np
import pytest

from dlcore.data.tables import keep_table, read_table
from dlcore.data.toy import BOUNDARIES, features_of, grid, make_points
from dlcore.specs.plane import DATASETS, EDGE, PlaneData
from tests.closeness import close

DRAWN = [name for name in DATASETS if name not in ("own", "table")]
HOME = None


def everything(data):
    points = make_points(data, HOME)
    return np.concatenate([points.train, points.test]), np.concatenate([points.train_targets, points.test_targets])


@pytest.mark.parametrize("dataset", DRAWN)
def test_the_same_seed_gives_the_same_points_and_another_one_others(dataset):
    data = PlaneData(dataset=dataset, points=200, seed=3)
    one, other = make_points(data, HOME), make_points(data, HOME)
    assert np.array_equal(one.train, other.train) and np.array_equal(one.test_targets, other.test_targets)
    assert not np.array_equal(one.train, make_points(replace(data, seed=4), HOME).train)


@pytest.mark.parametrize("dataset", DRAWN)
def test_there_are_as_many_points_and_classes_as_the_spec_says(dataset):
    data = PlaneData(dataset=dataset, points=203, train_share=70, classes=5)
    points = make_points(data, HOME)
    assert (len(points.train), len(points.test)) == (data.train_count, data.test_count)
    assert len(points.train_targets) == data.train_count
    if data.regression:
        assert points.classes == () and np.abs(points.train_targets).max() <= 1
        assert points.train_targets.dtype == np.float32 and len(set(points.train_targets.tolist())) > 50
    else:
        counts = np.bincount(everything(data)[1])
        assert len(counts) == data.class_count == len(points.classes)
        assert counts.min() > 0.6 * counts.max()


def test_noise_moves_points_or_blurs_the_boundary():
    for dataset in DRAWN:
        calm, noisy = (everything(PlaneData(dataset=dataset, noise=noise)) for noise in (0, 50))
        assert not np.array_equal(calm[0], noisy[0]) or not np.array_equal(calm[1], noisy[1]), dataset


def test_the_circle_is_inside_and_the_rings_lie_one_within_the_other():
    points, labels = everything(PlaneData(dataset="circle", noise=0))
    radius = np.hypot(*points.T)
    assert radius[labels == 1].max() < 2.5 < 3.4 < radius[labels == 0].min()
    points, labels = everything(PlaneData(dataset="rings", classes=4, noise=0))
    radius = np.hypot(*points.T)
    assert all(radius[labels == ring].max() < radius[labels == ring + 1].min() for ring in range(3))


def test_xor_is_the_sign_of_the_product():
    points, labels = everything(PlaneData(dataset="xor", noise=0))
    assert np.array_equal(points[:, 0] * points[:, 1] > 0, labels == 1)


@pytest.mark.parametrize("dataset", BOUNDARIES)
def test_a_function_is_the_boundary_that_its_name_says(dataset):
    points, labels = everything(PlaneData(dataset=dataset, noise=0))
    x1, x2 = points.T.astype(float)
    height = {"sine": 3 * np.sin(x1), "cubic": 0.08 * x1**3 - 1.2 * x1, "abs": 1.5 * np.abs(x1) - 4}[dataset]
    assert np.array_equal(x2 > height, labels == 1)


def test_the_arms_of_the_spirals_are_one_arm_turned():
    points, labels = everything(PlaneData(dataset="spirals", classes=3, points=300, noise=0))
    arms = [points[labels == arm][np.hypot(*points[labels == arm].T).argsort()] for arm in range(3)]
    turn = 2 * np.pi / 3
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])  # x = sin, y = cos
    assert close(arms[0] @ rotation.T, arms[1])
    assert close(arms[1] @ rotation.T, arms[2])


def test_the_plane_is_a_plane_and_the_hills_have_their_tops():
    points, numbers = everything(PlaneData(dataset="plane", noise=0))
    assert close(numbers, np.clip(points.sum(1) / 10, -1, 1))
    points, numbers = everything(PlaneData(dataset="multi_gauss", noise=0, points=5000))
    top, hollow = numbers.argmax(), numbers.argmin()
    assert min(np.hypot(*(points[top] - np.array(hill))) for hill in [(-4, 2.5), (4, 2.5), (0, -2.5)]) < 0.4
    assert min(np.hypot(*(points[hollow] - np.array(hill))) for hill in [(0, 2.5), (-4, -2.5), (4, -2.5)]) < 0.4


def test_own_points_train_beside_the_others_and_may_bring_a_class():
    data = PlaneData(points=20, own=((1.0, -2.0, 3), (0.5, 0.25, 0)))
    points = make_points(data, HOME)
    assert points.train[-2:].tolist() == [[1.0, -2.0], [0.5, 0.25]]
    assert points.train_targets[-2:].tolist() == [3, 0] and len(points.classes) == 4
    assert make_points(PlaneData(dataset="plane", own=((0.0, 0.0, 0),)), HOME).train_targets[-1] == -1
    alone = make_points(PlaneData(dataset="own", own=data.own), HOME)
    assert (len(alone.train), len(alone.test)) == (2, 0)


def test_a_table_gives_its_points_and_the_names_of_its_classes(tmp_path):
    table = read_table(b"0,0,no\n1,2,yes\n2,4,no\n4,8,yes\n")
    data = PlaneData(dataset="table", table=keep_table(tmp_path, table), train_share=50)
    points = make_points(data, tmp_path)
    assert points.classes == ("no", "yes") and len(points.train) == len(points.test) == 2
    both = np.concatenate([points.train, points.test])
    assert np.allclose(sorted(both[:, 0]), [-5, -2.5, 0, 5])


def test_features_are_the_formulas_that_name_them():
    points = np.array([[0.5, -2.0]])
    names = ("x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)")
    expected = [0.5, -2, 0.25, 4, -1, np.sin(0.5), np.sin(-2)]
    assert close(features_of(points, names)[0], expected)
    assert close(features_of(points, names[3:5])[0], expected[3:5])


def test_the_grid_begins_at_the_top_left_and_goes_by_rows():
    places = grid(4).reshape(4, 4, 2)
    assert places[0, 0].tolist() == [-EDGE * 0.75, EDGE * 0.75]
    assert places[0, 1].tolist() == [-EDGE * 0.25, EDGE * 0.75]
    assert places[3, 0].tolist() == [-EDGE * 0.75, -EDGE * 0.75]
