"""Induction heads: on a text that is said twice they look at what came behind the same token the first time.

Source: Olsson et al., "In-context learning and induction heads", 2022, arXiv:2209.11895.
"""

import numpy as np
from numpy.typing import NDArray

from dlcore.seeds import derive


def say_twice(symbols: int, length: int, texts: int, seed: int) -> NDArray[np.int64]:
    """Return random tokens (texts, 2 · length), the second half like the first; each token once, if they last."""
    rng = np.random.default_rng(derive(seed, "induction"))
    if length <= symbols:
        said = np.stack([rng.permutation(symbols)[:length] for _text in range(texts)])
    else:
        said = rng.integers(symbols, size=(texts, length))
    return np.tile(said, 2)


def score_induction(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean weight (layers, heads) from each token of the second half to the one behind its first time.

    weights (layers, heads, time, time), or with a batch (texts, layers, heads, time, time), over which the mean is too.
    """
    half = weights.shape[-1] // 2
    return _mean_along(weights, np.arange(half, 2 * half), 1 - half)


def score_previous(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean weight (layers, heads) from each token to the one before it; shapes as in `score_induction`."""
    return _mean_along(weights, np.arange(1, weights.shape[-1]), -1)


def chance(length: int) -> float:
    """Return the induction score of a head that looks at all tokens up to its own alike, for texts of 2 · length."""
    return float((1 / (np.arange(length, 2 * length) + 1)).mean())


def _mean_along(weights: NDArray[np.float32], rows: NDArray[np.int64], by: int) -> NDArray[np.float32]:
    along = weights[..., rows, rows + by].mean(-1)
    return along.reshape(-1, *along.shape[-2:]).mean(0)
