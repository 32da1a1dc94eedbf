"""Data sets of pictures as whole arrays of bytes: from IDX files, or from what was fetched or collected.

What was fetched lies in DERIN_HOME/datasets, one folder a data set, as four arrays that processes share.
"""

import gzip
import json
import math
import struct
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data.home import default_home
from dlcore.errors import N_, DataError
from dlcore.specs.datasets import HELD_OUT, describe, is_own

SIDE = 28
PARTS = ("train_images", "train_labels", "test_images", "test_labels")
_UNSIGNED_BYTE = 0x08  # the IDX code of the only type of value that pictures and labels have


@dataclass(frozen=True)
class Source:
    """Where the IDX files of a data set lie."""

    folder: Path
    advice: str


SOURCES = {
    "mnist": Source(Path(__file__).parents[2] / "assets" / "datasets" / "mnist",
                    N_("It comes with the project: fetch the project again.")),
    "fashion_mnist": Source(Path("/usr/share/datasets/fashion-mnist"),
                            N_("On Debian, the package dataset-fashion-mnist brings it.")),
}
FETCH = N_("Fetch it in the sidebar of the Digits page, or with: python -m dlcore fetch {name}")
COLLECT = N_("Own pictures stay on the machine on which they were collected. Collect them anew.")


@dataclass(frozen=True, eq=False)
class Images:
    """A data set: pictures uint8 (n, side, side) or, in colour, (n, side, side, 3), and labels uint8 (n,)."""

    name: str
    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]
    classes: tuple[str, ...]


_shelf = default_home() / "datasets"


def keep_in(home: Path) -> None:
    """Keep what is fetched and collected in this folder's `datasets` from now on; each process says it once."""
    global _shelf
    _shelf = Path(home) / "datasets"


def folder_of(dataset: str) -> Path:
    """Return the folder in which a data set lies, or will lie once it is fetched."""
    return SOURCES[dataset].folder if dataset in SOURCES else _shelf / dataset


def load(dataset: str) -> Images:
    """Return a data set; it is read once a process, and workers forked later share it.

    DataError where it is missing or damaged.
    """
    return _load(dataset, folder_of(dataset), ("train", "test"))


def load_test(dataset: str) -> Images:
    """Return a data set with its test half only: there are no training pictures in it."""
    return _load(dataset, folder_of(dataset), ("test",))


@cache
def _load(dataset: str, folder: Path, halves: tuple[str, ...]) -> Images:
    test = _read_half(dataset, folder, "test")
    train = _read_half(dataset, folder, "train") if "train" in halves else (test[0][:0], test[1][:0])
    return Images(dataset, *train, *test, class_names(dataset))


def is_there(dataset: str) -> bool:
    """Whether a data set is on this machine, as a whole."""
    if dataset in SOURCES:
        return all(path.is_file() for half in ("train", "test") for path in _files(folder_of(dataset), half))
    return all((folder_of(dataset) / f"{part}.npy").is_file() for part in PARTS)


def held_out(count: int) -> NDArray[np.int64]:
    """Return which of so many test pictures a run is measured on while it trains: up to 2,000, evenly spread."""
    kept = min(HELD_OUT, count)
    return np.arange(kept) * count // max(kept, 1)


def class_names(dataset: str) -> tuple[str, ...]:
    """Return what the classes are called; own pictures bring their names with them."""
    try:
        named = json.loads((folder_of(dataset) / "classes.json").read_text()) if is_own(dataset) else ()
    except (OSError, ValueError):
        named = ()
    return tuple(named) or describe(dataset).classes


def _files(folder: Path, half: str) -> tuple[Path, Path]:
    stem = "t10k" if half == "test" else half
    return folder / f"{stem}-images-idx3-ubyte.gz", folder / f"{stem}-labels-idx1-ubyte.gz"


@cache
def _read_half(dataset: str, folder: Path, half: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a half's pictures and labels, both checked."""
    told = describe(dataset)
    if dataset in SOURCES:
        files, advice = _files(folder, half), SOURCES[dataset].advice
        images, labels = (read_idx(path, advice) for path in files)
    else:
        files, advice = [folder / f"{half}_{part}.npy" for part in ("images", "labels")], _advice(dataset)
        images, labels = (_read_array(path, advice) for path in files)
    colours = (3,) if told.channels == 3 else ()
    if images.shape != (len(labels), told.side, told.side, *colours) or not len(labels) or \
            labels.max() >= len(told.classes):
        raise _damaged(files[0], advice)
    return images, labels


def _advice(dataset: str) -> str:
    return COLLECT if is_own(dataset) else FETCH.replace("{name}", dataset)


def _read_array(path: Path, advice: str) -> NDArray[np.uint8]:
    """Return an array on disk, mapped into memory: processes share its pages, and none can change the file."""
    try:
        values = np.load(path, mmap_mode="c", allow_pickle=False)
    except FileNotFoundError as error:
        raise DataError(N_("{file} is missing. {advice}"), file=str(path), advice=advice) from error
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(path, advice) from error
    if values.dtype != np.uint8:
        raise _damaged(path, advice)
    return np.asarray(values)


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
