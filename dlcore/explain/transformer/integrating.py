"""Integrated gradients of a score for embedded tokens, in pieces that fit into a turn.

Source: Sundararajan, Taly and Yan, 2017, arXiv:1703.01365. The path goes straight from embeddings of 0 to those of the
tokens. On it the score of a trained network bends sharply in some places (near 0 a layer norm makes large of whatever
is small), so evenly spread points would miss much. But over every part of the path the gradients must add up to the
change of the score, and both are known: parts where they do not are halved until they do.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

PARTS = 8      # of the path, to begin with
POINTS = 8     # in each part, by Gauss and Legendre's rule
MOST = 1_024   # points in all
TOKENS = 256   # of points that are passed at once, so that a pass fits into a turn
APART = 0.01   # how far the sum may lie from its promise, relative to it

Score = Callable[[list[Tensor]], Tensor]


@dataclass(frozen=True)
class Attribution:
    """What each token of each side adds to the score, (tokens,) a side; `promise` is what all must add up to: the
    score of the tokens less the score where every embedding is 0. `steps` are the points where gradients were taken."""

    values: list[np.ndarray]
    promise: float
    steps: int

    @property
    def means_something(self) -> bool:
        """Whether there is something to be ranked: what the values add up to is more than what they miss it by."""
        return abs(self.promise) > max(APART, abs(self.sum - self.promise))

    @property
    def sum(self) -> float:
        """What the values add up to."""
        return float(sum(side.sum() for side in self.values))


def integrate(score: Score, embedded: Sequence[Tensor]) -> Generator[float, None, Attribution]:
    """Yield the share of the path done; return what the tokens of embedded sides (tokens, width) add to a score.

    The score (batch,) is of sides (batch, tokens, width).
    """
    ends, heights = (np.linspace(0, 1, PARTS + 1) ** 2).tolist(), {}
    for end in ends:
        heights[end] = _height(score, embedded, end)
        yield 0.0
    promise = heights[1.0] - heights[0.0]
    near = APART * max(1.0, abs(promise)) / PARTS
    left, total, steps, done = [*zip(ends[:-1], ends[1:])], [0.0] * len(embedded), 0, 0.0
    while left:
        first, last = left.pop(0)
        added, steps = [torch.zeros(len(side)) for side in embedded], steps + POINTS
        for places, weights in _spread(first, last, max(1, TOKENS // sum(map(len, embedded)))):
            _add_up(added, score, embedded, places, weights)
            yield min(1.0, done)
        missed = abs(sum(side.sum().item() for side in added) - (heights[last] - heights[first]))
        if missed > near and steps + POINTS * len(left) < MOST:
            middle = (first + last) / 2
            heights[middle] = _height(score, embedded, middle)
            left = [(first, middle), (middle, last), *left]
        else:
            total, done = [one + other for one, other in zip(total, added)], done + last - first
        yield min(1.0, done)
    return Attribution([side.numpy() for side in total], promise, steps)


@torch.no_grad()
def _height(score: Score, embedded: Sequence[Tensor], place: float) -> float:
    """Return the score at a place of the path."""
    return score([place * side[None] for side in embedded]).item()


def _spread(first: float, last: float, at_once: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the places of a part of the path, some at once, with what each stands for in the integral."""
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    places = torch.from_numpy((first + (points + 1) / 2 * (last - first)).astype(np.float32))
    weights = torch.from_numpy((weights / 2 * (last - first)).astype(np.float32))
    yield from zip(places.split(at_once), weights.split(at_once))


def _add_up(added: list[Tensor], score: Score, embedded: Sequence[Tensor], places: Tensor, weights: Tensor) -> None:
    """Add what each token of each side adds at some places of the path."""
    sides = [(places[:, None, None] * side).requires_grad_() for side in embedded]
    slopes = torch.autograd.grad(score(sides).sum(), sides)
    for total, slope, side in zip(added, slopes, embedded):
        total += ((weights[:, None, None] * slope).sum(0) * side).sum(-1)
