"""A visitor's own pictures as a data set: collected, split, and kept under a name that says which they are."""

import hashlib
import shutil
import time
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data.home import check_kept
from dlcore.data.images import folder_of
from dlcore.data.keeping import unwritable, write_whole
from dlcore.data.pictures import crop_square, make_digit, read_picture
from dlcore.data.shelf import put
from dlcore.data.uploads import admit
from dlcore.data.zips import HEIC, choose_level, look_into, open_zip, read_member
from dlcore.errors import N_, DataError
from dlcore.specs.datasets import OWN_SIDE, describe

MOST_CLASSES = 20
MOST_PICTURES = 2_000
LEAST_PICTURES = 3  # of a class: two to learn from, one to be tested on
HELD_OUT = 5        # one in so many is held out
MOST_SETS = 200     # that are kept; the oldest go first
LONGEST = 24        # letters of a class's name
JOINERS = "\u200c\u200d"  # between letters of Persian, and between the parts of an emoji

Pictures = dict[str, list[NDArray[np.uint8]]]


class Uploaded:
    """A Job on what was uploaded to "path", which it takes away: its `_run` yields after each picture."""

    def __init__(self, request: dict, home: Path):
        self.progress, self.finished, self.result = 0.0, False, None
        self._work = self._run(take_upload(home, request["path"]))

    def advance(self, seconds: float) -> None:
        """Read pictures for about that long, at least one."""
        end = time.perf_counter() + seconds
        for _ in self._work:
            if time.perf_counter() > end:
                return
        self.progress, self.finished = 1.0, True

    def _run(self, content: bytes) -> Iterator[None]:
        raise NotImplementedError


class Collect(Uploaded):
    """The Job that makes a data set of the zip at "path", which it takes away, with one folder a class, for "owner".

    "level" says which folders are the classes where it could be several (see zips.levels_of). Its result is {"dataset":
    name, "counts": {class: pictures}, "refused": [(file, template, values)], "twice": how many pictures were left out
    because they are there already, "hidden": how many because they lie in hidden folders}. DataError where no data set
    can be made of it.
    """

    def __init__(self, request: dict, home: Path):
        self._refused: list[tuple[str, str, dict]] = []
        self._twice, self._level, self._visitor = 0, request.get("level"), str(request.get("owner", ""))
        super().__init__(request, home)

    def _run(self, content: bytes) -> Iterator[None]:
        with open_zip(content) as opened:
            contents = look_into(opened)
            found, self._refused = choose_level(contents, self._level)
            check_amount([folder for folder, _path, _member in found], self._refused)
            names, seen = name_classes([folder for folder, _path, _member in found]), set()
            pictures: Pictures = {name: [] for name in names.values()}
            for number, (folder, path, member) in enumerate(found, start=1):
                picture = self._read(opened, path, member)
                if picture is not None:
                    self._add(pictures[names[folder]], picture, seen)
                self.progress = number / len(found)
                yield
        check_classes(pictures, self._refused)
        dataset, arrays = arrange(pictures)
        if not (folder := folder_of(dataset)).exists():
            admit(folder.parent, "pictures", self._visitor, sum(values.nbytes for values in arrays.values()))
        put(dataset, arrays, tuple(pictures))
        _make_room(folder.parent)
        self.result = {"dataset": dataset, "counts": {name: len(held) for name, held in pictures.items()},
                       "refused": self._refused, "twice": self._twice, "hidden": contents.hidden}

    def _read(self, opened, path: str, member) -> NDArray[np.uint8] | None:
        try:
            return crop_square(read_picture(read_member(opened, member)), OWN_SIDE)
        except DataError as error:
            self._refused.append((path, error.template, error.values))
            return None

    def _add(self, held: list, picture: NDArray[np.uint8], seen: set[bytes]) -> None:
        """Keep a picture, unless the very same one is there: it could be learned from and tested on."""
        content = picture.tobytes()
        self._twice += content in seen
        if content not in seen:
            held.append(picture)
        seen.add(content)


class OpenPicture:
    """The Job that reads the picture at "path", which it takes away.

    Its result is {"picture": uint8 ("side", "side", 3), its middle square; "digit": uint8 (28, 28), the whole as a
    network for digits gets it, or None; "why": (template, values) where there is none}.
    """

    def __init__(self, request: dict, home: Path):
        self.progress, self.finished, self.result = 0.0, False, None
        self._content, self._side = take_upload(home, request["path"]), int(request["side"])

    def advance(self, seconds: float) -> None:
        """Read it."""
        picture = read_picture(self._content)
        self.result = {"picture": crop_square(picture, self._side), "digit": None, "why": None}
        try:
            self.result["digit"] = make_digit(picture)
        except DataError as error:
            self.result["why"] = (error.template, error.values)
        self.progress, self.finished = 1.0, True


def upload_folder(home: Path) -> Path:
    """Return the folder in which uploads wait for the Job that takes them."""
    return Path(home) / "uploads"


def leave_upload(home: Path, content: bytes) -> str:
    """Put an upload where a Job finds it, and return its name."""
    check_kept()
    folder, name = upload_folder(home), f"{hashlib.sha256(content).hexdigest()[:24]}-{time.time_ns():x}"
    try:
        write_whole(folder / name, content)
        for old in folder.iterdir():
            if time.time() - old.stat().st_mtime > 3_600:
                old.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(error) from error
    return name


def take_upload(home: Path, name: str) -> bytes:
    """Return an upload, which is gone from the disk afterwards."""
    path = upload_folder(home) / Path(str(name)).name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(N_("The upload is not there any more. Choose the file once more.")) from error
    with suppress(OSError):  # what cannot be taken away now goes with the next upload
        path.unlink(missing_ok=True)
    return content


def check_amount(folders: list[str], refused: list) -> None:
    """Refuse too many pictures, or none, given the folder of each."""
    if not folders and (apple := sum(template == HEIC for _path, template, _values in refused)):
        raise DataError(N_("All {count} pictures in the zip are in Apple's HEIC format, which is not read here. Save "
                           "them as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)."),
                        count=apple)
    if not folders:
        raise DataError(N_("There are no pictures in the zip. Put PNG, JPEG, WebP, GIF, BMP or TIFF files into one "
                           "folder for each class."))
    if len(folders) > MOST_PICTURES:
        raise DataError(N_("There are {count} pictures, more than the {most} allowed. Take fewer."), count=len(folders),
                        most=MOST_PICTURES)
    classes = len(set(folders))
    if not 2 <= classes <= MOST_CLASSES:
        raise DataError(N_("There are {count} classes (folders with pictures). There must be from 2 to {most}."),
                        count=classes, most=MOST_CLASSES)


def check_classes(pictures: Pictures, refused: list) -> None:
    """Refuse classes with too few pictures that can be read."""
    few = [name for name, held in pictures.items() if len(held) < LEAST_PICTURES]
    if few:
        raise DataError(N_("Each class needs {least} different pictures at least; {names} has fewer that can be read. "
                           "{refused} could not be read."), least=LEAST_PICTURES, names=", ".join(few),
                        refused=len(refused))


def name_classes(folders: list[str]) -> dict[str, str]:
    """Return what the class of each folder is called, in order: the folder's name, as far as it can be seen."""
    names: dict[str, str] = {}
    for folder in sorted(set(folders), key=lambda folder: (folder.casefold(), folder)):
        seen = "".join(sign if sign.isprintable() or sign in JOINERS else " " for sign in folder)
        name = " ".join(unicodedata.normalize("NFC", seen).split())[:LONGEST].strip() or str(len(names) + 1)
        names[folder] = name if name not in names.values() else f"{name[:LONGEST - 3]} {len(names) + 1}"
    return names


def arrange(pictures: Pictures) -> tuple[str, dict[str, NDArray[np.uint8]]]:
    """Return the name and the arrays of a data set of pictures by class.

    One picture in five of each class, at least one, is held out: those whose SHA-256 sums come first, so that the same
    pictures are always split in the same way.
    """
    parts: dict[str, list] = {"train": [], "test": []}
    for label, name in enumerate(pictures):
        ordered = sorted(pictures[name], key=lambda picture: hashlib.sha256(picture.tobytes()).digest())
        held = max(1, round(len(ordered) / HELD_OUT))
        parts["test"] += [(picture, label) for picture in ordered[:held]]
        parts["train"] += [(picture, label) for picture in ordered[held:]]
    arrays = {}
    for half, members in parts.items():
        arrays |= {f"{half}_images": np.stack([picture for picture, _label in members]),
                   f"{half}_labels": np.array([label for _picture, label in members], np.uint8)}
    digest = hashlib.sha256(repr(tuple(pictures)).encode())
    for values in arrays.values():
        digest.update(values.tobytes())
    dataset = f"own-{len(pictures)}-{len(parts['train'])}-{len(parts['test'])}-{digest.hexdigest()[:16]}"
    describe(dataset)
    return dataset, arrays


def _make_room(shelf: Path) -> None:
    """Let the oldest of the visitors' data sets go where there are too many."""
    kept = sorted(shelf.glob("own-*"), key=lambda folder: folder.stat().st_mtime)
    for folder in kept[:-MOST_SETS]:
        shutil.rmtree(folder, ignore_errors=True)
