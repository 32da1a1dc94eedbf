"""The connected parts of a mask, found run by run, and the extremes around each place of a picture (numpy)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True)
class Part:
    """A connected part of a mask: its number in the labels, its box, and how many pixels it has."""

    number: int
    box: Box
    size: int


def find_parts(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], list[Part]]:
    """Return labels (0 for none, else a part's number) and the parts, the largest first; corners connect too."""
    rows, begins, ends = _runs(mask)
    parents = list(range(len(rows)))
    _join_rows(rows.tolist(), begins.tolist(), ends.tolist(), parents)
    roots = np.array([_root(parents, run) for run in range(len(rows))], np.int64)
    _, numbers = np.unique(roots, return_inverse=True)
    labels = np.zeros(mask.shape, np.int32)
    labels[mask] = np.repeat(numbers + 1, ends - begins)
    return labels, _measure(rows, begins, ends, numbers)


def _runs(mask: NDArray[np.bool_]) -> tuple[NDArray, NDArray, NDArray]:
    """Return the row, the first column and the column behind the last of each run of true pixels."""
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, begins = np.nonzero(edges == 1)
    return rows, begins, np.nonzero(edges == -1)[1]


def _join_rows(rows: list[int], begins: list[int], ends: list[int], parents: list[int]) -> None:
    """Join each run with those that it touches in the row above."""
    above = 0
    for run, row in enumerate(rows):
        while rows[above] < row - 1 or (rows[above] == row - 1 and ends[above] < begins[run]):
            above += 1
        other = above
        while rows[other] == row - 1 and begins[other] <= ends[run]:
            parents[_root(parents, run)] = _root(parents, other)
            other += 1


def _root(parents: list[int], run: int) -> int:
    while parents[run] != run:
        parents[run] = run = parents[parents[run]]
    return run


def _measure(rows: NDArray, begins: NDArray, ends: NDArray, numbers: NDArray) -> list[Part]:
    count = int(numbers.max(initial=-1)) + 1
    size = np.bincount(numbers, ends - begins, count).astype(int)
    low, high = np.full((2, count), 2**31), np.zeros((2, count), np.int64)
    for axis, (first, behind) in enumerate(((begins, ends), (rows, rows + 1))):
        np.minimum.at(low[axis], numbers, first)
        np.maximum.at(high[axis], numbers, behind)
    parts = [Part(at + 1, (int(low[0, at]), int(low[1, at]), int(high[0, at]), int(high[1, at])), int(size[at]))
             for at in range(count)]
    return sorted(parts, key=lambda part: -part.size)


def distance(one: Box, other: Box) -> int:
    """Return how far two boxes are apart, along the axis in which they are farther; 0 where they meet."""
    return max(one[0] - other[2], other[0] - one[2], one[1] - other[3], other[1] - one[3], 0)


def around(one: Box, other: Box) -> Box:
    """Return the box around two boxes."""
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def extreme_around(values: NDArray, window: int, take: np.ufunc) -> NDArray:
    """Return the extreme in the square window around each place, from windows of 1, 2, 4 ... places."""
    for _axis in (0, 1):
        values, span = np.pad(values, ((window // 2, window // 2), (0, 0)), mode="edge"), 1
        while span < window:
            step = min(span, window - span)
            values, span = take(values[:-step], values[step:]), span + step
        values = values.T
    return np.ascontiguousarray(values)
