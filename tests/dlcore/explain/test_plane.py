"""Frames and maps against the module asked point by point."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dlcore.errors import EngineError
from dlcore.explain.plane import SIDES, draw_frame, map_side, open_snapshot, show_frame, show_map, show_points
from dlcore.models.plane import build_plane
from dlcore.specs.plane import PlaneData
from dlcore.specs.plane_network import FEATURES, Layer, PlaneNetwork, neuron_names
from dlcore.specs.playground import PlaneTraining, Playground

SPEC = Playground(network=PlaneNetwork(features=("x1", "x1*x2", "sin(x2)"), layers=(Layer(5, "relu"), Layer(3))))


def opened(spec=SPEC):
    return open_snapshot(spec, None, 0, None, None)


def given_at(snapshot, x1, x2):
    """Return what all neurons give at one point."""
    x = torch.tensor([[x1, x1 * x2, np.sin(x2)]], dtype=torch.float32)
    return torch.cat(snapshot.module.trace(x), 1)[0].detach().numpy()


def place(row, column, side):
    return (column + 0.5) / side * 12 - 6, 6 - (row + 0.5) / side * 12


@pytest.mark.parametrize("neuron", ["1.1", "1.4", "2.3", "3.1"])
def test_a_map_is_what_the_neuron_gives_at_the_middle_of_each_pixel(neuron):
    snapshot = opened()
    answer = show_map(snapshot, {"neuron": neuron, "side": 30})
    index = neuron_names(SPEC.sizes, outputs=True).index(neuron)
    for row, column in [(0, 0), (0, 29), (29, 0), (13, 21), (7, 5)]:
        value = given_at(snapshot, *place(row, column, 30))[index]
        shown = (float(answer["map"][row, column]) - 128) / 127 * answer["limit"]
        assert shown == pytest.approx(value, abs=answer["limit"] / 127)


def test_small_maps_are_means_over_their_squares():
    snapshot = opened()
    frame = show_frame(snapshot, {})
    side = frame["maps"].shape[1]
    assert frame["maps"].shape == (8, 50, 50) and frame["limits"].shape == (8,)
    fine = 100 // side
    for row, column in [(0, 0), (20, 33), (49, 49)]:
        values = np.mean([given_at(snapshot, *place(row * fine + i, column * fine + j, 100))
                          for i in range(fine) for j in range(fine)], 0)[:8]
        shown = (frame["maps"][:, row, column].astype(float) - 128) / 127 * frame["limits"]
        np.testing.assert_allclose(shown, values, atol=frame["limits"].max() / 120)


def test_the_surface_of_one_output_is_signed_by_its_probability():
    snapshot = opened()
    surface = show_frame(snapshot, {})["surface"]
    assert surface.shape == (1, 100, 100)
    for row, column in [(0, 0), (50, 3), (99, 99)]:
        p = 1 / (1 + np.exp(-given_at(snapshot, *place(row, column, 100))[-1]))
        assert surface[0, row, column] == pytest.approx(128 + 127 * (2 * p - 1), abs=1)


def test_more_classes_have_a_surface_each_that_add_up():
    snapshot = opened(replace(SPEC, data=PlaneData(dataset="rings", classes=5)))
    surface = show_frame(snapshot, {})["surface"]
    assert surface.shape == (5, 100, 100)
    assert np.abs(surface.astype(int).sum(0) - 255).max() <= 3


@pytest.mark.parametrize(("data", "loss"), [("circle", "squared"), ("plane", "cross_entropy"), ("rings", "squared")])
def test_squared_error_shows_its_outputs(data, loss):
    spec = replace(SPEC, data=PlaneData(dataset=data), training=PlaneTraining(loss=loss))
    snapshot = opened(spec)
    surface = show_frame(snapshot, {})["surface"]
    out = given_at(snapshot, *place(10, 20, 100))[8:]
    expected = 128 + 127 * np.clip(out, -1, 1) if spec.outputs == 1 else 255 * (out + 1) / 2
    np.testing.assert_allclose(surface[:, 10, 20], expected, atol=1)


def test_a_frame_stays_under_what_is_sent():
    for layers in ((), (Layer(1),), (Layer(16),) * 2, (Layer(10),) * 8, (Layer(16),) * 8):
        spec = Playground(data=PlaneData(dataset="rings", classes=5), network=PlaneNetwork(FEATURES, layers))
        frame = show_frame(opened(spec), {})
        arrays = [value for value in frame.values() if isinstance(value, np.ndarray)]
        assert sum(array.nbytes for array in arrays) < 130_000
        assert frame["maps"].shape[1] in SIDES
        assert frame["sizes"] == spec.sizes and len(frame["weights"]) == sum(
            (inputs + 1) * outputs for inputs, outputs in zip(spec.sizes, spec.sizes[1:]))
    assert map_side(20) == 50 and map_side(128) == 20


def test_a_network_that_is_no_number_any_more_still_has_a_frame():
    net = build_plane(SPEC)
    net.flat.fill_(float("nan"))
    frame = draw_frame(net, SPEC, 3, 0.1, {})
    assert (frame["maps"] == 128).all() and (frame["surface"] == 128).all() and (frame["limits"] == 0).all()


def test_metrics_are_those_of_all_points():
    snapshot = opened()
    points = show_points(snapshot, {})
    metrics = show_frame(snapshot, {})["metrics"]
    for part in ("train", "test"):
        p, labels = points[part]["scores"], points[part]["targets"]
        loss = -np.log(p[np.arange(len(labels)), labels]).mean()
        assert metrics[f"{part}_loss"] == pytest.approx(loss, rel=1e-4)
        assert metrics[f"{part}_accuracy"] == pytest.approx((p.argmax(1) == labels).mean())
        counts = points[part]["confusion"]
        assert counts.sum() == len(labels) and np.trace(counts) / counts.sum() == pytest.approx(
            metrics[f"{part}_accuracy"])
        assert counts[1].sum() == (labels == 1).sum()


def test_regression_is_measured_by_r2_and_rmse():
    snapshot = opened(replace(SPEC, data=PlaneData(dataset="multi_gauss")))
    points, metrics = show_points(snapshot, {})["test"], show_frame(snapshot, {})["metrics"]
    missed = points["scores"][:, 0] - points["targets"]
    assert metrics["test_rmse"] == pytest.approx(np.sqrt(np.mean(missed**2)), rel=1e-4)
    assert metrics["test_loss"] == pytest.approx(np.mean(missed**2) / 2, rel=1e-4)
    assert metrics["test_r2"] == pytest.approx(1 - np.mean(missed**2) / np.var(points["targets"]), rel=1e-3)


def test_without_test_points_nothing_is_said_of_them():
    own = ((1.0, 1.0, 0), (-1.0, 2.0, 1), (-2.0, 1.0, 1))
    snapshot = opened(replace(SPEC, data=PlaneData(dataset="own", own=own)))
    metrics = show_frame(snapshot, {})["metrics"]
    assert metrics["test_loss"] is metrics["test_accuracy"] is None and metrics["train_loss"] > 0
    assert show_points(snapshot, {})["test"]["scores"].shape == (0, 2)


def test_a_neuron_that_is_not_there_is_refused():
    with pytest.raises(EngineError, match="no 9.9"):
        show_map(opened(), {"neuron": "9.9"})
