"""Small pictures laid out as one."""

import numpy as np
import pytest

from dlcore.plots.grids import join_pictures, layout


@pytest.mark.parametrize(
    ("count", "columns", "expected"),
    [(0, None, (0, 0)), (1, None, (1, 1)), (8, None, (3, 3)), (9, None, (3, 3)), (32, 16, (2, 16)), (3, 16, (1, 3))],
)
def test_pictures_are_laid_out_nearly_square_or_as_wide_as_asked(count, columns, expected):
    assert layout(count, columns) == expected


def test_three_pictures_in_two_columns_by_hand():
    pictures = np.array([[[1, 2]], [[3, 4]], [[5, 6]]], np.uint8)
    assert join_pictures(pictures, columns=2, gap=1, fill=9).tolist() == [[1, 2, 9, 3, 4], [9] * 5, [5, 6, 9, 9, 9]]


def test_no_pictures_make_an_empty_sheet():
    assert join_pictures(np.zeros((0, 4, 4), np.uint8)).size == 0
