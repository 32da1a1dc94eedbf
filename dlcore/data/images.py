"""Data sets of pictures, read from IDX files as whole arrays of bytes."""

import gzip
import math
import struct
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.errors import N_, DataError

SIDE = 28
HELD_OUT = np.arange(0, 10_000, 5)  # the test pictures on which a run is measured while it trains
_UNSIGNED_BYTE = 0x08  # the IDX code of the only type of value that pictures and labels have


@dataclass(frozen=True)
class Source:
    """Where a data set lies and what its classes are called."""

    folder: Path
    classes: tuple[str, ...]
    advice: str


DATASETS = {
    "mnist": Source(
        Path(__file__).parents[2] / "assets" / "datasets" / "mnist", tuple("0123456789"),
        N_("It comes with the project: fetch the project again.")),
    "fashion_mnist": Source(
        Path("/usr/share/datasets/fashion-mnist"),
        (N_("T-shirt"), N_("Trouser"), N_("Pullover"), N_("Dress"), N_("Coat"), N_("Sandal"), N_("Shirt"),
         N_("Sneaker"), N_("Bag"), N_("Ankle boot")),
        N_("On Debian, the package dataset-fashion-mnist brings it.")),
}


@dataclass(frozen=True, eq=False)
class Images:
    """A data set: pictures uint8 (n, 28, 28), white on black, and labels uint8 (n,), indices into `classes`."""

    name: str
    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]
    classes: tuple[str, ...]


@cache
def load(dataset: str) -> Images:
    """Return a data set; it is read once a process, and workers forked later share it.

    DataError where it is missing or damaged.
    """
    return Images(dataset, *_read_half(dataset, "train"), *_read_half(dataset, "t10k"), _source(dataset).classes)


@cache
def load_test(dataset: str) -> Images:
    """Return a data set with its test half only: there are no training pictures in it."""
    images, labels = _read_half(dataset, "t10k")
    return Images(dataset, images[:0], labels[:0], images, labels, _source(dataset).classes)


def available() -> list[str]:
    """Return the names of the data sets that are on this machine."""
    return [name for name, source in DATASETS.items()
            if all(path.is_file() for half in ("train", "t10k") for path in _files(source.folder, half))]


def _source(dataset: str) -> Source:
    if dataset not in DATASETS:
        raise DataError(N_("There is no data set named {name}. There are {names}."), name=dataset,
                        names=", ".join(DATASETS))
    return DATASETS[dataset]


def _files(folder: Path, half: str) -> tuple[Path, Path]:
    return folder / f"{half}-images-idx3-ubyte.gz", folder / f"{half}-labels-idx1-ubyte.gz"


@cache
def _read_half(dataset: str, half: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    source = _source(dataset)
    images_file, labels_file = _files(source.folder, half)
    images, labels = read_idx(images_file, source.advice), read_idx(labels_file, source.advice)
    if images.shape != (len(labels), SIDE, SIDE) or not len(labels) or labels.max() >= len(source.classes):
        raise _damaged(images_file, source.advice)
    return images, labels


def read_idx(path: Path, advice: str = "") -> NDArray[np.uint8]:
    """Return the bytes in a gzipped IDX file: two zeros, the type, the number of axes, their lengths, the values."""
    try:
        content = gzip.decompress(path.read_bytes())
        kind, axes = struct.unpack_from(">HBB", content)[1:]
        shape = struct.unpack_from(f">{axes}I", content, 4)
        values = np.frombuffer(content, np.uint8, offset=4 + 4 * axes)
    except FileNotFoundError as error:
        raise DataError(N_("{file} is missing. {advice}"), file=str(path), advice=advice) from error
    except (OSError, EOFError, zlib.error, struct.error, ValueError) as error:
        raise _damaged(path, advice) from error
    if kind != _UNSIGNED_BYTE or values.size != math.prod(shape):
        raise _damaged(path, advice)
    return values.reshape(shape).copy()


def _damaged(path: Path, advice: str) -> DataError:
    return DataError(N_("{file} is damaged. {advice}"), file=str(path), advice=advice)
