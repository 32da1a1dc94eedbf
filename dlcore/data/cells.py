"""CSV files that visitors upload: their text, their cells, and their columns, whatever program wrote them where."""

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from dlcore.data.encodings import decode
from dlcore.data.numbers import Column, decide
from dlcore.errors import N_, DataError

SEPARATORS = (";", "\t", "|", ",")
ONE = "\x1f"         # cuts nothing: a file of one column
LOOKED = 100         # lines by which it is decided where to cut
MOST_SAMPLED = 500   # cells of a column by which it is seen whether it holds numbers
MOST_IN_ALL = 40_000  # of all columns together

Rows = list[tuple[int, list[str]]]  # (number of the line, its cells)

WIDER = N_("Line {line} has {count} columns, but there are {width} in the others. Where numbers have decimal commas, "
           "put ; between the columns, or write numbers with a decimal point.")
HEADER = N_("The header names {names} columns, but the lines have {width}. Where numbers have decimal commas, put ; "
            "between the columns, or write numbers with a decimal point.")


@dataclass
class Sheet:
    """The cells of a file, and the names of its columns, or their numbers where it has no header.

    `cuts` are the separators that could be meant, the likeliest first, and `certain` whether that needs no question;
    `letters` the ways (code page, words) in which its letters can be read, where it does not say in which they are.
    `count` are all lines of data; of more than the most that were asked for, the first ones are in `rows`.
    """

    names: tuple[str, ...]
    rows: Rows
    headed: bool
    count: int
    separator: str
    cuts: tuple[str, ...] = ()
    certain: bool = True
    letters: tuple[tuple[str, str], ...] = ()
    _looked: dict[str, Column] = field(default_factory=dict, repr=False)

    def cells(self, name: str) -> list[str]:
        """Return the cells of a column from top to bottom."""
        index = self.names.index(name)
        return [cells[index] for _line, cells in self.rows]

    def sample(self, name: str) -> list[str]:
        """Return some of them, evenly spread."""
        index = self.names.index(name)
        most = max(20, min(MOST_SAMPLED, MOST_IN_ALL // len(self.names)))
        return [cells[index] for _line, cells in self.rows[:: max(1, len(self.rows) // most)]]

    def look(self, name: str) -> Column:
        """Return how a column's numbers can be read: by all of its cells, and by samples of the others."""
        if name not in self._looked:
            others = (self.sample(other) for other in self.names if other != name)
            self._looked[name] = decide(self.cells(name), others, self.separator)
        return self._looked[name]

    def numeric(self) -> tuple[str, ...]:
        """Return the names of the columns that hold mostly numbers."""
        return tuple(name for name in self.names if (told := decide(self.sample(name))).numeric and told.cells)

    def suggested(self) -> tuple[str, ...]:
        """Return the same, those first that do not merely count the lines."""
        return tuple(sorted(self.numeric(), key=self._counts))

    def _counts(self, name: str) -> bool:
        """Whether a column's numbers are all as far apart."""
        first = [decide([cell]).notations[0].read(cell) for cell in self.cells(name)[:LOOKED]]
        if None in first or len(first) < 3:
            return False
        steps = {round(after - before, 9) for before, after in zip(first, first[1:], strict=False)}
        return len(steps) == 1 and steps != {0.0}


def read_sheet(content: bytes, complaint: str, most: int, encoding: str | None = None, separator: str | None = None,
               wider: str = WIDER) -> Sheet:
    """Read an uploaded file, of which about so many lines are kept; DataError (the complaint) where it is no text.

    `encoding` and `separator` are for who knows better than what the file tells by itself.
    """
    text, letters = decode(content, complaint, encoding)
    declared, begin, text = _take_declaration(text)
    cuts, certain = ((declared,), True) if declared else _find_cuts(text, complaint)
    separator = separator if separator in cuts else cuts[0]
    try:
        rows, reach, count = _read_rows(text, separator, most, complaint, wider)
    except DataError:
        if separator == ONE or ONE not in cuts:
            raise
        separator, cuts, certain = ONE, (ONE,), True  # a line further down cannot be cut like the first ones
        rows, reach, count = _read_rows(text, separator, most, complaint, wider)
    width = len(rows[0][1]) if rows else 0
    headed = _is_header([cells for _line, cells in rows[: 1 + LOOKED]])
    if headed and reach < width:
        raise DataError(HEADER, names=reach, width=width)
    names = _name(rows[0][1]) if headed else tuple(map(str, range(1, width + 1)))
    rows = [(begin + line, cells) for line, cells in rows[headed:]]
    return Sheet(names, rows, headed, count - headed, separator, cuts, certain, letters)


def _read_rows(text: str, separator: str, most: int, complaint: str, wider: str) -> tuple[Rows, int, int]:
    """Return the first lines, equally long, how many cells the very first had, and how many lines there are."""
    reader = _open(text, separator)
    rows = [(line, list(map(_clean, cells))) for line, cells in islice(_read(reader, complaint), most + 2)]
    try:
        count = len(rows) + sum(1 for cells in reader if any(cells))
    except csv.Error as error:
        raise DataError(complaint) from error
    return _drop_empty(rows, wider), len(rows[0][1]) if rows else 0, count


def _take_declaration(text: str) -> tuple[str, int, str]:
    """Return the separator that a first line like sep=; declares, how many lines that took, and the rest."""
    first, end, rest = text.partition("\n")
    said = first.strip("\r\"' \ufeff")
    said = "sep=\t" if first.strip("\r\"").lower() == "sep=\t" else said
    if said.lower().startswith("sep=") and len(said) == 5:
        return said[4], 1, rest
    return "", 0, text


# its cells

def _open(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)


def _read(reader: Iterator[list[str]], complaint: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that are not empty, with their numbers."""
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(complaint) from error


def _clean(cell: str) -> str:
    """Return a cell as it is compared: composed letters, and nothing at its ends that cannot be seen."""
    if cell.isascii():
        return cell.strip()
    return unicodedata.normalize("NFC", cell).strip().strip("\u200b\u200e\u200f\u061c\u2060\ufeff").strip()


def _find_cuts(text: str, complaint: str) -> tuple[tuple[str, ...], bool]:
    """Return the separators that could be meant, the likeliest first, and whether that is certain.

    A comma between two numbers may also stand before decimals: then a line is a number by itself.
    """
    heads = {one: _head(text, one, complaint) for one in SEPARATORS}
    best = max(SEPARATORS, key=lambda one: _merit(heads[one]))
    if _merit(heads[best]) <= 0:
        return (ONE,), True
    lines = [cells[0] for cells in _head(text, ONE, complaint)]
    first, rest = lines[0], lines[1:] or lines
    if best != "," or decide(rest).numbers < len(rest):
        return (best,), True
    if not decide([first]).numbers:
        return ((ONE,), True) if "," not in first else ((",", ONE), False)
    both = _could_be_two(heads[","])
    return ((",", ONE), False) if both else ((ONE, ","), True)


def _head(text: str, separator: str, complaint: str) -> list[list[str]]:
    rows = islice(_read(_open(text, separator), complaint), LOOKED)
    return [list(map(_clean, cells)) for _line, cells in rows]


def _could_be_two(rows: list[list[str]]) -> bool:
    """Whether what stands before the commas could be a column by itself: it counts, or the rest has many lengths."""
    if any(len(cells) != 2 for cells in rows):
        return False
    before = [decide([cell]).notations[0].read(cell) or 0.0 for cell, _rest in rows]
    steps = {after - one for one, after in zip(before, before[1:], strict=False)}
    return (len(steps) == 1 and steps != {0.0}) or len({len(rest) for _cell, rest in rows}) > 1


def _merit(rows: list[list[str]]) -> float:
    """Return how well a separator cuts: how many lines get as many cells, and how many of the cells are numbers."""
    if not rows:
        return 0.0
    width, times = Counter(map(len, rows)).most_common(1)[0]
    if width < 2:
        return 0.0
    cells = [cell for cells in rows for cell in cells if cell][:2000]
    return times / len(rows) * (0.01 + decide(cells).numbers / len(cells))


def _drop_empty(rows: Rows, wider: str) -> Rows:
    """Return all lines equally long, without the columns that are empty from top to bottom."""
    if not rows:
        return rows
    width = Counter(len(cells) for _line, cells in rows).most_common(1)[0][0]
    for line, cells in rows:
        if any(cells[width:]):
            raise DataError(wider, line=line, count=_reach(cells), width=width)
    padded = [(line, (cells + [""] * width)[:width]) for line, cells in rows]
    used = [index for index in range(width) if any(cells[index] for _line, cells in padded)]
    if len(used) == width:
        return padded
    return [(line, [cells[index] for index in used]) for line, cells in padded]


def _reach(cells: list[str]) -> int:
    """Return how many cells there are up to the last that is not empty."""
    return max((index for index, cell in enumerate(cells, 1) if cell), default=0)


# its header

def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first line names the columns: it has words where numbers follow, and no numbers but years."""
    if len(rows) < 2:
        return False
    first, rest = rows[0], rows[1:]
    numeric = [index for index in range(len(first)) if decide([cells[index] for cells in rest]).numeric]
    words = [index for index in numeric if first[index] and not decide([first[index]]).numbers]
    numbers = [first[index] for index in numeric if decide([first[index]]).numbers]
    return bool(words) and all(len(cell) == 4 and cell[:2] in ("19", "20") for cell in numbers)


def _name(cells: list[str]) -> tuple[str, ...]:
    """Return the names of the columns, each once: of one without a name its number."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = " ".join(cell.split())[:40] or str(number)
        names.append(name if name not in names else f"{name[:34]} ({number})")
    return tuple(names)
