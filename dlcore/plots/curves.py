"""Curves made short enough to be sent and drawn at every tick."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_POINTS = 400


def thin(curve: ArrayLike, points: int = MOST_POINTS) -> NDArray[np.float32]:
    """Return at most `points` points of a curve, keeping its ends and the extremes between them.

    (2, n) steps over values to float32 (2, m), m <= points (at least 4); gaps (values that are not numbers) survive.
    """
    curve = np.atleast_2d(np.asarray(curve, np.float64))
    if curve.shape[1] <= points:
        return curve.astype(np.float32)
    return curve[:, _keep(curve[1], points)].astype(np.float32)


def _keep(values: NDArray[np.float64], points: int) -> NDArray[np.intp]:
    """Return which points to keep: both ends, and of each stretch between them its lowest and its highest."""
    inner = len(values) - 2
    edges = np.linspace(1, 1 + inner, (points - 2) // 2 + 1).astype(int)
    stretches = zip(edges[:-1], edges[1:])
    picked = [low + offset for low, high in stretches if high > low for offset in _extremes(values[low:high])]
    return np.unique([0, *picked, len(values) - 1])


def _extremes(values: NDArray[np.float64]) -> tuple[int, int]:
    """Return where a stretch is lowest and highest; its first break, where it has one, is one of the two."""
    if np.isfinite(values).all():
        return int(values.argmin()), int(values.argmax())
    finite = np.nan_to_num(values, nan=-np.inf, neginf=-np.inf, posinf=-np.inf)
    return int(np.argmin(np.isfinite(values))), int(finite.argmax())


def find_gap(training: ArrayLike, held_out: ArrayLike, ratio: float = 1.25, floor: float = 0.02) -> float | None:
    """Return the step from which held-out loss stays above training loss, or None while it does not.

    Two curves (2, n) of steps over loss; a gap is open where held-out exceeds both `ratio` times and `floor` above
    training, at every later point up to the last one.
    """
    training, held_out = np.atleast_2d(training), np.atleast_2d(held_out)
    if training.shape[1] == 0 or held_out.shape[1] == 0:
        return None
    fitted = np.interp(held_out[0], training[0], training[1])
    shut = np.flatnonzero(~(held_out[1] > np.maximum(ratio * fitted, fitted + floor)))
    first = int(shut[-1]) + 1 if len(shut) else 0
    return float(held_out[0, first]) if first < held_out.shape[1] else None
