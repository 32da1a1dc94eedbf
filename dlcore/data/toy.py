"""Points on a plane for the playground, by numpy alone: the same spec gives the same points.

The classic sets (circle, xor, gauss, spiral, plane, multi_gauss) are made as in TensorFlow's Neural Network Playground:
on most of them noise moves a point only when its class is decided, so that it blurs the boundary.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dlcore.data.tables import load_table
from dlcore.specs.plane import EDGE, PlaneData

Drawn = tuple[NDArray[np.float64], NDArray]  # points (n, 2); classes, or numbers from -1 to 1 (n,)
RADIUS = 5.0


@dataclass(frozen=True)
class Points:
    """Points (n, 2) as float32 with their targets (n,): uint8 classes, or float32 numbers where `classes` is empty."""

    train: NDArray[np.float32]
    train_targets: NDArray
    test: NDArray[np.float32]
    test_targets: NDArray
    classes: tuple[str, ...]


def make_points(data: PlaneData, home: Path | None) -> Points:
    """Return the points of a spec, shared out; uploaded tables are kept under `home`: DataError where one is gone."""
    generator = np.random.default_rng(data.seed)
    names = tuple(map(str, range(data.class_count)))
    if data.dataset == "table":
        table = load_table(home, data.table)
        points, targets = table.points, table.labels
        names = (*table.names, *names[len(table.names):])
    else:
        points, targets = draw(data, generator)
    order = generator.permutation(len(points))
    count = data.train_count - len(data.own)
    train, test = order[:count], order[count:]
    own = np.array(data.own, float).reshape(-1, 3)
    own_targets = 2 * own[:, 2] - 1 if data.regression else own[:, 2]
    kind = np.float32 if data.regression else np.uint8
    return Points(np.concatenate([points[train], own[:, :2]]).astype(np.float32),
                  np.concatenate([targets[train], own_targets]).astype(kind),
                  points[test].astype(np.float32), targets[test].astype(kind), names)


def features_of(points: NDArray, names: tuple[str, ...]) -> NDArray[np.float32]:
    """Return the features (n, features) of points (n, 2): what the network gets of each."""
    x1, x2 = np.asarray(points, np.float32).T
    known = {"x1": x1, "x2": x2, "x1^2": x1 * x1, "x2^2": x2 * x2, "x1*x2": x1 * x2, "sin(x1)": np.sin(x1),
             "sin(x2)": np.sin(x2)}
    return np.stack([known[name] for name in names], 1)


def grid(side: int) -> NDArray[np.float32]:
    """Return the middles of the squares of a plane cut into side x side: (side·side, 2), from the top left, by rows."""
    middles = ((np.arange(side) + 0.5) / side * 2 - 1) * EDGE
    x1, x2 = np.meshgrid(middles, -middles)
    return np.stack([x1.ravel(), x2.ravel()], 1).astype(np.float32)


def draw(data: PlaneData, generator: Generator) -> Drawn:
    """Return the points of a data set that come from a formula; none of the set "own"."""
    count, noise = data.drawn, data.noise / 100
    if count == 0:
        return np.zeros((0, 2)), np.zeros(0)
    if data.dataset in ("rings", "spirals"):
        return (_rings if data.dataset == "rings" else _spirals)(count, noise, generator, data.classes)
    if data.dataset in BOUNDARIES:
        return _beside(BOUNDARIES[data.dataset], count, noise, generator)
    return _MAKERS[data.dataset](count, noise, generator)


def _circle(count: int, noise: float, generator: Generator) -> Drawn:
    inner = np.arange(count) < count // 2
    radius = np.where(inner, generator.uniform(0, 0.5, count), generator.uniform(0.7, 1, count)) * RADIUS
    points = _polar(radius, generator.uniform(0, 2 * np.pi, count))
    blurred = points + generator.uniform(-RADIUS, RADIUS, (count, 2)) * noise
    return points, np.hypot(*blurred.T) < 0.5 * RADIUS


def _xor(count: int, noise: float, generator: Generator) -> Drawn:
    points = generator.uniform(-RADIUS, RADIUS, (count, 2))
    points += np.where(points > 0, 0.3, -0.3)  # a gap along the axes
    blurred = points + generator.uniform(-RADIUS, RADIUS, (count, 2)) * noise
    return points, blurred[:, 0] * blurred[:, 1] >= 0


def _gauss(count: int, noise: float, generator: Generator) -> Drawn:
    labels = np.arange(count) % 2
    variance = 0.5 + 7 * noise
    return (4.0 * labels - 2)[:, None] + generator.normal(0, np.sqrt(variance), (count, 2)), labels


def _spiral(count: int, noise: float, generator: Generator) -> Drawn:
    return _spirals(count, noise, generator, 2)


def _spirals(count: int, noise: float, generator: Generator, arms: int) -> Drawn:
    labels, along = np.arange(count) % arms, (np.arange(count) // arms) / (count / arms)
    angle = (3.5 / arms * along + labels / arms) * 2 * np.pi
    return _polar(along * RADIUS, angle) + generator.uniform(-1, 1, (count, 2)) * noise, labels


def _moons(count: int, noise: float, generator: Generator) -> Drawn:
    labels, angle = np.arange(count) % 2, generator.uniform(0, np.pi, count)
    sign = 1 - 2 * labels
    points = np.stack([sign * np.cos(angle) + labels - 0.5, sign * np.sin(angle) + labels / 2 - 0.25], 1) * 3.3
    return points + generator.normal(0, 2 * noise, (count, 2)), labels


def _rings(count: int, noise: float, generator: Generator, rings: int) -> Drawn:
    labels = np.arange(count) % rings
    radius = (labels + generator.uniform(0.2, 0.8, count)) / rings * 1.1 * RADIUS
    points = _polar(radius, generator.uniform(0, 2 * np.pi, count))
    return points + generator.normal(0, 2 * noise, (count, 2)), labels


def _beside(boundary: Callable[[NDArray], NDArray], count: int, noise: float, generator: Generator) -> Drawn:
    """Return points above (class 1) and below (class 0) of a curve."""
    points = generator.uniform(-EDGE, EDGE, (count, 2))
    return points, points[:, 1] + generator.uniform(-EDGE, EDGE, count) * noise > boundary(points[:, 0])


def _plane(count: int, noise: float, generator: Generator) -> Drawn:
    points = generator.uniform(-EDGE, EDGE, (count, 2))
    blurred = points + generator.uniform(-EDGE, EDGE, (count, 2)) * noise
    return points, np.clip(blurred.sum(1) / 10, -1, 1)


def _multi_gauss(count: int, noise: float, generator: Generator) -> Drawn:
    points = generator.uniform(-EDGE, EDGE, (count, 2))
    blurred = points + generator.uniform(-EDGE, EDGE, (count, 2)) * noise
    hills = np.array([[-4, 2.5, 1], [0, 2.5, -1], [4, 2.5, 1], [-4, -2.5, -1], [0, -2.5, 1], [4, -2.5, -1]])
    distance = np.hypot(*(blurred[:, None, :] - hills[:, :2]).transpose(2, 0, 1))  # (n, hills)
    return points, (hills[:, 2] * np.clip(1 - distance / 2, 0, 1)).sum(1)  # no two hills overlap


def _polar(radius: NDArray, angle: NDArray) -> NDArray[np.float64]:
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], 1)


BOUNDARIES: dict[str, Callable[[NDArray], NDArray]] = {
    "sine": lambda x: 3 * np.sin(x),
    "cubic": lambda x: 0.08 * x**3 - 1.2 * x,
    "abs": lambda x: 1.5 * np.abs(x) - 4,
}
_MAKERS: dict[str, Callable[[int, float, Generator], Drawn]] = {
    "circle": _circle, "xor": _xor, "gauss": _gauss, "spiral": _spiral, "moons": _moons, "plane": _plane,
    "multi_gauss": _multi_gauss,
}
