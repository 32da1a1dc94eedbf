"""Data sets from the internet, through torchvision: its addresses, its sums, its readers; kept as whole arrays.

Whatever is downloaded is compared with torchvision's MD5 sum before anything is read from it.
"""

import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision import datasets
from torchvision.datasets.utils import extract_archive

from dlcore.data.downloads import Archive, Download, aside
from dlcore.data.images import folder_of, is_there, read_idx
from dlcore.data.keeping import unwritable
from dlcore.data.shelf import HIDDEN, put, workroom
from dlcore.errors import N_, DataError
from dlcore.specs.datasets import describe

_ERDA = "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/"
GTSRB = (  # torchvision names them within GTSRB.download
    Archive(f"{_ERDA}GTSRB-Training_fixed.zip", "GTSRB-Training_fixed.zip", "513f3c79a4c5141765e10e952eaa2478"),
    Archive(f"{_ERDA}GTSRB_Final_Test_Images.zip", "GTSRB_Final_Test_Images.zip", "c7e4e6327067d32654124b0fe9e82185"),
    Archive(f"{_ERDA}GTSRB_Final_Test_GT.zip", "GTSRB_Final_Test_GT.zip", "fe31e9c9270bbcd7b84b7f21a9d9d9e5"),
)
COMING = 0.85       # of the progress is the download
AT_ONCE = 20        # pictures that are decoded between two looks at the clock
LEFT_BEHIND = 86_400.0  # seconds after which an unfinished folder has been left by a process that died

Arrays = dict[str, np.ndarray]


def archives(dataset: str) -> tuple[Archive, ...]:
    """Return what there is to fetch of a data set; DataError where it is none that is fetched."""
    match dataset:
        case "kmnist":
            return tuple(Archive(datasets.KMNIST.mirrors[0] + file, file, md5)
                         for file, md5 in datasets.KMNIST.resources)
        case "emnist_letters":
            return (Archive(datasets.EMNIST.url, "gzip.zip", datasets.EMNIST.md5),)
        case "cifar10":
            return (Archive(datasets.CIFAR10.url, datasets.CIFAR10.filename, datasets.CIFAR10.tgz_md5),)
        case "gtsrb":
            return GTSRB
    raise DataError(N_("{name} cannot be fetched."), name=dataset)


class Fetch:
    """The Job that brings the data set "dataset" to this machine; its result is {"dataset": name}.

    DataError where it does not come, is not what was published, or cannot be kept; then nothing of it stays.
    """

    def __init__(self, request: dict, home: Path):
        self.dataset = str(request["dataset"])
        self.progress, self.finished, self.result = 0.0, False, None
        self._archives = archives(self.dataset)
        self._work = self._run()

    def advance(self, seconds: float) -> None:
        """Go on for about that long, or until there is nothing to do but wait."""
        end = time.perf_counter() + seconds
        for waits in self._work:
            if waits or time.perf_counter() > end:
                return
        self.progress, self.finished, self.result = 1.0, True, {"dataset": self.dataset}

    def _run(self) -> Iterator[bool]:
        """Yield whether there is nothing to do but wait."""
        if is_there(self.dataset):
            return
        _sweep(folder_of(self.dataset).parent)
        with workroom(self.dataset) as room:
            yield from self._download(room)
            try:
                arrays = yield from self._convert(room)
            except OSError as error:
                raise unwritable(error) from error
            yield from _waiting(aside(lambda: put(self.dataset, arrays)))

    def _download(self, room: Path) -> Iterator[bool]:
        whole, before = describe(self.dataset).megabytes * 10**6, 0
        for archive in self._archives:
            download = Download(archive, room)
            for _ in download.watch():
                self.progress = COMING * min(1.0, (before + download.bytes) / whole)
                yield True
            before += download.bytes
        self.progress = COMING

    def _convert(self, room: Path) -> Iterator[bool]:
        """Turn what was fetched into arrays."""
        if self.dataset == "gtsrb":
            return (yield from self._scale_signs(room))
        reader = {"kmnist": read_kmnist, "emnist_letters": read_letters, "cifar10": read_cifar}[self.dataset]
        return (yield from _waiting(aside(lambda: reader(room))))

    def _scale_signs(self, room: Path) -> Iterator[bool]:
        """Bring the traffic signs, which are of every size, to one."""
        arrays, told = {}, describe("gtsrb")
        for archive in self._archives:
            yield from _waiting(aside(lambda archive=archive: extract_archive(str(room / archive.file),
                                                                              str(room / "gtsrb"))))
        for half in ("train", "test"):
            signs = datasets.GTSRB(room, split=half)
            pictures = np.empty((len(signs), told.side, told.side, 3), np.uint8)
            labels = np.empty(len(signs), np.uint8)
            for index in range(len(signs)):
                picture, labels[index] = signs[index]
                pictures[index] = picture.resize((told.side, told.side), Image.Resampling.BILINEAR)
                if index % AT_ONCE == 0:
                    self.progress += (1 - COMING) * AT_ONCE / (told.train + told.test)
                    yield False
            arrays |= {f"{half}_images": pictures, f"{half}_labels": labels}
        return arrays


def read_kmnist(room: Path) -> Arrays:
    """Return the arrays in KMNIST's four files."""
    parts = {"train_images": "train-images-idx3", "train_labels": "train-labels-idx1",
             "test_images": "t10k-images-idx3", "test_labels": "t10k-labels-idx1"}
    return {part: read_idx(room / f"{file}-ubyte.gz") for part, file in parts.items()}


def read_letters(room: Path) -> Arrays:
    """Return the letters of EMNIST's archive: it has its pictures mirrored at the diagonal, and counts from 1."""
    arrays = {}
    with zipfile.ZipFile(room / "gzip.zip") as archive:
        for half in ("train", "test"):
            for part in ("images-idx3", "labels-idx1"):
                with archive.open(f"gzip/emnist-letters-{half}-{part}-ubyte.gz") as packed, \
                        (room / f"{half}-{part}.gz").open("wb") as file:
                    shutil.copyfileobj(packed, file)
            arrays[f"{half}_images"] = read_idx(room / f"{half}-images-idx3.gz").transpose(0, 2, 1).copy()
            arrays[f"{half}_labels"] = read_idx(room / f"{half}-labels-idx1.gz") - 1
    return arrays


def read_cifar(room: Path) -> Arrays:
    """Return the arrays in CIFAR-10's archive, as torchvision reads them."""
    extract_archive(str(room / datasets.CIFAR10.filename), str(room))
    arrays = {}
    for half in ("train", "test"):
        read = datasets.CIFAR10(room, train=half == "train")
        arrays |= {f"{half}_images": read.data, f"{half}_labels": np.array(read.targets, np.uint8)}
    return arrays


def _waiting(work: Iterator[None]) -> Iterator[bool]:
    """Yield that there is nothing to do but wait, as long as something goes on aside; return what came out."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value
        yield True


def _sweep(shelf: Path) -> None:
    """Remove what processes that died have left behind."""
    for room in shelf.glob(f"{HIDDEN}*"):
        if time.time() - room.stat().st_mtime > LEFT_BEHIND:
            shutil.rmtree(room, ignore_errors=True)
