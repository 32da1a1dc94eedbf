"""Integrated gradients of a score for embedded tokens, in pieces that fit into a turn.

Source: Sundararajan, Taly and Yan, 2017, arXiv:1703.01365.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

STEPS = 64   # points of the path
AT_ONCE = 8  # of them in one pass


@dataclass(frozen=True)
class Attribution:
    """What each token of each side adds to the score, (tokens,) a side; `promise` is what all must add up to: the
    score of the tokens less the score where every embedding is 0."""

    values: list[np.ndarray]
    promise: float

    @property
    def sum(self) -> float:
        """What the values add up to."""
        return float(sum(side.sum() for side in self.values))


def integrate(score: Callable[[list[Tensor]], Tensor], embedded: Sequence[Tensor], steps: int = STEPS
              ) -> Generator[float, None, Attribution]:
    """Yield the share done after each piece; return what the tokens of embedded sides (tokens, width) add to a score.

    The score (batch,) is of sides (batch, tokens, width). The path from 0 is integrated by Gauss and Legendre's rule.
    """
    points, shares = np.polynomial.legendre.leggauss(steps)
    places = torch.from_numpy(((points + 1) / 2).astype(np.float32))
    shares = torch.from_numpy((shares / 2).astype(np.float32))
    total = [torch.zeros_like(side) for side in embedded]
    for first in range(0, steps, AT_ONCE):
        piece = slice(first, first + AT_ONCE)
        for side, slopes in zip(total, _slopes(score, embedded, places[piece])):
            side += (shares[piece, None, None] * slopes).sum(0)
        yield min(1.0, (first + AT_ONCE) / steps)
    with torch.no_grad():
        ends = [score([side[None] * share for side in embedded]).item() for share in (1.0, 0.0)]
    values = [(side * slopes).sum(-1).numpy() for side, slopes in zip(embedded, total)]
    return Attribution(values, ends[0] - ends[1])


def _slopes(score: Callable[[list[Tensor]], Tensor], embedded: Sequence[Tensor], places: Tensor) -> Sequence[Tensor]:
    """Return the gradients (places, tokens, width) of the score at some places of the path."""
    sides = [(places[:, None, None] * side).requires_grad_() for side in embedded]
    return torch.autograd.grad(score(sides).sum(), sides)
