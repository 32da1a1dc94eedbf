"""What filters look for, against doing it the slow way: every picture by itself, a kernel's signs, a second network."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dlcore.data import images
from dlcore.explain.convolution import show_stamps
from dlcore.explain.filter_jobs import BEST, STEPS, Ascent, Favourites, Without
from dlcore.explain.snapshot import load
from dlcore.explain.taps import capture
from dlcore.specs.data import ImageData
from dlcore.specs.model import Conv, Flatten, Linear
from tests.dlcore.explain.small_nets import snapshot as small

MODEL = {"pretrained": "digits"}


def finish(job) -> dict:
    while not job.finished:
        job.advance(0.5)
    return job.result


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return load(MODEL, tmp_path_factory.mktemp("none"))


@pytest.fixture(scope="module")
def favourites(tmp_path_factory) -> dict:
    return finish(Favourites({"model": MODEL, "layer": "conv3"}, tmp_path_factory.mktemp("none")))


def test_the_favourites_of_a_filter_are_the_pictures_with_the_largest_numbers_in_its_map(favourites, snapshot):
    test = images.load_test("mnist")
    chosen = images.held_out(len(test.test_labels))
    largest = []
    for part in np.array_split(chosen, 20):
        inputs = snapshot.inputs(torch.from_numpy(test.test_images[part]))
        largest.append(capture(snapshot.module, ["relu3"], inputs)["relu3"].amax((2, 3)))
    largest = torch.cat(largest).numpy()
    expected = -np.sort(-largest, 0)[:BEST].T
    np.testing.assert_allclose(favourites["values"], expected, rtol=1e-4, atol=1e-4)
    assert favourites["count"] == len(chosen) and favourites["patches"].shape == (48, BEST, 10, 10)
    places = {index: at for at, index in enumerate(chosen.tolist())}
    for channel in (0, 17):
        shown = [largest[places[index], channel] for index in favourites["indices"][channel].tolist()]
        np.testing.assert_allclose(shown, favourites["values"][channel], rtol=1e-4, atol=1e-4)


def test_what_is_shown_of_a_favourite_is_a_part_of_that_picture(favourites):
    test = images.load_test("mnist")
    for channel in (3, 20):
        picture = np.pad(test.test_images[favourites["indices"][channel, 0]], 10)
        patch = favourites["patches"][channel, 0]
        windows = np.lib.stride_tricks.sliding_window_view(picture, patch.shape)
        assert (windows == patch).all((2, 3)).any()


def test_gradient_ascent_on_the_first_layer_finds_the_kernel_itself(snapshot, tmp_path):
    """The sum of products is largest where pixels are white under positive weights and black under negative ones."""
    kernel = snapshot.module.conv1.weight[2, 0].detach().numpy()
    told = finish(Ascent({"model": MODEL, "layer": "conv1", "channel": 2, "smooth": False}, tmp_path))
    clear = np.abs(kernel) > 0.2 * np.abs(kernel).max()
    assert ((told["picture"] > 127) == (kernel > 0))[clear].all()
    assert len(told["values"]) == STEPS and told["values"][-1] > told["values"][0]


@pytest.mark.parametrize("smooth", [True, False])
def test_gradient_ascent_excites_a_filter_more_than_any_real_picture_of_grey(snapshot, tmp_path, smooth):
    told = finish(Ascent({"model": MODEL, "layer": "conv4", "channel": 5, "smooth": smooth}, tmp_path))
    assert told["values"][-1] > told["values"][0] + 1
    assert told["picture"].ndim == 2 and told["picture"].dtype == np.uint8


def test_the_accuracy_without_filters_is_that_of_a_network_with_those_maps_at_zero(snapshot, tmp_path, monkeypatch):
    test = images.load_test("mnist")
    few = replace(test, test_images=test.test_images[:500], test_labels=test.test_labels[:500])
    monkeypatch.setattr(images, "load_test", lambda dataset: few)
    off = [*[["conv1", channel] for channel in range(16)], ["conv5", 0], ["conv9", 1], ["conv1", 99]]
    told = finish(Without({"model": MODEL, "off": off}, tmp_path))
    mask = {"relu1": torch.ones(24), "relu5": torch.ones(64)}
    mask["relu1"][:16] = mask["relu5"][0] = 0
    hooks = [snapshot.module.get_submodule(name).register_forward_hook(
        lambda _layer, _inputs, output, kept=kept: output * kept[None, :, None, None]) for name, kept in mask.items()]
    without = snapshot.read(torch.from_numpy(few.test_images)).argmax(1).numpy() == few.test_labels
    for hook in hooks:
        hook.remove()
    whole = snapshot.read(torch.from_numpy(few.test_images)).argmax(1).numpy() == few.test_labels
    assert told == {"count": 500, "whole": whole.mean(), "without": without.mean()}
    assert told["without"] < told["whole"]


@pytest.mark.parametrize(("dataset", "channels", "coloured"), [("cifar10", 3, True), ("mnist", 3, False),
                                                               ("cifar10", 1, False)])
def test_the_stamps_are_in_colour_where_the_pictures_are(dataset, channels, coloured):
    known = small(Conv(channels=4), Flatten(), Linear(features=10), data=ImageData(dataset, size=32, channels=channels))
    told, weights = show_stamps(known, {"layer": "conv1"}), known.module.conv1.weight.detach().numpy()
    wanted = weights.transpose(0, 2, 3, 1) if coloured else weights.sum(1)
    np.testing.assert_allclose(told["stamps"], wanted, atol=1e-6)
