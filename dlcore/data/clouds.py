"""Points on a plane that a diffusion learns to draw, by numpy alone: the same spec gives the same points."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dlcore.seeds import derive
from dlcore.specs.diffusion import DiffusionData

RADIUS = 5.0
SCALE = 3.0        # the plane is divided by this, so that its points deviate by about one


def make_cloud(data: DiffusionData, purpose: str = "train") -> NDArray[np.float32]:
    """Return the points (n, 2) of a spec; another `purpose` gives other points of the same set (own ones are all)."""
    if data.dataset == "own":
        return np.array(data.own, np.float32).reshape(-1, 2)
    generator = np.random.default_rng(derive(data.seed, "cloud", purpose))
    points = SETS[data.dataset](data.points, generator)
    return (points + generator.normal(0, data.noise / 50, points.shape)).astype(np.float32)


def _swirl(count: int, generator: Generator) -> NDArray:
    """Return points evenly along a spiral of one arm and a half turn more."""
    along = np.sqrt(generator.uniform(0.02, 1, count))
    return _polar(along * RADIUS, along * 3 * np.pi)


def _moons(count: int, generator: Generator) -> NDArray:
    upper, angle = np.arange(count) % 2 == 0, generator.uniform(0, np.pi, count)
    sign = np.where(upper, 1, -1)
    return np.stack([sign * np.cos(angle) - 0.5 * sign, sign * np.sin(angle) - 0.25 * sign], 1) * 3.3


def _rings(count: int, generator: Generator) -> NDArray:
    radius = np.where(generator.uniform(0, 1, count) < 1 / 3, 2.0, RADIUS - 0.5)
    return _polar(radius, generator.uniform(0, 2 * np.pi, count))


def _polar(radius: NDArray, angle: NDArray) -> NDArray:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


SETS = {"swirl": _swirl, "moons": _moons, "rings": _rings}
