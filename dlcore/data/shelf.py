"""Putting a data set where `images` finds it: as a whole, or not at all."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data.home import check_kept
from dlcore.data.images import folder_of
from dlcore.data.keeping import unwritable

HIDDEN = ".part-"  # how the names of folders begin that are not whole yet


@contextmanager
def workroom(dataset: str) -> Iterator[Path]:
    """Give a folder beside the data sets to work in; it is gone afterwards, whatever happens."""
    check_kept()
    shelf = folder_of(dataset).parent
    try:
        shelf.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix=f"{HIDDEN}{dataset}-", dir=shelf))
    except OSError as error:
        raise unwritable(error) from error
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def put(dataset: str, arrays: dict[str, NDArray[np.uint8]], classes: tuple[str, ...] = ()) -> None:
    """Keep the four arrays of a data set, and what its classes are called where it brings names of its own."""
    with workroom(dataset) as room:
        whole = room / dataset
        try:
            whole.mkdir()
            for name, values in arrays.items():
                np.save(whole / f"{name}.npy", values, allow_pickle=False)
            if classes:
                (whole / "classes.json").write_text(json.dumps(classes))
            place(whole, folder_of(dataset))
        except OSError as error:
            raise unwritable(error) from error


def place(whole: Path, folder: Path) -> None:
    """Move a whole folder to its place; where the same data set is there already, that one stays."""
    with suppress(FileExistsError):
        try:
            os.rename(whole, folder)
        except OSError:
            if not folder.is_dir():
                raise
