"""A moved picture against one moved by hand, a map against itself moved, and pixels in another order against numpy."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dlcore.data import images
from dlcore.data.batches import pictures_of, pixel_order, prepare
from dlcore.data.images import load_test
from dlcore.explain.shifting import LEARNERS, Locality, ShiftScores, locality_experiment, show_shift, show_shuffled
from dlcore.explain.snapshot import Snapshot, load
from dlcore.models.build import build
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import RELU, Conv, Flatten, Linear, Network, Pool

SEVEN = load_test("mnist").test_images[0]
MODEL = {"pretrained": "digits"}


def moved(image: np.ndarray, right: int, lower: int) -> np.ndarray:
    """The picture moved pixel by pixel, black where nothing was."""
    made = np.zeros_like(image)
    for row, column in np.ndindex(image.shape):
        if 0 <= row - lower < len(image) and 0 <= column - right < len(image):
            made[row, column] = image[row - lower, column - right]
    return made


def network(*blocks, size: int = 28) -> Snapshot:
    blocks = (*blocks, Flatten(), Linear(features=10))
    experiment = Experiment(data=ImageData(size=size), network=Network(blocks=blocks))
    return Snapshot(experiment, build(experiment.network, experiment.data, 2).eval(), 0)


@pytest.mark.parametrize(("right", "lower"), [(0, 0), (3, -2), (-8, 8), (1, 0)])
def test_a_shift_is_that_of_the_pixels_and_the_network_reads_it_as_such(right, lower, tmp_path):
    snapshot = load(MODEL, tmp_path)
    told = show_shift(snapshot, {"image": SEVEN, "right": right, "lower": lower, "layer": "conv1"})
    np.testing.assert_array_equal(told["pictures"], np.stack([SEVEN, moved(SEVEN, right, lower)]))
    expected = snapshot.read(torch.from_numpy(told["pictures"])).numpy()
    np.testing.assert_allclose(told["scores"], expected, atol=1e-5)
    assert told["maps"].shape == (2, 8, 28, 28)


@pytest.mark.parametrize(("right", "lower"), [(2, 4), (-4, 2), (0, 3), (1, 1), (8, 8)])
def test_maps_move_with_the_picture_where_their_stride_divides_the_shift(right, lower):
    snapshot = network(Conv(channels=4), RELU, Pool(), Conv(channels=4, kernel=5, padding=2, stride=2), RELU)
    told = show_shift(snapshot, {"image": SEVEN, "right": right, "lower": lower, "layer": "conv2"})
    for layer, jump in zip(told["layers"], (1, 1, 2, 4, 4), strict=True):
        if right % jump or lower % jump:
            assert layer["moves"] is None
        else:
            assert layer["moves"] == (right // jump, lower // jump)
            assert layer["difference"] is None or layer["difference"] < 1e-5
    assert told["layers"][0]["share"] > 0.3


def test_where_the_stride_does_not_divide_the_shift_the_maps_do_change():
    """Else the test above would hold for a network that sees nothing."""
    snapshot = network(Conv(channels=4), RELU, Pool(), Conv(channels=4), RELU)
    told = show_shift(snapshot, {"image": SEVEN, "right": 1, "lower": 0, "layer": "pool1"})
    before, after = told["maps"]
    assert np.abs(after - before).max() > 0.05
    assert np.abs(after[:, :, 1:] - before[:, :, :-1]).max() > 0.05


def test_the_chart_of_shifts_holds_what_the_network_reads_of_each(tmp_path):
    job = ShiftScores({"model": MODEL, "image": SEVEN}, tmp_path)
    while not job.finished:
        job.advance(1)
    found, snapshot = job.result["scores"], load(MODEL, tmp_path)
    assert found.shape == (17, 17, 10) and found[8, 8].argmax() == 7
    for lower, right in ((-8, -8), (5, -3), (0, 8)):
        expected = snapshot.read(torch.from_numpy(moved(SEVEN, right, lower)[None]))[0].numpy()
        np.testing.assert_allclose(found[lower + 8, right + 8], expected, atol=1e-4)


@pytest.mark.parametrize(("size", "channels"), [(28, 1), (48, 3), (20, 1)])
def test_shuffled_pixels_are_the_same_pixels_in_one_order_for_all_pictures(size, channels):
    pictures = pictures_of(torch.from_numpy(load_test("mnist").test_images[:5]))
    plain = prepare(pictures, ImageData(size=size, channels=channels))
    shuffled = prepare(pictures, ImageData(size=size, channels=channels, shuffled=True))
    order = pixel_order(size).numpy()
    assert sorted(order.tolist()) == list(range(size * size)) and (order != np.arange(size * size)).mean() > 0.9
    np.testing.assert_array_equal(shuffled.numpy().reshape(5, channels, -1),
                                  plain.numpy().reshape(5, channels, -1)[:, :, order])


def test_the_example_digits_are_what_the_networks_get():
    told = show_shuffled(None, {"count": 3})
    np.testing.assert_array_equal(told["before"], load_test("mnist").test_images[:3])
    np.testing.assert_array_equal(told["after"].reshape(3, -1), told["before"].reshape(3, -1)[:, pixel_order(28)])


def test_the_four_trainings_of_locality_differ_in_what_they_are_called_after_and_grow_together(tmp_path, monkeypatch):
    experiments = {name: locality_experiment(*kind) for name, kind in LEARNERS.items()}
    assert experiments["conv"].training == experiments["dense_shuffled"].training
    assert experiments["conv_shuffled"].network == experiments["conv"].network != experiments["dense"].network
    assert [one.data.shuffled for one in experiments.values()] == [False, True, False, True]
    monkeypatch.setattr("dlcore.explain.shifting.DIGITS", 500)
    test = images.load_test("mnist")
    few = replace(images.load("mnist"), test_images=test.test_images[:300], test_labels=test.test_labels[:300])
    monkeypatch.setattr(images, "load", lambda dataset: few)
    job = Locality({}, tmp_path)
    while not job.finished:
        job.advance(1)
    assert set(job.result) == set(LEARNERS)
    last = {name: curve[:, -1].tolist() for name, curve in job.result.items()}
    assert {step for step, _accuracy in last.values()} == {12.0}
    assert all(accuracy > 0.3 for _step, accuracy in last.values())
