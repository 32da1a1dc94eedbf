"""Deletion and insertion: take away what a map calls important and watch the probability fall, or put it in first."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dlcore.explain.question import Question
from dlcore.seeds import derive
from dlcore.specs.saliency import SLOPES

STEPS = 24       # parts in which the pixels are removed
RANDOM_DRAWS = 8  # orders of the control that knows nothing


@dataclass(frozen=True, eq=False)
class Curves:
    """The probability of the class after each part, from none of the pixels to all, and the mean of each curve.

    `deletion` falls early where the order is good, `insertion` rises early; float32 (STEPS + 1,).
    """

    deletion: np.ndarray
    insertion: np.ndarray

    @property
    def areas(self) -> tuple[float, float]:
        """The areas under the two curves, between 0 and 1."""
        return tuple(float(np.trapezoid(curve) / STEPS) for curve in (self.deletion, self.insertion))


def order_pixels(question: Question, values: np.ndarray, method: str = "") -> Tensor:
    """Return the pixels by what a map says of them, the most important first; of slopes the size counts.

    Only those pixels are in it that differ from the baseline: the others cannot be taken away.
    """
    importance = torch.from_numpy(np.abs(values) if method in SLOPES else np.asarray(values)).flatten()
    order = importance.argsort(descending=True, stable=True)
    differs = (question.picture != question.baseline).any(1).flatten()
    return order[differs[order]]


def random_orders(question: Question) -> list[Tensor]:
    """Return orders that know nothing."""
    pixels = order_pixels(question, np.zeros(question.picture.shape[2:], np.float32))
    draws = (torch.Generator().manual_seed(derive(0, "order", draw)) for draw in range(RANDOM_DRAWS))
    return [pixels[torch.randperm(len(pixels), generator=draw)] for draw in draws]


def remove_in(question: Question, order: Tensor) -> Curves:
    """Return what taking the pixels away in an order, and putting them in, does to the class's probability."""
    picture, baseline = question.picture.flatten(2), question.baseline.flatten(2)
    taken, put = picture.repeat(STEPS + 1, 1, 1), baseline.repeat(STEPS + 1, 1, 1)
    for step in range(1, STEPS + 1):
        first = order[: round(len(order) * step / STEPS)]
        taken[step, :, first] = baseline[0, :, first]
        put[step, :, first] = picture[0, :, first]
    shape = (-1, *question.picture.shape[1:])
    return Curves(*(_probabilities(question, pictures.reshape(shape)) for pictures in (taken, put)))


def mean_curves(several: list[Curves]) -> Curves:
    """Return the mean of some curves."""
    return Curves(np.mean([one.deletion for one in several], 0), np.mean([one.insertion for one in several], 0))


def _probabilities(question: Question, pictures: Tensor) -> np.ndarray:
    chunks = pictures.contiguous(memory_format=torch.channels_last).split(question.at_once)
    return torch.cat([question.snapshot.score(chunk)[:, question.target] for chunk in chunks]).numpy()
