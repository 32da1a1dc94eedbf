"""Letters drawn at random and said over and over: what comes can be known from the second time on, and then is asked.

How many letters are said again differs from text to text, so that no fixed distance helps: one has to look where the
same letter stood before, and what came behind it.
"""

import numpy as np
from numpy.typing import NDArray

from dlcore.data.tokens import IGNORED, TokenBatch, Tokens
from dlcore.seeds import derive
from dlcore.specs.texts import LETTERS
from dlcore.specs.transformer import Transformer, steps_per_epoch

HELD = 512    # texts that are kept back
LOOKED = 128  # of them are read at a look


class Repeats:
    """The texts of a spec, drawn anew at every step, and their tokens (`target`; there is no source)."""

    source = None

    def __init__(self, spec: Transformer):
        self.size, self.seed, self.context = spec.training.batch_size, spec.training.seed, spec.network.context
        self.per_epoch = steps_per_epoch(spec)
        self.target = Tokens(tuple(LETTERS))
        self.longest = 0, self.context
        self.held = [draw_repeats(HELD, self.context, np.random.default_rng(derive(0, "held out")))]

    @property
    def tokens_per_epoch(self) -> int:
        """Tokens that are asked for in an epoch, about: the mean of the kept texts."""
        return self.per_epoch * self.size * self.held[0].asked // HELD

    def batch(self, step: int) -> TokenBatch:
        """Return the batch of a step."""
        return draw_repeats(self.size, self.context, np.random.default_rng(derive(self.seed, "batch", step)))

    def looked(self) -> list[TokenBatch]:
        """Return those kept texts that are read at every look."""
        return [self.held[0].part(0, LOOKED)]


def draw_repeats(count: int, context: int, rng: np.random.Generator) -> TokenBatch:
    """Return so many texts; from a quarter to a half of the context is said over and over."""
    periods = rng.integers(context // 4, context // 2 + 1, size=(count, 1))
    said = rng.integers(len(LETTERS), size=(count, context // 2))
    places = np.arange(context + 1)
    rows: NDArray[np.int64] = np.take_along_axis(said, places % periods, axis=1)
    return TokenBatch(None, rows[:, :-1], np.where(places[:-1] < periods, IGNORED, rows[:, 1:]))
