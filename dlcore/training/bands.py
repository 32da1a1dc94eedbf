"""What trainings that differ in their seed alone have in common: a band, and whether a difference is larger (numpy)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Comparison:
    """The difference of two settings' means at the end, and the width of the wider band: smaller is noise."""

    difference: float
    band: float

    @property
    def is_noise(self) -> bool:
        """Whether another seed makes as large a difference as the other settings."""
        return abs(self.difference) <= self.band


def last_values(curves: NDArray) -> NDArray:
    """Return the last number of each curve (seeds, points) that has one."""
    ends = [curve[np.isfinite(curve)][-1:] for curve in np.asarray(curves, float)]
    return np.concatenate([np.zeros(0), *ends])


def compare(one: NDArray, other: NDArray) -> Comparison | None:
    """Compare the curves (seeds, points) of two settings by where they end; None where one of them has no end."""
    ends = [last_values(curves) for curves in (one, other)]
    if not all(map(len, ends)):
        return None
    return Comparison(float(ends[1].mean() - ends[0].mean()), float(max(np.ptp(values) for values in ends)))
