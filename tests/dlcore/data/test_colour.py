"""Data sets other than handwritten digits: in colour, of any size, with any number of classes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms

from dlcore.data import images, shelf
from dlcore.data.augment import augment
from dlcore.data.batches import Batches, generator, pictures_of, prepare
from dlcore.errors import DataError
from dlcore.specs.data import Augment, ImageData
from dlcore.specs.datasets import DATASETS, normalisation
from dlcore.specs.experiment import Experiment, learn_from
from dlcore.specs.model import Flatten, Linear, Network
from dlcore.training.headless import train
from tests.dlcore.data.keeping import keep, make_arrays

OWN = "own-3-60-12-0123456789abcdef"


@pytest.fixture
def shelved(tmp_path, monkeypatch):
    """Return a function that keeps a small data set in a home of its own."""
    before = images.folder_of("x").parent.parent
    yield lambda *what: keep(monkeypatch, tmp_path, *what)
    images.keep_in(before)


@pytest.mark.parametrize("size", [32, 48])
@pytest.mark.parametrize("channels", [1, 3])
def test_coloured_pictures_are_prepared_as_torchvision_would(size, channels):
    """Pillow rounds to whole levels after each step, so the two may be a level or so apart."""
    pictures = np.random.default_rng(1).integers(0, 256, (4, 32, 32, 3)).astype(np.uint8)
    spec = ImageData(dataset="cifar10", size=size, channels=channels)
    steps = [transforms.Resize(size), *([transforms.Grayscale()] if channels == 1 else []), transforms.ToTensor(),
             transforms.Normalize(*normalisation("cifar10", channels))]
    theirs = torch.stack([transforms.Compose(steps)(Image.fromarray(one)) for one in pictures])
    ours = prepare(pictures_of(torch.from_numpy(pictures)), spec)
    assert ours.shape == (4, channels, size, size)
    assert (ours - theirs).abs().max().item() <= 2.1 / 255 / min(normalisation("cifar10", channels)[1])


def test_a_grey_picture_among_coloured_ones_keeps_each_colour_s_own_mean():
    """As a grey picture in colour: red, green and blue are the same."""
    grey = np.random.default_rng(2).integers(0, 256, (2, 28, 28)).astype(np.uint8)
    spec = ImageData(dataset="gtsrb", size=48, channels=3)
    coloured = prepare(pictures_of(torch.from_numpy(np.repeat(grey[..., None], 3, -1))), spec)
    torch.testing.assert_close(prepare(pictures_of(torch.from_numpy(grey)), spec), coloured)


def test_the_colours_of_a_picture_move_together():
    grey = torch.rand(3, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    change = Augment(rotation=20, shift=3, scale=0.2, brightness=0.3, contrast=0.3)
    alone = augment(grey, change, 48, generator(4, "x"))
    together = augment(grey.expand(-1, 3, -1, -1).contiguous(), change, 48, generator(4, "x"))
    assert together.shape == (3, 3, 48, 48)
    for channel in range(3):
        torch.testing.assert_close(together[:, channel], alone[:, 0])


@pytest.mark.parametrize("dataset", [*[name for name in DATASETS if name not in images.SOURCES], OWN])
def test_a_network_learns_any_data_set_that_is_there(shelved, dataset):
    """Patterns are learned in a few steps; a wrong label, shape or number of outputs would show at once."""
    classes = ImageData(dataset=dataset).classes
    shelved(dataset, *((60, 12) if dataset == OWN else (20 * classes, 3 * classes)))
    experiment = learn_from(Experiment(network=Network(blocks=(Flatten(), Linear(features=10)))), dataset)
    assert experiment.network.blocks[-1].features == classes
    said = []
    train(experiment, said.append, threads=1)
    assert said[-1]["test_accuracy"] > 0.9


def test_what_is_kept_is_read_and_shared_without_a_copy_on_the_disk(shelved):
    arrays = shelved("gtsrb", 86, 43)
    loaded = images.load("gtsrb")
    for part in images.PARTS:
        assert np.array_equal(getattr(loaded, part), arrays[part])
    loaded.test_images[0, 0, 0, 0] ^= 255  # a tensor may be written to; the file stays
    assert np.array_equal(np.load(images.folder_of("gtsrb") / "test_images.npy"), arrays["test_images"])
    assert torch.from_numpy(loaded.train_images).dtype == torch.uint8
    assert len(images.load_test("gtsrb").train_images) == 0


def test_a_batch_of_a_coloured_set_has_its_labels(shelved):
    arrays = shelved("cifar10", 600, 20)
    batches = Batches(ImageData(dataset="cifar10", size=32, channels=3), images.load("cifar10"), 64, seed=2)
    pictures, labels = batches.batch(3)
    mean, deviation = (np.array(values) for values in normalisation("cifar10", 3))
    levels = np.rint((pictures.permute(0, 2, 3, 1).numpy() * deviation + mean) * 255).astype(np.uint8)
    for picture, label in zip(levels[:8], labels[:8], strict=True):
        same = np.flatnonzero((arrays["train_images"] == picture).all((1, 2, 3)))
        assert len(same) == 1 and arrays["train_labels"][same[0]] == label


DAMAGED = {
    "missing": lambda file: file.unlink(),
    "cut short": lambda file: file.write_bytes(file.read_bytes()[:-7]),
    "of floats": lambda file: np.save(file, np.zeros((20, 32, 32, 3), np.float32)),
    "pickled": lambda file: np.save(file, np.array([{}] * 20, object), allow_pickle=True),
    "grey": lambda file: np.save(file, np.zeros((20, 32, 32), np.uint8)),
    "no array at all": lambda file: file.write_text("<html>"),
}


@pytest.mark.parametrize("harm", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_data_set_is_refused_with_the_way_out(shelved, harm):
    shelved("cifar10", 20, 20)
    harm(images.folder_of("cifar10") / "test_images.npy")
    with pytest.raises(DataError, match="test_images.npy is (missing|damaged). Fetch it .* fetch cifar10"):
        images.load_test("cifar10")


def test_own_pictures_that_are_elsewhere_are_told(shelved):
    shelved("cifar10", 20, 20)
    with pytest.raises(DataError, match="on which they were collected"):
        images.load(OWN)
    assert not images.is_there(OWN)


def test_what_cannot_be_kept_whole_leaves_nothing(shelved, monkeypatch):
    shelved("cifar10", 20, 20)
    arrays, written = make_arrays("gtsrb", 43, 43), []

    def full(path, *_rest, **_how):
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        Path(path).write_bytes(b"half")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(DataError, match="Free some disk space"):
        shelf.put("gtsrb", arrays)
    assert not images.is_there("gtsrb")
    assert [path.name for path in images.folder_of("x").parent.iterdir()] == ["cifar10"]


@pytest.mark.parametrize(("count", "kept"), [(10_000, 2_000), (20_800, 2_000), (12_630, 2_000), (12, 12)])
def test_the_held_out_pictures_are_evenly_spread_over_the_test_set(count, kept):
    chosen = images.held_out(count)
    assert len(chosen) == kept and chosen[0] == 0 and chosen[-1] < count
    assert set(np.diff(chosen)) <= {count // kept, -(-count // kept)}
