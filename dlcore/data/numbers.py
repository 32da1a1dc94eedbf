"""Numbers as people write them: which sign stands for decimals and which for thousands is decided for a whole column.

A sign with exactly three digits behind it, as in 1.250, can be either; then other numbers decide, or nobody does.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dlcore.errors import N_, DataError

DECIMALS = (".", ",", "٫")
THOUSANDS = ("", ".", ",", " ", "'", "٬")
SAME = str.maketrans({
    **dict.fromkeys("−‐‑–﹣－", "-"), "＋": "+", "’": "'", "ʼ": "'", "＇": "'", "．": ".", **dict.fromkeys("，،⹁", ","),
    **dict.fromkeys("\u00a0\u202f\u2009\u2007\u3000", " "),
    **dict.fromkeys("\u200b\u200e\u200f\u061c\u2060\ufeff\u202a\u202b\u202c\u2066\u2067\u2068\u2069"),
})
NUMBER = re.compile(r"(?P<sign>[+-] ?)?(?P<digits>\d[\d.,٫٬' ]*|[.,٫]\d+)(?P<power>[eE][+-]?\d{1,4})?(?P<behind>-)?")
GROUPED = re.compile(r"\d{1,3}(.)\d{3}(?:\1\d{3})*|\d{1,2}(?:[,٬]\d\d)+[,٬]\d{3}")  # 1.250.000; in India 12,50,000
OPEN = N_("“{text}” can be read in two ways, as {one} or as {other}, and nothing in the file tells which is meant.")
DAY = re.compile(r"(0?[1-9]|[12]\d|3[01])[.,/-](0?[1-9]|1[0-2])|(0?[1-9]|1[0-2])[.,/-](19|20)\d\d|"
                 r"(19|20)\d\d[.,/-](0?[1-9]|1[0-2])|([01]?\d|2[0-3])[.,:][0-5]\d")


@dataclass(frozen=True)
class Notation:
    """How numbers are written: the sign before the decimals, and the sign between thousands ("" where none is seen)."""

    decimal: str = "."
    thousands: str = ""

    def read(self, cell: str) -> float | None:
        """Return the number in a cell; None where it is none in this notation."""
        found = NUMBER.fullmatch(cell.translate(SAME).strip())
        if found is None or not self.fits(*_shape(found)):
            return None
        digits = found["digits"].replace(self.thousands, "") if self.thousands else found["digits"]
        value = float(digits.replace(self.decimal, ".") + (found["power"] or ""))
        return -value if "-" in (found["sign"] or "") or found["behind"] else value

    def fits(self, digits: str, powered: bool, nought: bool) -> bool:
        """Whether digits of a shape, as `_shape` gives it, are a number in this notation."""
        return _fits(digits, powered, nought, self.decimal, self.thousands)


NOTATIONS = tuple(Notation(decimal, thousands) for thousands in THOUSANDS for decimal in DECIMALS
                  if decimal != thousands)


def _shape(found: re.Match) -> tuple[str, bool, bool]:
    """Return how a number is written: each digit as 9, whether a power of ten follows, whether it begins with 0."""
    digits = re.sub(r"\d", "9", found["digits"])
    return digits, bool(found["power"]), found["digits"][0].isdigit() and unicodedata.digit(found["digits"][0]) == 0


@lru_cache(maxsize=4096)
def _fits(digits: str, powered: bool, nought: bool, decimal: str, thousands: str) -> bool:
    whole, *behind = digits.split(decimal)
    if len(behind) > 1 or behind and behind[0] and not behind[0].isdecimal():
        return False
    if thousands and thousands in whole:
        alone = whole.replace(thousands, "").isdecimal()
        return alone and not powered and not nought and GROUPED.fullmatch(whole) is not None
    return whole.isdecimal() or not whole and bool(behind and behind[0])


@dataclass(frozen=True)
class Column:
    """How a column of a file can be read: its possible notations, the first of which is the likeliest.

    More than one is a question; `example` is then a cell that they read differently.
    """

    notations: tuple[Notation, ...]
    numbers: int
    cells: int
    example: str = ""

    @property
    def numeric(self) -> bool:
        """Whether most of its cells are numbers."""
        return self.numbers * 2 > self.cells

    @property
    def sure(self) -> bool:
        """Whether there is one way alone to read it."""
        return len(self.notations) == 1

    def choose(self, decimal: str | None = None) -> Notation:
        """Return the notation with a decimal sign, or the only one; DataError where that is left open."""
        if decimal is not None:
            return next((one for one in self.notations if one.decimal == decimal), self.notations[0])
        if not self.sure:
            one, other = (f"{notation.read(self.example):g}" for notation in self.notations[:2])
            raise DataError(OPEN, text=self.example[:40], one=one, other=other)
        return self.notations[0]


def decide(cells: Sequence[str], others: Iterable[Sequence[str]] = (), separator: str = "") -> Column:
    """Return how a column can be read, by all of its cells; by `others` of the same file where these leave it open."""
    shapes, first = _shapes(cells)
    best = _best(shapes)
    numbers = sum(count for shape, count in shapes.items() if any(one.fits(*shape) for one in best))
    ways = _tell_apart(best, first)
    if len(ways) > 1 and (known := _known(best, others)):
        ways = _tell_apart(known, first)
    ways = tuple(sorted(ways, key=lambda one: not _is_likely(one, first, separator)))
    example = next((cell for cell in first.values() if _is_open(cell, ways)), "")
    return Column(ways if example else ways[:1], numbers, sum(map(bool, map(str.strip, cells))), example)


def _is_open(cell: str, notations: Sequence[Notation]) -> bool:
    """Whether a cell is more than one number."""
    return len({one.read(cell) for one in notations} - {None}) > 1


def _shapes(cells: Iterable[str]) -> tuple[Counter, dict]:
    """Return how often each way of writing occurs among numbers, and the first cell of each."""
    shapes, first = Counter(), {}
    for cell in cells:
        if (found := NUMBER.fullmatch(cell.translate(SAME).strip())) is not None:
            shape = _shape(found)
            shapes[shape] += 1
            first.setdefault(shape, cell)
    return shapes, first


def _best(shapes: Counter) -> tuple[Notation, ...]:
    """Return the notations in which the most are numbers."""
    counts = {one: sum(count for shape, count in shapes.items() if one.fits(*shape)) for one in NOTATIONS}
    return tuple(one for one, count in counts.items() if count == max(counts.values()))


def _tell_apart(notations: Sequence[Notation], first: dict) -> tuple[Notation, ...]:
    """Return one notation for each way in which the cells would be read."""
    ways: dict[tuple, Notation] = {}
    for one in notations:
        ways.setdefault(tuple(one.read(cell) for cell in first.values()), one)
    return tuple(ways.values())


def _known(notations: Sequence[Notation], others: Iterable[Sequence[str]]) -> tuple[Notation, ...]:
    """Return the notations that the other columns leave; none where they contradict each other.

    Columns of days and months tell nothing, for their points are no decimals.
    """
    for cells in others:
        numbers = [cell for cell in cells if cell.strip()]
        if all(DAY.fullmatch(cell.strip()) for cell in numbers):
            continue
        shapes, _first = _shapes(cells)
        if sum(shapes.values()) * 2 > len(numbers):
            best = _best(shapes)
            notations = tuple(one for one in notations if one in best)
    return tuple(notations)


def _is_likely(notation: Notation, first: dict, separator: str) -> bool:
    """Whether a notation is the likely one in a file of this separator, which is ; where decimals have a comma.

    Where numbers below 1,000 have no sign and no larger one is without, the sign is that of thousands.
    """
    plain = [len(digits) for digits, _powered, _nought in first if digits.isdecimal()]
    if plain:
        grouped = any(notation.thousands and notation.thousands in digits for digits, _powered, _nought in first)
        return grouped == (max(plain) <= 3)
    return notation.decimal == ("," if separator == ";" else ".")
