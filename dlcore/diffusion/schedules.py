"""How much of the picture is left at time t, and how much of it is noise: x_t = α_t x₀ + σ_t ε (numpy only).

Time is counted in steps from 0 (the data) to T = 1000 (noise alone). "linear", "cosine" and "sigmoid" are tables of
ᾱ_t with α = √ᾱ and σ = √(1 − ᾱ); "flow" is the straight line of a rectified flow, α = 1 − t/T and σ = t/T, defined
between the steps too.
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

T = 1000
CURVES = ("linear", "cosine", "sigmoid")
PATHS = (*CURVES, "flow")
MOST_BETA = 0.999

Array = NDArray[np.float64]


@cache
def alpha_bar(path: str) -> Array:
    """Return ᾱ_t for t = 0 ... T, (T + 1,): the share of the picture's variance that is left."""
    if path == "sigmoid":
        return _sigmoid_alpha_bar()
    if path == "flow":
        return (1 - np.arange(T + 1) / T) ** 2
    return np.concatenate([[1.0], np.cumprod(1 - betas(path))])  # DDPM eq. 4: ᾱ_t = Π (1 − β_s)


@cache
def betas(path: str) -> Array:
    """Return β_t for t = 1 ... T, (T,): the variance of the noise that step t adds (DDPM eq. 2)."""
    match path:
        case "linear":
            return np.linspace(1e-4, 0.02, T)  # DDPM, arXiv:2006.11239, section 4
        case "cosine":
            cosine = _cosine(np.arange(T + 1) / T)
            return np.minimum(1 - cosine[1:] / cosine[:-1], MOST_BETA)  # arXiv:2102.09672
        case "sigmoid":
            table = alpha_bar("sigmoid")
            return 1 - table[1:] / table[:-1]
        case _:
            raise ValueError(f"{path} has no betas")


def _cosine(u: Array) -> Array:
    """Improved DDPM eq. 17: f(t) = cos²((t/T + s) / (1 + s) · π/2)."""
    s = 0.008
    return np.cos((u + s) / (1 + s) * np.pi / 2) ** 2


def _sigmoid_alpha_bar(start: float = -3.0, end: float = 3.0, tau: float = 1.0) -> Array:
    """The sigmoid schedule of arXiv:2301.10972, algorithm 1."""
    def sigmoid(x: ArrayLike) -> ArrayLike:
        return 1 / (1 + np.exp(-np.asarray(x) / tau))

    u = np.arange(T + 1) / T
    table = (sigmoid(end) - sigmoid(u * (end - start) + start)) / (sigmoid(end) - sigmoid(start))
    return np.clip(table, 1e-9, 1.0)


def signal(path: str, t: ArrayLike) -> Array:
    """Return α_t: what the picture is multiplied with; the curves are tables, read at the nearest step."""
    if path == "flow":
        return 1 - np.asarray(t, float) / T
    return np.sqrt(alpha_bar(path)[_step(t)])


def noise(path: str, t: ArrayLike) -> Array:
    """Return σ_t: what the noise is multiplied with."""
    if path == "flow":
        return np.asarray(t, float) / T
    return np.sqrt(1 - alpha_bar(path)[_step(t)])


def _step(t: ArrayLike) -> NDArray[np.int64]:
    return np.clip(np.round(np.asarray(t)), 0, T).astype(int)


def signal_to_noise(path: str, t: ArrayLike) -> Array:
    """Return α²/σ²; infinite at the data."""
    with np.errstate(divide="ignore"):
        return np.square(signal(path, t)) / np.square(noise(path, t))


def add_noise(x0: NDArray, epsilon: NDArray, path: str, t: float) -> NDArray:
    """Return x_t = α_t x₀ + σ_t ε, the closed form (DDPM eq. 4), for any shape of x₀."""
    return float(signal(path, t)) * x0 + float(noise(path, t)) * epsilon


def add_step_by_step(x0: NDArray, path: str, t: int, generator: np.random.Generator) -> NDArray:
    """Return x_t by t small steps of their own noise (DDPM eq. 2); in distribution the same as the closed form."""
    x = np.asarray(x0, float)
    for beta in betas(path)[:t]:
        x = np.sqrt(1 - beta) * x + np.sqrt(beta) * generator.standard_normal(x.shape)
    return x


def spaced(steps: int, start: float = T) -> list[tuple[float, float]]:
    """Return the pairs (t, t_next) of so many even steps from `start` down to 0, in whole numbers where they fit."""
    ends = np.linspace(start, 0, steps + 1)
    whole = np.round(ends)
    ends = whole if len(np.unique(whole)) == len(whole) else ends
    return [(float(t), float(t_next)) for t, t_next in zip(ends, ends[1:])]
