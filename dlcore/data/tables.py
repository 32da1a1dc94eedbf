"""Tables that visitors upload: a CSV file with two columns of numbers and a label, read with care and kept on disk.

What is kept lies under the engine's home, in tables/NAME.npz; the name (see dlcore.specs.plane.TABLE) is the hash of
the content, with the number of rows and of classes, so that a link can name it and a spec knows its size.
"""

import hashlib
import io
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from dlcore.data.cells import Sheet, read_sheet
from dlcore.data.keeping import find_kept, keep
from dlcore.data.numbers import Notation, decide
from dlcore.errors import N_, DataError
from dlcore.specs.plane import MOST_CLASSES, TABLE

FOLDER = "tables"
MOST_BYTES = 2 * 2**20
MOST_ROWS, FEWEST_ROWS = 5000, 4
MOST_KEPT = 500
SIDE = 5.0             # the smallest and the largest value of a column come to lie here on the plane

TOO_LARGE = N_("The file has {size:.1f} MB, more than the {most:.0f} MB that are read here. Keep at most {rows:,} "
               "lines, each like: 1.5, -0.3, red")
NO_TEXT = N_("This is not a text file. In a spreadsheet choose “Save as” and then CSV (UTF-8). A right line looks "
             "like: 1.5, -0.3, red")
EMPTY = N_("There are no lines in this file. A right file has at least {fewest} lines like: 1.5, -0.3, red")
COLUMNS = N_("Line {line} has {count} columns instead of {width}. Keep two columns of numbers and the label, as in: "
             "1.5, -0.3, red")
NO_NUMBER = N_("Line {line}: “{text}” is not a number. Two columns are numbers, as in: 1.5, -0.3, red")
NO_LABEL = N_("Line {line} has no label. A third column says the class, as in: 1.5, -0.3, red")
ONE_CLASS = N_("All lines have the label “{label}”. There must be from 2 to {most} different labels in the column of "
               "classes, as in: 1.5, -0.3, red")
MANY_CLASSES = N_("The column of classes has {count} different labels, more than {most}. It should say the class, as "
                  "in: 1.5, -0.3, red")
FEW_ROWS = N_("There are too few lines with points: {count}. A right file has at least {fewest}, each like: 1.5, "
              "-0.3, red")
MANY_ROWS = N_("There are {count:,} lines with points, more than {most:,}. Keep a part of them, each like: 1.5, "
               "-0.3, red")
GONE = N_("The table of this link is not kept here any more. Upload its file again, or choose another data set.")


@dataclass(frozen=True)
class Table:
    """Points (n, 2) on the plane with their labels (n,), the labels' names, and how the columns were brought there.

    A value v of column i lies at (v - centre[i]) * factor[i]; `columns` are the names of both in the file and that of
    the labels, if it says them.
    """

    points: NDArray[np.float32]
    labels: NDArray[np.uint8]
    names: tuple[str, ...]
    centre: tuple[float, float]
    factor: tuple[float, float]
    columns: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name by which a spec and a link mean this table."""
        digest = hashlib.sha256(self.points.tobytes() + self.labels.tobytes() + "\n".join(self.names).encode())
        return f"{digest.hexdigest()[:16]}-{len(self.labels)}-{len(self.names)}"


def open_table(content: bytes, encoding: str | None = None) -> Sheet:
    """Read an uploaded file: any separator between the columns, a header or none, decimal points or commas.

    DataError says in which line something is wrong, and what a right file looks like.
    """
    if len(content) > MOST_BYTES:
        raise DataError(TOO_LARGE, size=len(content) / 2**20, most=MOST_BYTES / 2**20, rows=MOST_ROWS)
    sheet = read_sheet(content, NO_TEXT, MOST_ROWS, encoding, ",", COLUMNS)
    if not sheet.count:
        raise DataError(EMPTY, fewest=FEWEST_ROWS)
    if sheet.count > MOST_ROWS:
        raise DataError(MANY_ROWS, count=sheet.count, most=MOST_ROWS)
    if sheet.count < FEWEST_ROWS:
        raise DataError(FEW_ROWS, count=sheet.count, fewest=FEWEST_ROWS)
    if len(sheet.names) < 3:
        raise DataError(COLUMNS, line=sheet.rows[0][0], count=len(sheet.names), width=3)
    return sheet


def guess_columns(sheet: Sheet) -> tuple[tuple[str, ...], bool]:
    """Return which columns are likely meant, two of numbers and the labels, and whether nobody needs to be asked."""
    numeric = sheet.suggested()
    classes = [name for name in sheet.names if 2 <= len(set(sheet.cells(name))) <= MOST_CLASSES]
    words = [name for name in sheet.names if name not in numeric]
    label = (*(one for one in reversed(words) if one in classes), *words[-1:], *reversed(classes), sheet.names[-1])[0]
    others = [name for name in sheet.names if name != label]
    if len(others) > 2:
        wanted = [name for name in numeric if name != label]
        others = sorted((*wanted, *(one for one in others if one not in wanted))[:2], key=sheet.names.index)
    return (*others, label), len(sheet.names) == 3


def read_table(content: bytes) -> Table:
    """Read an uploaded file that has three columns, or leaves no doubt about which of its columns are meant."""
    sheet = open_table(content)
    columns, certain = guess_columns(sheet)
    if not certain:
        raise DataError(COLUMNS, line=sheet.rows[0][0], count=len(sheet.names), width=3)
    return make_table(sheet, columns)


def make_table(sheet: Sheet, columns: Sequence[str], decimal: str | None = None) -> Table:
    """Return the table of two columns with numbers and one with labels.

    Where the file leaves open whether a sign stands before decimals or between thousands, `decimal` says it.
    """
    *numbers, label = columns
    values = np.stack([_numbers(sheet, name, sheet.look(name).choose(decimal)) for name in numbers], 1)
    texts = _labels(sheet, label)
    names = _names(texts)
    low, high = values.min(0), values.max(0)
    centre, factor = (low + high) / 2, 2 * SIDE / np.where(high > low, high - low, 2 * SIDE)
    labels = np.array([names.index(text) for text in texts], np.uint8)
    return Table(((values - centre) * factor).astype(np.float32), labels, names, tuple(centre.tolist()),
                 tuple(factor.tolist()), tuple(columns) if sheet.headed else ())


def _numbers(sheet: Sheet, name: str, notation: Notation) -> NDArray[np.float64]:
    numbers = []
    for (line, _cells), cell in zip(sheet.rows, sheet.cells(name), strict=True):
        numbers.append(number := notation.read(cell))
        if number is None or not abs(number) < 1e30:
            raise DataError(NO_NUMBER, line=line, text=cell[:40])
    return np.array(numbers)


def _labels(sheet: Sheet, name: str) -> list[str]:
    texts = sheet.cells(name)
    for (line, _cells), text in zip(sheet.rows, texts, strict=True):
        if not text:
            raise DataError(NO_LABEL, line=line)
    return [text[:40] for text in texts]


def _names(texts: list[str]) -> tuple[str, ...]:
    """Return the different labels in order: of numbers by size, else by the alphabet."""
    found = Counter(texts)
    if len(found) == 1:
        raise DataError(ONE_CLASS, label=texts[0], most=MOST_CLASSES)
    if len(found) > MOST_CLASSES:
        raise DataError(MANY_CLASSES, count=len(found), most=MOST_CLASSES)
    values = {text: decide(list(found)).notations[0].read(text) for text in found}
    by_size = all(value is not None and math.isfinite(value) for value in values.values())
    return tuple(sorted(found, key=(lambda text: (values[text], text)) if by_size else None))


def keep_table(home: Path, table: Table, visitor: str = "") -> str:
    """Keep a visitor's table under the engine's home, the oldest giving way; return its name."""
    packed = io.BytesIO()
    np.savez_compressed(packed, points=table.points, labels=table.labels, names=np.array(table.names),
                        scale=np.array([table.centre, table.factor]), columns=np.array(table.columns, str))
    keep(Path(home) / FOLDER / f"{table.name}.npz", packed.getvalue(), MOST_KEPT, FOLDER, visitor)
    return table.name


def load_table(home: Path | None, name: str) -> Table:
    """Return a table that was kept under a home, or under the user's own; DataError where it is gone or damaged."""
    path = find_kept(home, FOLDER, f"{name}.npz") if TABLE.fullmatch(name) else None
    if path is None:
        raise DataError(GONE)
    try:
        packed = io.BytesIO(path.read_bytes())
        with np.load(packed, allow_pickle=False) as kept:
            table = Table(kept["points"], kept["labels"], tuple(kept["names"].tolist()),
                          *map(tuple, kept["scale"].tolist()), tuple(kept["columns"].tolist()))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise DataError(GONE) from error
    if table.name != name:
        raise DataError(GONE)
    return table
