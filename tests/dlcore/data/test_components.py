"""The connected parts of a mask, against a flood fill pixel by pixel."""

import numpy as np
import pytest

from dlcore.data.components import around, distance, extreme_around, find_parts


def flooded(mask):
    """Return the sets of pixels that are connected, corners too, by walking from each to its neighbours."""
    left, found = set(zip(*np.nonzero(mask), strict=True)), []
    while left:
        reached = waiting = {left.pop()}
        while waiting:
            beside = {(y + down, x + across) for y, x in waiting for down in (-1, 0, 1) for across in (-1, 0, 1)}
            waiting = beside & left
            left -= waiting
            reached = reached | waiting
        found.append(reached)
    return found


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.7, 1.0])
def test_parts_are_those_of_a_flood_fill(share):
    for seed in range(20):
        mask = np.random.default_rng(seed).random((17, 23)) < share
        labels, parts = find_parts(mask)
        mine = {frozenset(zip(*np.nonzero(labels == part.number), strict=True)) for part in parts}
        assert mine == set(map(frozenset, flooded(mask)))


def test_boxes_and_sizes_are_those_of_the_pixels_and_the_largest_comes_first():
    mask = np.random.default_rng(1).random((30, 40)) < 0.35
    labels, parts = find_parts(mask)
    assert [part.size for part in parts] == sorted((part.size for part in parts), reverse=True)
    for part in parts:
        rows, columns = np.nonzero(labels == part.number)
        assert part.size == len(rows)
        assert part.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_an_empty_mask_has_no_parts():
    labels, parts = find_parts(np.zeros((5, 6), bool))
    assert parts == [] and not labels.any()


def test_boxes_are_as_far_apart_as_the_axis_that_parts_them():
    assert distance((0, 0, 2, 2), (5, 1, 6, 9)) == 3 and distance((0, 0, 2, 2), (1, 6, 3, 8)) == 4
    assert distance((0, 0, 4, 4), (1, 1, 2, 2)) == 0
    assert around((0, 3, 2, 5), (1, 1, 7, 4)) == (0, 1, 7, 5)


@pytest.mark.parametrize("window", [1, 3, 7, 11])
@pytest.mark.parametrize("take", [np.maximum, np.minimum])
def test_extremes_are_those_of_the_square_around_each_pixel(window, take):
    values, reach = np.random.default_rng(window).random((13, 9)), window // 2
    found = extreme_around(values, window, take)
    for y, x in np.ndindex(values.shape):
        square = values[max(0, y - reach):y + reach + 1, max(0, x - reach):x + reach + 1]
        assert found[y, x] == take.reduce(square, axis=None)
