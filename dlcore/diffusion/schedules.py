"""How much of the data is left at time t, and how much of it is noise: x_t = α_t x₀ + σ_t ε (numpy only).

Time is counted in steps from 0 (the data) to T = 1000 (noise alone). "linear", "cosine" and "sigmoid" are tables of
ᾱ_t (dlcore.diffusion.forward) with α = √ᾱ and σ = √(1 − ᾱ); "flow" is the straight line of a rectified flow,
arXiv:2209.03003, α = 1 − t/T and σ = t/T, defined between the steps too.
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.diffusion.forward import alpha_bars

T = 1000
PATHS = ("linear", "cosine", "sigmoid", "flow")

Array = NDArray[np.float64]


@cache
def alpha_bar(path: str) -> Array:
    """Return ᾱ_t for t = 0 ... T, (T + 1,): the share of the data's variance that is left; of a flow, α²."""
    return (1 - np.arange(T + 1) / T) ** 2 if path == "flow" else alpha_bars(path, T)


def signal(path: str, t: ArrayLike) -> Array:
    """Return α_t: what the data is multiplied with; the curves are tables, read at the nearest step."""
    return 1 - np.asarray(t, float) / T if path == "flow" else np.sqrt(alpha_bar(path)[_step(t)])


def noise(path: str, t: ArrayLike) -> Array:
    """Return σ_t: what the noise is multiplied with."""
    return np.asarray(t, float) / T if path == "flow" else np.sqrt(1 - alpha_bar(path)[_step(t)])


def _step(t: ArrayLike) -> NDArray[np.int64]:
    return np.clip(np.round(np.asarray(t)), 0, T).astype(int)


def spaced(steps: int, start: float = T) -> list[tuple[float, float]]:
    """Return the pairs (t, t_next) of so many even steps from `start` down to 0, in whole numbers where they fit."""
    ends = np.linspace(start, 0, steps + 1)
    whole = np.round(ends)
    ends = whole if len(np.unique(whole)) == len(whole) else ends
    return [(float(t), float(t_next)) for t, t_next in zip(ends, ends[1:])]
