"""The order of an epoch's points, a function of the seed and the epoch alone: the same for the compiled loop.

A Fisher-Yates shuffle whose random numbers are those of SplitMix64 (Steele, Lea and Flood, 2014), begun anew for every
epoch; dlcore.training.kernel does the same in machine code.
"""

import numpy as np
from numpy.typing import NDArray

from dlcore.seeds import derive

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def order_key(seed: int) -> np.uint64:
    """Return what the orders of a run's epochs are drawn from."""
    return np.uint64(derive(seed, "order"))


def order_of(key: np.uint64, epoch: int, count: int) -> NDArray[np.int64]:
    """Return the points 0 ... count-1 in the order of an epoch."""
    steps = np.arange(1, count, dtype=np.uint64)[::-1]  # the places count-1 ... 1
    with np.errstate(over="ignore"):
        start = _mix(key + (np.uint64(epoch) + np.uint64(1)) * GOLDEN)
        drawn = _mix(start + (np.uint64(count) - steps) * GOLDEN)
        partners = ((drawn >> np.uint64(32)) * (steps + np.uint64(1))) >> np.uint64(32)
    order = list(range(count))
    for place, partner in zip(steps.tolist(), partners.tolist()):
        order[place], order[partner] = order[partner], order[place]
    return np.array(order)


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * MIX[0]
    z = (z ^ (z >> np.uint64(27))) * MIX[1]
    return z ^ (z >> np.uint64(31))
