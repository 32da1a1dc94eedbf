"""Whether a difference may be chance, and how far a share can be trusted: exact tests and intervals (numpy).

All of them hold at the ends too, where every answer is right and the usual standard error √(p(1 − p)/n) is zero.
"""

from itertools import combinations
from math import comb, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.05   # a difference that chance alone makes less often than this is said to be hardly by chance
Z = 1.959964   # of a normal distribution's values 95 % lie so many deviations around its mean
SAME = 1e-9    # differences of means that are equal but for rounding


def wilson_interval(right: float, count: float) -> tuple[float, float]:
    """Return between which shares the true one lies, with 95 % confidence (Wilson, 1927)."""
    share, square = right / count, Z * Z / count
    middle = share + square / 2
    reach = Z * sqrt(share * (1 - share) / count + square / (4 * count))
    return max(0.0, (middle - reach) / (1 + square)), min(1.0, (middle + reach) / (1 + square))


def effective_count(right: ArrayLike, asked: ArrayLike) -> float:
    """Return how many independent answers are worth as much as those of some texts, `right` of `asked` in each.

    The tokens of one text are not independent: where the share that is right differs more from text to text than that
    of independent tokens would, so many fewer count (the design effect; Kish, 1965).
    """
    right, asked = np.asarray(right, float), np.asarray(asked, float)
    texts, count = len(right), asked.sum()
    share = right.sum() / count
    if texts < 2 or not 0 < share < 1:
        return float(count)
    usual = share * (1 - share) / (count - 1)
    found = texts / (texts - 1) * ((right - share * asked) ** 2).sum() / count**2
    return float(count / max(1.0, found / usual))


def paired_test(differences: ArrayLike) -> float:
    """Return how often chance alone would make a sum of differences as far from zero: the exact sign-flip test.

    The differences are whole numbers, one for each text that was read twice, such as the answers that were lost: were
    there no difference, each could as well have the other sign. Of answers that are right or wrong it is McNemar's
    exact test.
    """
    sizes = np.abs(np.asarray(differences, np.int64))
    sum_, reach = abs(int(np.sum(differences))), int(sizes.sum())
    chances = np.zeros(2 * reach + 1)  # of each sum from -reach to reach
    chances[reach] = 1.0
    for size in sizes[sizes > 0]:
        chances = (np.roll(chances, size) + np.roll(chances, -size)) / 2  # what is rolled over the ends is zero
    far = np.abs(np.arange(-reach, reach + 1)) >= sum_
    return min(1.0, float(chances[far].sum()))


def permutation_test(one: ArrayLike, other: ArrayLike) -> float:
    """Return which share of all ways to divide two groups anew makes their means differ as much (Fisher, 1935)."""
    values, size = np.concatenate([np.asarray(one, float), np.asarray(other, float)]), len(np.asarray(one))
    ways = np.array(list(combinations(range(len(values)), size)))
    means = values[ways].sum(1) / size, (values.sum() - values[ways].sum(1)) / (len(values) - size)
    found = abs(np.mean(other) - np.mean(one))
    return float((np.abs(means[1] - means[0]) >= found - SAME * (1 + found)).sum() / comb(len(values), size))


def hardly_by_chance(shares: ArrayLike, of: int | None = None) -> NDArray[np.bool_]:
    """Return which of several tests found a difference that is hardly by chance, at LEVEL for all together.

    Of many tests some come out small by chance alone, so the smallest has to be as many times smaller (Holm, 1979).
    `of` counts those too that are not known yet.
    """
    shares = np.asarray(shares, float)
    found, tests = np.zeros(len(shares), bool), len(shares) if of is None else of
    for place, index in enumerate(np.argsort(shares, kind="stable")):
        if shares[index] * (tests - place) >= LEVEL:
            break
        found[index] = True
    return found
