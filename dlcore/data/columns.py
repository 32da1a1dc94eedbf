"""Columns of numbers that visitors upload as CSV files: a series, from top to bottom, read with care and kept on disk.

What is kept lies under the engine's home, in columns/NAME.npy; the name (see dlcore.specs.sequences.COLUMN) is the hash
of the numbers, with how many they are, so that a link can name it and a spec knows its length.
"""

import hashlib
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data.cells import Sheet, read_sheet
from dlcore.data.keeping import find_kept, keep
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


def read_table(content: bytes, encoding: str | None = None, separator: str | None = None) -> Sheet:
    """Read an uploaded file: any separator between the columns, a header or none, decimal points or commas.

    DataError where it is too large, no text, or has no column of numbers.
    """
    if len(content) > MOST_BYTES:
        raise DataError(TOO_LARGE, size=len(content) / 2**20, most=MOST_BYTES / 2**20)
    sheet = read_sheet(content, NO_TEXT, MOST_NUMBERS, encoding, separator)
    if sheet.count > MOST_NUMBERS:
        raise DataError(MANY, count=sheet.count, most=MOST_NUMBERS)
    if not sheet.numeric():
        raise DataError(NO_NUMBERS)
    return sheet


def read_column(sheet: Sheet, name: str, decimal: str | None = None) -> NDArray[np.float32]:
    """Return a column's numbers from top to bottom; DataError names the line of the first gap.

    Where the file leaves open whether a sign stands before decimals or between thousands, `decimal` says it.
    """
    if name not in sheet.numeric():
        raise DataError(NO_COLUMN, name=name, names=", ".join(sheet.numeric()))
    notation, values = sheet.look(name).choose(decimal), []
    for (line, _cells), text in zip(sheet.rows, sheet.cells(name), strict=True):
        number = notation.read(text)
        if number is None or not abs(number) < 1e30:
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


def column_name(values: NDArray[np.float32]) -> str:
    """Return the name by which a spec and a link mean these numbers."""
    return f"{hashlib.sha256(values.tobytes()).hexdigest()[:16]}-{len(values)}"


def keep_column(home: Path, values: NDArray[np.float32], title: str = "", visitor: str = "") -> str:
    """Keep a visitor's column and its title under the engine's home, the oldest giving way; return its name."""
    packed, name = io.BytesIO(), column_name(values)
    np.save(packed, values)
    keep(Path(home) / FOLDER / f"{name}.npy", packed.getvalue(), MOST_KEPT, FOLDER, visitor)
    keep(Path(home) / FOLDER / f"{name}.txt", title.encode(), MOST_KEPT)
    return name


def title_of(home: Path, name: str) -> str:
    """Return what a kept column is called in its file; nothing where that is not known."""
    path = find_kept(home, FOLDER, f"{name}.txt") if COLUMN.fullmatch(name) else None
    try:
        return path.read_text(encoding="utf-8")[:40] if path else ""
    except (OSError, UnicodeDecodeError):
        return ""


def load_column(home: Path | None, name: str) -> NDArray[np.float32]:
    """Return a column that was kept under a home, or under the user's own; DataError where it is gone or damaged."""
    path = find_kept(home, FOLDER, f"{name}.npy") if COLUMN.fullmatch(name) else None
    if path is None:
        raise DataError(GONE)
    try:
        values = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(GONE) from error
    if values.dtype != np.float32 or column_name(values) != name:
        raise DataError(GONE)
    return values
