"""The forward process of diffusion (arXiv 2006.11239): a picture becomes noise, at once or step by step.

A schedule is an array alphas (steps + 1,) of ᾱ_t, from about 1 at t = 0 down to about 0.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
LEAST, MOST = 1e-9, 0.999  # of ᾱ at the end, and of a single step's β


def alpha_bars(schedule: str, steps: int) -> NDArray[np.float64]:
    """Return ᾱ_0 to ᾱ_steps of the linear (arXiv 2006.11239), cosine (2102.09672) or sigmoid (2212.11972) schedule."""
    t = np.arange(steps + 1) / steps
    match schedule:
        case "linear":
            betas = np.linspace(1e-4, 0.02, steps) * 1000 / steps
        case "cosine":
            wave = np.cos((t + 0.008) / 1.008 * np.pi / 2) ** 2
            betas = np.minimum(1 - wave[1:] / wave[:-1], MOST)
        case _:
            curve = 1 / (1 + np.exp(6 * t - 3))
            return np.maximum((curve - curve[-1]) / (curve[0] - curve[-1]), LEAST)
    return np.concatenate([[1], np.cumprod(1 - betas)])


def mix_noise(picture: Floats, noise: Floats, alpha: float) -> Floats:
    """Return x_t = √ᾱ_t·x₀ + √(1 − ᾱ_t)·ε (eq. 4), of the picture's shape."""
    return np.float32(alpha**0.5) * picture + np.float32((1 - alpha) ** 0.5) * noise


def betas_of(alphas: Floats) -> NDArray[np.float64]:
    """Return β_1 to β_T (steps,): the share of noise that each single step puts in, 1 − ᾱ_t/ᾱ_{t−1}."""
    alphas = np.asarray(alphas, np.float64)
    return np.clip(1 - alphas[1:] / alphas[:-1], 0, 1)


def walk_chain(start: Floats, alphas: Floats, draws: Floats, every: int = 1) -> Floats:
    """Return x_0, x_every, x_2·every, ... of the chain x_t = √(1 − β_t)·x_{t−1} + √β_t·ε_t (eq. 2).

    `start` is x_0 (n,), `draws` (steps, n) are the noises of the steps; the result is (steps // every + 1, n).
    """
    betas = betas_of(alphas)
    kept, spread = np.sqrt(1 - betas).astype(np.float32), np.sqrt(betas).astype(np.float32)
    now, states = np.asarray(start, np.float32), [np.asarray(start, np.float32)]
    for step, draw in enumerate(draws):
        now = kept[step] * now + spread[step] * draw
        if (step + 1) % every == 0:
            states.append(now)
    return np.stack(states)


def draw_histograms(values: Floats, reach: float, bins: int) -> Floats:
    """Return the density of each row's values in equal bins from -reach to reach; (rows, n) to (rows, bins)."""
    edges = np.clip(((values + reach) / (2 * reach) * bins).astype(int), 0, bins - 1)
    rows = np.arange(len(values))[:, None] * bins
    counts = np.bincount((rows + edges).ravel(), minlength=len(values) * bins).reshape(len(values), bins)
    return (counts / values.shape[1] * bins / (2 * reach)).astype(np.float32)
