"""Tables that visitors upload: a CSV file with two columns of numbers and a label, read with care and kept on disk.

What is kept lies under the engine's home, in tables/NAME.npz; the name (see dlcore.specs.plane.TABLE) is the hash of
the content, with the number of rows and of classes, so that a link can name it and a spec knows its size.
"""

import hashlib
import io
import math
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from dlcore.data.cells import Rows, cut_each_way, decode, read_number
from dlcore.data.home import check_kept, default_home
from dlcore.data.uploads import admit
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
COLUMNS = N_("Line {line} has {count} columns instead of 3. Keep two columns of numbers and the label, as in: 1.5, "
             "-0.3, red")
NO_NUMBER = N_("Line {line}: “{text}” is not a number. The first two columns are numbers, as in: 1.5, -0.3, red")
NO_LABEL = N_("Line {line} has no label. The third column says the class, as in: 1.5, -0.3, red")
ONE_CLASS = N_("All lines have the label “{label}”. There must be from 2 to {most} different labels in the third "
               "column, as in: 1.5, -0.3, red")
MANY_CLASSES = N_("The third column has {count} different labels, more than {most}. It should say the class, as in: "
                  "1.5, -0.3, red")
FEW_ROWS = N_("There are too few lines with points: {count}. A right file has at least {fewest}, each like: 1.5, "
              "-0.3, red")
MANY_ROWS = N_("There are {count:,} lines with points, more than {most:,}. Keep a part of them, each like: 1.5, "
               "-0.3, red")
GONE = N_("The table of this link is not kept here any more. Upload its file again, or choose another data set.")


@dataclass(frozen=True)
class Table:
    """Points (n, 2) on the plane with their labels (n,), the labels' names, and how the columns were brought there.

    A value v of column i lies at (v - centre[i]) * factor[i]; `columns` are their names in the file, if it says them.
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


def read_table(content: bytes) -> Table:
    """Read an uploaded file: any of ; tab , between the columns, a header or none, decimal points or commas.

    DataError says in which line something is wrong, and what a right file looks like.
    """
    if len(content) > MOST_BYTES:
        raise DataError(TOO_LARGE, size=len(content) / 2**20, most=MOST_BYTES / 2**20, rows=MOST_ROWS)
    rows = _rows(decode(content, NO_TEXT))
    if not rows:
        raise DataError(EMPTY, fewest=FEWEST_ROWS)
    header = _header(rows[0][1])
    rows = rows[1:] if header else rows
    _check_count(len(rows))
    values = np.array([_numbers(line, cells) for line, cells in rows])
    texts = [_label(line, cells) for line, cells in rows]
    names = _names(texts)
    low, high = values.min(0), values.max(0)
    centre, factor = (low + high) / 2, 2 * SIDE / np.where(high > low, high - low, 2 * SIDE)
    labels = np.array([names.index(text) for text in texts], np.uint8)
    return Table(((values - centre) * factor).astype(np.float32), labels, names, tuple(centre.tolist()),
                 tuple(factor.tolist()), header)


def _rows(text: str) -> Rows:
    """Return (line, cells) of every line that is not empty, cut where most lines get three cells."""
    return max(cut_each_way(text, NO_TEXT), key=lambda rows: (sum(len(cells) == 3 for _line, cells in rows[:100]),
                                                            sum(len(cells) for _line, cells in rows[:100])))


def _header(cells: list[str]) -> tuple[str, ...]:
    """Return the names of the columns where the first line says them."""
    said = len(cells) == 3 and all(cell and read_number(cell) is None for cell in cells[:2])
    return tuple(cell[:40] for cell in cells) if said else ()


def _check_count(count: int) -> None:
    if count < FEWEST_ROWS:
        raise DataError(FEW_ROWS, count=count, fewest=FEWEST_ROWS)
    if count > MOST_ROWS:
        raise DataError(MANY_ROWS, count=count, most=MOST_ROWS)


def _numbers(line: int, cells: list[str]) -> tuple[float, float]:
    if len(cells) != 3:
        raise DataError(COLUMNS, line=line, count=len(cells))
    numbers = [read_number(cell) for cell in cells[:2]]
    for cell, number in zip(cells, numbers):
        if number is None or not abs(number) < 1e30:
            raise DataError(NO_NUMBER, line=line, text=cell[:40])
    return numbers[0], numbers[1]


def _label(line: int, cells: list[str]) -> str:
    if not cells[2]:
        raise DataError(NO_LABEL, line=line)
    return cells[2][:40]


def _names(texts: list[str]) -> tuple[str, ...]:
    """Return the different labels in order: of numbers by size, else by the alphabet."""
    found = Counter(texts)
    if len(found) == 1:
        raise DataError(ONE_CLASS, label=texts[0], most=MOST_CLASSES)
    if len(found) > MOST_CLASSES:
        raise DataError(MANY_CLASSES, count=len(found), most=MOST_CLASSES)
    values = {text: read_number(text) for text in found}
    by_size = all(value is not None and not math.isnan(value) for value in values.values())
    return tuple(sorted(found, key=(lambda text: (values[text], text)) if by_size else None))


def keep_table(home: Path, table: Table, visitor: str = "") -> str:
    """Keep a visitor's table under the engine's home, the oldest giving way; return its name."""
    check_kept()
    folder = Path(home) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    packed = io.BytesIO()
    np.savez_compressed(packed, points=table.points, labels=table.labels, names=np.array(table.names),
                        scale=np.array([table.centre, table.factor]), columns=np.array(table.columns, str))
    if not (folder / f"{table.name}.npz").exists():
        admit(folder, "tables", visitor, packed.tell())
    part = folder / f".{table.name}.{os.getpid()}.part"
    part.write_bytes(packed.getvalue())
    part.replace(folder / f"{table.name}.npz")
    kept = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)
    for old in kept[: max(0, len(kept) - MOST_KEPT)]:
        old.unlink(missing_ok=True)
    return table.name


def load_table(home: Path | None, name: str) -> Table:
    """Return a table that was kept under a home, or under the user's own; DataError where it is gone or damaged."""
    homes = [Path(home)] if home else []
    paths = [place / FOLDER / f"{name}.npz" for place in (*homes, default_home())]
    path = next((path for path in paths if TABLE.fullmatch(name) and path.exists()), None)
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
