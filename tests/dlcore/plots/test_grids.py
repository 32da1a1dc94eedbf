"""Small pictures beside each other."""

import pytest

from dlcore.plots.grids import layout


@pytest.mark.parametrize(
    ("count", "columns", "expected"),
    [(0, None, (0, 0)), (1, None, (1, 1)), (8, None, (3, 3)), (9, None, (3, 3)), (32, 16, (2, 16)), (3, 16, (1, 3))],
)
def test_pictures_are_laid_out_nearly_square_or_as_wide_as_asked(count, columns, expected):
    assert layout(count, columns) == expected
