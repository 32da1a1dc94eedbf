"""What the playground learns from: points on a plane, each with a class or a number."""

import math
import re
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dlcore.errors import N_, SpecError
from dlcore.specs.fields import Rule, choice, kind, whole

EDGE = 6.0  # the plane reaches from -EDGE to EDGE in both directions
TWO_CLASSES = ("circle", "xor", "gauss", "spiral", "moons", "sine", "cubic", "abs")
MORE_CLASSES = ("rings", "spirals")
NUMBERS = ("plane", "multi_gauss")  # a number from -1 to 1 at every point: regression
DATASETS = (*TWO_CLASSES, *MORE_CLASSES, *NUMBERS, "own", "table")
MOST_CLASSES, MOST_OWN = 5, 300  # so many own points still fit into a link
TABLE = re.compile(r"[0-9a-f]{16}-([1-9][0-9]{0,4})-([2-5])")


class _OwnPoints(Rule):
    """Triples of x1, x2 and class; what is not such a triple is left out."""

    def nearest(self, value: Any) -> tuple[tuple[float, float, int], ...]:
        points = []
        for point in value if isinstance(value, list | tuple) else ():
            match point:
                case [int() | float() as x1, int() | float() as x2, int(label)] if is_number(x1) and is_number(x2):
                    points.append((_onto_plane(x1), _onto_plane(x2), min(max(int(label), 0), MOST_CLASSES - 1)))
        return tuple(points[:MOST_OWN])


class _TableName(Rule):
    """The name of an uploaded table, or nothing."""

    def nearest(self, value: Any) -> str:
        if value == "" or isinstance(value, str) and TABLE.fullmatch(value):
            return value
        raise ValueError(value)


def is_number(value: Any) -> bool:
    """Whether a value is a number that one can compute with."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _onto_plane(number: float) -> float:
    return round(min(max(float(number), -EDGE), EDGE), 2)


@dataclass(frozen=True)
class PlaneData:
    """Points on a plane and how they are shared out.

    `own` points (x1, x2, class) are put by hand, with two decimals, and always train; on data sets of NUMBERS class 0
    stands for -1 and class 1 for +1. The data set "own" has no other points, "table" those of an uploaded file whose
    name is told by dlcore.data.tables: its content's hash, its rows, its classes. `classes` is for rings and spirals.
    """

    kind: Literal["plane_data"] = kind("plane_data")
    dataset: str = choice("circle", *DATASETS)
    classes: int = whole(3, 3, MOST_CLASSES)
    points: int = whole(500, 20, 5000)
    train_share: int = whole(50, 10, 90, unit="%")
    noise: int = whole(10, 0, 50, unit="%")
    seed: int = whole(0, 0, 2**31 - 1)
    own: tuple[tuple[float, float, int], ...] = field(default=(), metadata={"rule": _OwnPoints(tuple)})
    table: str = field(default="", metadata={"rule": _TableName(str)})

    @property
    def regression(self) -> bool:
        """Whether numbers are to be learned instead of classes."""
        return self.dataset in NUMBERS

    @property
    def class_count(self) -> int:
        """The number of classes that are told apart; 0 for regression."""
        if self.regression:
            return 0
        return max(self._own_classes, 2, 1 + max((label for _x1, _x2, label in self.own), default=0))

    @property
    def _own_classes(self) -> int:
        if self.dataset in MORE_CLASSES:
            return self.classes
        return _of_table(self.table)[1] if self.dataset == "table" else 0

    @property
    def drawn(self) -> int:
        """The points that are not put by hand."""
        if self.dataset == "own":
            return 0
        return _of_table(self.table)[0] if self.dataset == "table" else self.points

    @property
    def train_count(self) -> int:
        """The points that are trained on: a share of those drawn, and all put by hand."""
        return max(1, round(self.drawn * self.train_share / 100)) * (self.drawn > 0) + len(self.own)

    @property
    def test_count(self) -> int:
        """The points that are kept back for the test."""
        return self.drawn + len(self.own) - self.train_count


def _of_table(name: str) -> tuple[int, int]:
    """Return the rows and the classes of a table, which its name tells."""
    found = TABLE.fullmatch(name)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def check_data(data: PlaneData) -> None:
    """Raise SpecError where there is nothing to learn from."""
    if data.dataset == "table" and not TABLE.fullmatch(data.table):
        raise SpecError("data.table", N_("No table is in use yet. Upload a CSV file with two columns and a "
                                         "label, or choose another data set."))
    if data.own != _OwnPoints(tuple).nearest(data.own):
        raise SpecError("data.own", N_("Own points are at most {most} rows of x1, x2 (from −6 to 6, two decimals) and "
                                       "a class from 0 to {last}."), most=MOST_OWN, last=MOST_CLASSES - 1)
    if data.dataset == "own" and len({label for _x1, _x2, label in data.own}) < 2:
        raise SpecError("data.own", N_("There is nothing to tell apart yet. Put points of at least two classes onto "
                                       "the plane."))
    if data.regression and any(label > 1 for _x1, _x2, label in data.own):
        raise SpecError("data.own", N_("On data of numbers, own points can only be −1 (class 0) or +1 (class 1)."))


def fit_data(data: PlaneData) -> PlaneData:
    """Return the data with own points as the data set can use them, and the circle where there would be nothing."""
    most = 1 if data.regression else MOST_CLASSES - 1
    own = tuple((x1, x2, min(label, most)) for x1, x2, label in _OwnPoints(tuple).nearest(data.own))
    data = replace(data, own=own)
    try:
        check_data(data)
    except SpecError:
        return replace(data, dataset="circle")
    return data
