"""Many small pictures laid out as one."""

import math

import numpy as np
from numpy.typing import NDArray


def layout(count: int, columns: int | None = None) -> tuple[int, int]:
    """Return rows and columns that hold `count` pictures: nearly square, or as wide as asked."""
    if count <= 0:
        return 0, 0
    columns = min(columns or math.ceil(math.sqrt(count)), count)
    return math.ceil(count / columns), columns


def join_pictures(
    pictures: NDArray[np.uint8], columns: int | None = None, gap: int = 1, fill: int = 0
) -> NDArray[np.uint8]:
    """Return one picture of many, row by row, with `gap` pixels between them.

    (count, height, width) to (rows·(height + gap) - gap, columns·(width + gap) - gap).
    """
    count, height, width = pictures.shape
    rows, columns = layout(count, columns)
    sheet = np.full((max(rows * (height + gap) - gap, 0), max(columns * (width + gap) - gap, 0)), fill, pictures.dtype)
    for index, picture in enumerate(pictures):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet
