"""What can be measured in the picture of a digit: how thick its stroke is, how it slants, how wide it is (numpy)."""

import numpy as np
from numpy.typing import NDArray

CHUNK = 2_000
MEASURES = ("stroke", "slant", "width")
THIRDS = np.array([  # of MNIST training digits, by digit and measure: the bounds of the middle third (a test compares)
    ((2.358, 2.936), (6.811, 17.34), (0.7706, 0.9207)),
    ((2.168, 2.651), (4.815, 19.6), (0.1603, 0.2046)),
    ((2.233, 2.758), (-1.226, 11.74), (0.63, 0.7786)),
    ((2.106, 2.552), (-2.928, 9.028), (0.5284, 0.6304)),
    ((2.081, 2.55), (-4.634, 10.79), (0.7442, 0.9244)),
    ((1.965, 2.374), (3.619, 19.37), (0.5911, 0.709)),
    ((2.164, 2.701), (-3.937, 6.916), (0.5975, 0.7621)),
    ((2.151, 2.614), (-4.592, 8.219), (0.5446, 0.6749)),
    ((2.101, 2.596), (3.786, 16.07), (0.5025, 0.6107)),
    ((2.042, 2.484), (-6.157, 6.269), (0.5588, 0.6837)),
], np.float32)


def measure(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return of each picture (n, side, side) its MEASURES (n, 3).

    stroke   mean width of the stroke in pixels: twice the ink over the length of its edge (the total variation)
    slant    of the ink's main axis in degrees from upright, right is positive: the shear that would undo it, from
             the second moments
    width    deviation of the ink sideways (its slant undone) over that upwards
    """
    parts = [_measure(pictures[first: first + CHUNK]) for first in range(0, len(pictures), CHUNK)]
    return np.concatenate(parts) if parts else np.zeros((0, 3), np.float32)


def _measure(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    ink = pictures.astype(np.float32) / 255
    total = np.maximum(ink.sum((1, 2)), 1e-6)
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    across, along = np.diff(padded, axis=2)[:, :-1], np.diff(padded, axis=1)[:, :, :-1]
    edge = np.maximum(np.sqrt(across**2 + along**2).sum((1, 2)), 1e-6)
    places = np.arange(ink.shape[1], dtype=np.float32)
    columns, rows = ink.sum(1), ink.sum(2)
    x, y = columns @ places / total, rows @ places / total
    xx = columns @ places**2 / total - x**2
    yy = np.maximum(rows @ places**2 / total - y**2, 1e-6)
    xy = np.einsum("nij,i,j->n", ink, places, places, optimize=True) / total - x * y
    shear = -xy / yy                                    # rows count downwards: to the right is positive
    width = np.sqrt(np.maximum(xx - xy**2 / yy, 0) / yy)
    return np.stack([2 * total / edge, np.degrees(np.arctan(shear)), width], 1).astype(np.float32)


def levels(values: NDArray, labels: NDArray) -> NDArray[np.int64]:
    """Return in which third of the MNIST digits of its kind each measure (n, 3) lies: 0, 1 or 2."""
    return (values[:, :, None] > THIRDS[labels]).sum(2)
