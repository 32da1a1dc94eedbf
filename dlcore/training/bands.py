"""What trainings that differ in their seed alone have in common: a band, and whether a difference is larger (numpy)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcore.training.significance import LEVEL, permutation_test


@dataclass(frozen=True)
class Comparison:
    """The difference of two settings' means at the end, and the share of chance divisions that differ as much."""

    difference: float
    chance: float

    @property
    def is_noise(self) -> bool:
        """Whether other seeds alone could make as large a difference."""
        return self.chance >= LEVEL


def end_values(curves: NDArray) -> NDArray:
    """Return where the curves (seeds, points) end; one that came to no number has no end."""
    ends = np.asarray(curves, float)[:, -1]
    return ends[np.isfinite(ends)]


def share_outside(count: int) -> float:
    """Return how often, at most, another seed lies outside the band of so many: it is as likely in any place."""
    return 2 / (count + 1)


def compare(one: NDArray, other: NDArray) -> Comparison | None:
    """Compare the curves (seeds, points) of two settings by where they end; None where one of them has no end."""
    ends = [end_values(curves) for curves in (one, other)]
    if not all(map(len, ends)):
        return None
    return Comparison(float(ends[1].mean() - ends[0].mean()), permutation_test(*ends))
