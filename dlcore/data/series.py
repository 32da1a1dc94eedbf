"""Series of numbers to foretell: waves that are drawn anew, or an uploaded column."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data.columns import load_column
from dlcore.specs.sequences import HELD_SHARE, SequenceData

WAVES, PERIODS = 2, (8, 40)  # sines in a mixture, and their shortest and longest period in steps
FADES = (20, 80)             # steps in which a damped wave falls to 1/e


def draw_waves(data: SequenceData, count: int, length: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return waves (count, length) of deviation about 1 (a damped one begins with amplitude √2), with their noise."""
    time = np.arange(length)
    if data.wave == "mixture":
        ranges = (PERIODS, (0, 2 * np.pi), (0.5, 1))
        period, phase, size = (rng.uniform(*bounds, (count, WAVES, 1)) for bounds in ranges)
        parts = size * np.sin(2 * np.pi * time / period + phase)
        clean = parts.sum(1) / np.sqrt((size**2).sum(1) / 2)
    else:
        period, phase, fade = (rng.uniform(*bounds, (count, 1)) for bounds in (PERIODS, (0, 2 * np.pi), FADES))
        clean = np.sqrt(2) * np.exp(-time / fade) * np.sin(2 * np.pi * time / period + phase)
    return (clean + data.noise / 100 * rng.standard_normal(clean.shape)).astype(np.float32)


class Column:
    """An uploaded column in deviations from its mean (of the part that is learned from), and its two parts."""

    def __init__(self, data: SequenceData, home: Path | None):
        values = load_column(home, data.column)
        edge = len(values) - int(len(values) * HELD_SHARE)
        self.mean = float(values[:edge].mean())
        self.deviation = float(values[:edge].std()) or 1.0
        scaled = ((values - self.mean) / self.deviation).astype(np.float32)
        self.train, self.held = scaled[:edge], scaled[edge:]

    def windows(self, length: int, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return training windows (count, length) from anywhere."""
        first = rng.integers(len(self.train) - length + 1, size=count)
        return self.train[first[:, None] + np.arange(length)]

    def held_windows(self, length: int, most: int) -> NDArray[np.float32]:
        """Return held-out windows (at most `most`, length), evenly spread."""
        places = len(self.held) - length + 1
        first = np.unique(np.linspace(0, places - 1, min(most, places)).astype(int))
        return self.held[first[:, None] + np.arange(length)]
