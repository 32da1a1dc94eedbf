"""Columns of numbers that visitors upload as CSV files: a series, from top to bottom, read with care and kept on disk.

What is kept lies under the engine's home, in columns/NAME.npy; the name (see dlcore.specs.sequences.COLUMN) is the hash
of the numbers, with how many they are, so that a link can name it and a spec knows its length.
"""

import hashlib
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data.cells import Rows, cut_each_way, decode, read_number
from dlcore.data.home import check_kept
from dlcore.data.uploads import admit
from dlcore.errors import N_, DataError
from dlcore.specs.sequences import COLUMN

FOLDER = "columns"
MOST_BYTES = 4 * 2**20
MOST_NUMBERS, FEWEST_NUMBERS = 50_000, 50
MOST_KEPT = 500

TOO_LARGE = N_("The file has {size:.1f} MB, more than the {most:.0f} MB that are read here. Keep fewer lines.")
NO_TEXT = N_("This is not a text file. In a spreadsheet choose “Save as” and then CSV (UTF-8).")
NO_NUMBERS = N_("There is no column of numbers in this file. A right file has a number in every line, such as 21.5")
NO_COLUMN = N_("The file has no column of numbers called “{name}”. It has: {names}")
GAP = N_("Line {line} has no number in the column “{name}” but “{text}”. A series has no gaps: fill it, for instance "
         "with the mean of its neighbours, or keep the lines before it.")
FEW = N_("The column has only {count} numbers. Upload at least {fewest}.")
MANY = N_("The column has {count:,} numbers, more than {most:,}. Keep a part of them.")
FLAT = N_("All numbers of the column are equal, so there is nothing to foretell.")
GONE = N_("The column of this link is not kept here any more. Upload its file again, or choose another wave.")


@dataclass(frozen=True)
class Table:
    """The cells of a file, as (line, cells), under the names of the columns."""

    names: tuple[str, ...]
    rows: Rows

    def numeric(self) -> tuple[str, ...]:
        """Return the names of the columns that hold mostly numbers."""
        return tuple(name for index, name in enumerate(self.names)
                     if sum(_number(_cell(cells, index)) is not None for _, cells in self.rows) * 2 > len(self.rows))


def read_table(content: bytes) -> Table:
    """Read an uploaded file: any of ; tab , between the columns, a header or none, decimal points or commas.

    DataError where it is too large, no text, or has no column of numbers.
    """
    if len(content) > MOST_BYTES:
        raise DataError(TOO_LARGE, size=len(content) / 2**20, most=MOST_BYTES / 2**20)
    rows = max(cut_each_way(decode(content, NO_TEXT), NO_TEXT), key=_regularity)
    if not rows:
        raise DataError(NO_NUMBERS)
    first = rows[0][1]
    headed = any(cell and _number(cell) is None for cell in first)
    names = tuple(cell[:40] if headed and cell else str(index) for index, cell in enumerate(first, 1))
    table = Table(names, rows[1:] if headed else rows)
    if not table.numeric():
        raise DataError(NO_NUMBERS)
    return table


def read_column(table: Table, name: str) -> NDArray[np.float32]:
    """Return a column's numbers from top to bottom; DataError names the line of the first gap."""
    if name not in table.numeric():
        raise DataError(NO_COLUMN, name=name, names=", ".join(table.numeric()))
    index, values = table.names.index(name), []
    for line, cells in table.rows:
        text = _cell(cells, index)
        number = _number(text)
        if number is None:
            raise DataError(GAP, line=line, name=name, text=text[:40])
        values.append(number)
    _check(values)
    return np.array(values, np.float32)


def _check(values: list[float]) -> None:
    if len(values) < FEWEST_NUMBERS:
        raise DataError(FEW, count=len(values), fewest=FEWEST_NUMBERS)
    if len(values) > MOST_NUMBERS:
        raise DataError(MANY, count=len(values), most=MOST_NUMBERS)
    if min(values) == max(values):
        raise DataError(FLAT)


def _regularity(rows: Rows) -> tuple[int, int]:
    """Return how well a separator cuts: how many of the first lines have as many cells as the first, and how many."""
    width = len(rows[0][1]) if rows else 0
    return (width > 1) * sum(len(cells) == width for _, cells in rows[:100]), width


def _cell(cells: list[str], index: int) -> str:
    return cells[index] if index < len(cells) else ""


def _number(cell: str) -> float | None:
    number = read_number(cell)
    return number if number is not None and math.isfinite(number) and abs(number) < 1e30 else None


def column_name(values: NDArray[np.float32]) -> str:
    """Return the name by which a spec and a link mean these numbers."""
    return f"{hashlib.sha256(values.tobytes()).hexdigest()[:16]}-{len(values)}"


def keep_column(home: Path, values: NDArray[np.float32], visitor: str = "") -> str:
    """Keep a visitor's column under the engine's home, the oldest giving way; return its name."""
    check_kept()
    folder, name = Path(home) / FOLDER, column_name(values)
    if not (folder / f"{name}.npy").exists():
        admit(folder, "columns", visitor, values.nbytes)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{name}.{os.getpid()}.part"
    with part.open("wb") as file:
        np.save(file, values)
    part.replace(folder / f"{name}.npy")
    kept = sorted(folder.glob("*.npy"), key=lambda path: path.stat().st_mtime)
    for old in kept[: max(0, len(kept) - MOST_KEPT)]:
        old.unlink(missing_ok=True)
    return name


def load_column(home: Path, name: str) -> NDArray[np.float32]:
    """Return a column that was kept; DataError where it is gone or damaged."""
    try:
        values = np.load(Path(home) / FOLDER / f"{name}.npy", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(GONE) from error
    if not COLUMN.fullmatch(name) or values.dtype != np.float32 or column_name(values) != name:
        raise DataError(GONE)
    return values
