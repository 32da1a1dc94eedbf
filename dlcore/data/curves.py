"""Curves over a plane that a line of neurons can imitate."""

import numpy as np
from numpy.typing import NDArray

from dlcore.specs.neuron import KNOTS, LEFT, RIGHT, Line

POINTS = 193  # four between two knots


def places(count: int = POINTS) -> NDArray[np.float64]:
    """Return evenly spaced places from the left of the plane to its right."""
    return np.linspace(LEFT, RIGHT, count)


def heights(line: Line, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the height of a line's curve at some places."""
    match line.curve:
        case "sine":
            return np.sin(2 * x)
        case "step":
            return np.where(x < 0, -1.0, 1.0)
        case "bump":
            return np.exp(-2 * x**2)
        case _:
            return np.interp(x, places(KNOTS), line.drawn)
