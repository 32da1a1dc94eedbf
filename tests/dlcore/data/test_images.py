"""The data sets as they lie on the disk: complete, unchanged, and refused when damaged."""

import gzip
import hashlib
import struct
from dataclasses import replace

import numpy as np
import pytest
from torchvision.datasets.mnist import read_image_file, read_label_file

from dlcore.data import images
from dlcore.errors import DataError, SpecError
from dlcore.specs import datasets

SUMS = {  # as published with the data set
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
FOLDER = images.SOURCES["mnist"].folder


def idx(values: np.ndarray, *, kind: int = 0x08, shape: tuple[int, ...] | None = None) -> bytes:
    shape = values.shape if shape is None else shape
    return struct.pack(f">HBB{len(shape)}I", 0, kind, len(shape), *shape) + values.tobytes()


def write_set(folder, count=6, *, labels=None):
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 10, count, dtype=np.uint8) if labels is None else labels
    for half in ("train", "t10k"):
        pictures = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        (folder / f"{half}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(pictures)))
        (folder / f"{half}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    return pictures, labels


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A data set of our own making, named "small"."""
    monkeypatch.setitem(images.SOURCES, "small", replace(images.SOURCES["mnist"], folder=tmp_path))
    monkeypatch.setitem(datasets.DATASETS, "small", datasets.DATASETS["mnist"])
    forget()
    yield tmp_path
    forget()


def forget():
    for read in (images._load, images._read_half):
        read.cache_clear()


@pytest.mark.parametrize("name", SUMS)
def test_the_files_are_those_that_were_published(name):
    content = gzip.decompress((FOLDER / f"{name}.gz").read_bytes())
    assert hashlib.md5(content, usedforsecurity=False).hexdigest() == SUMS[name]


def test_torchvision_reads_the_same_test_digits(tmp_path):
    pictures, labels = (tmp_path / "pictures", tmp_path / "labels")
    pictures.write_bytes(gzip.decompress((FOLDER / "t10k-images-idx3-ubyte.gz").read_bytes()))
    labels.write_bytes(gzip.decompress((FOLDER / "t10k-labels-idx1-ubyte.gz").read_bytes()))
    ours = images.load_test("mnist")
    assert np.array_equal(ours.test_images, read_image_file(str(pictures)).numpy())
    assert np.array_equal(ours.test_labels, read_label_file(str(labels)).numpy())


def test_mnist_has_the_known_counts():
    mnist = images.load("mnist")
    assert mnist.train_images.shape == (60_000, 28, 28) and mnist.test_images.shape == (10_000, 28, 28)
    assert np.bincount(mnist.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist.classes == tuple("0123456789")


def test_a_data_set_is_read_once_a_process():
    assert images.load("mnist") is images.load("mnist")
    assert images.load_test("mnist").test_images is images.load("mnist").test_images


def test_the_test_half_comes_without_training_digits():
    half = images.load_test("mnist")
    assert half.train_images.shape == (0, 28, 28) and half.train_labels.shape == (0,)


def test_pictures_can_become_tensors_without_a_copy():
    """torch warns of arrays that cannot be written."""
    assert images.load_test("mnist").test_images.flags.writeable


def test_the_held_out_digits_are_every_fifth_and_hold_every_class():
    held_out = images.held_out(10_000)
    labels = images.load_test("mnist").test_labels[held_out]
    assert len(labels) == 2_000 and set(np.diff(held_out)) == {5}
    assert np.bincount(labels, minlength=10).min() > 150


def test_only_complete_data_sets_are_offered(small):
    assert images.is_there("mnist") and not images.is_there("small")
    write_set(small)
    assert images.is_there("small")
    next(small.glob("t10k-labels*")).unlink()
    assert not images.is_there("small")


def test_what_was_written_is_read(small):
    pictures, labels = write_set(small)
    assert np.array_equal(images.load("small").test_images, pictures)
    assert np.array_equal(images.load("small").test_labels, labels)


def test_an_unknown_data_set_names_those_there_are():
    with pytest.raises(SpecError, match="mnist, fashion_mnist"):
        images.load("letters")


def test_a_missing_file_is_named(small):
    write_set(small)
    (small / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte.gz is missing"):
        images.load_test("small")


PICTURES = np.zeros((6, 28, 28), np.uint8)
DAMAGED = {
    "cut short": gzip.compress(idx(PICTURES))[:-30],
    "not gzipped": b"<html>404</html>",
    "empty": b"",
    "gzipped emptiness": gzip.compress(b""),
    "a bit turned over": gzip.compress(idx(PICTURES))[:-8] + bytes(8),
    "floats": gzip.compress(idx(PICTURES, kind=0x0D)),
    "fewer values than promised": gzip.compress(idx(PICTURES, shape=(7, 28, 28))),
    "more axes than lengths": gzip.compress(b"\0\0\x08\xff\0\0\0\1"),
    "an impossible size": gzip.compress(idx(PICTURES, shape=(2**32 - 1, 2**32 - 1, 2**32 - 1))),
    "another side": gzip.compress(idx(PICTURES.reshape(24, 14, 14))),
    "more pictures than labels": gzip.compress(idx(np.zeros((9, 28, 28), np.uint8))),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_refused_by_name(small, content):
    write_set(small)
    (small / "t10k-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte.gz is damaged. It comes with the project"):
        images.load_test("small")


def test_a_label_without_a_class_is_refused(small):
    write_set(small, labels=np.full(6, 10, np.uint8))
    with pytest.raises(DataError, match="damaged"):
        images.load("small")
