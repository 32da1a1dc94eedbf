"""The forward process of diffusion (arXiv 2006.11239): a picture becomes noise, at once or step by step.

A path (dlcore.diffusion.schedules) says by α_t what is left of the picture at time t, and by σ_t how much noise there
is. At once, x_t = α_t·x₀ + σ_t·ε; the chain of single steps arrives at the same distribution.
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


def betas_of(alphas: Floats) -> NDArray[np.float64]:
    """Return β_1 to β_T (steps,): the share of noise that each single step puts in, 1 − ᾱ_t/ᾱ_{t−1}."""
    alphas = np.asarray(alphas, np.float64)
    return np.clip(1 - alphas[1:] / alphas[:-1], 0, 1)


def split_steps(signals: NDArray, spreads: NDArray) -> tuple[Floats, Floats]:
    """Return of each single step what it keeps of x_{t−1} and what noise it adds, (steps,) each.

    `signals` and `spreads` are α_0 ... α_T and σ_0 ... σ_T. Where α² + σ² = 1 these are √(1 − β_t) and √β_t (eq. 2).
    """
    signals, spreads = np.asarray(signals, np.float64), np.asarray(spreads, np.float64)
    kept = signals[1:] / signals[:-1]
    added = np.maximum(spreads[1:] ** 2 - (kept * spreads[:-1]) ** 2, 0)
    return kept.astype(np.float32), np.sqrt(added).astype(np.float32)


def walk_chain(start: Floats, steps: tuple[Floats, Floats], draws: Floats, every: int = 1) -> Floats:
    """Return x_0, x_every, x_2·every, ... of the chain x_t = kept_t·x_{t−1} + added_t·ε_t.

    `start` is x_0 (n,), `steps` as from split_steps, `draws` (steps, n) their noises; to (steps // every + 1, n).
    """
    now = np.asarray(start, np.float32)
    states = [now]
    for step, (kept, added, draw) in enumerate(zip(*steps, draws, strict=True), 1):
        now = kept * now + added * draw
        if step % every == 0:
            states.append(now)
    return np.stack(states)


def draw_histograms(values: Floats, reach: float, bins: int) -> Floats:
    """Return the density of each row's values in equal bins from -reach to reach; (rows, n) to (rows, bins)."""
    edges = np.clip(((values + reach) / (2 * reach) * bins).astype(int), 0, bins - 1)
    rows = np.arange(len(values))[:, None] * bins
    counts = np.bincount((rows + edges).ravel(), minlength=len(values) * bins).reshape(len(values), bins)
    return (counts / values.shape[1] * bins / (2 * reach)).astype(np.float32)
