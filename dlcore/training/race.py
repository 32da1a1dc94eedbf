"""Networks that learn the same batches of a text, each for the same processor time: a transformer, and cells beside it.

A cell is a recurrent network of one layer whose units bring its parameters nearest to the transformer's. All read the
same tokens in the same windows, each from a state that knows nothing, and get the same batches in the same order; only
how many batches a network gets through in its time differs. A cell has a learning rate of its own; warm-up, schedule,
decay and clipping are the transformer's.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dlcore.data.texts import Texts
from dlcore.models.recurrent import RecurrentCell
from dlcore.models.transformer import build_transformer
from dlcore.seeds import derive
from dlcore.specs.recurrent import RecurrentNetwork, match_units
from dlcore.specs.texts import sides
from dlcore.specs.transformer import Transformer, TransformerTraining
from dlcore.specs.transformer_table import count_parameters
from dlcore.training.divergence import are_numbers
from dlcore.training.draws import seed_draws
from dlcore.training.optimizers import make_optimizer
from dlcore.training.precision import choose_half
from dlcore.training.schedules import warmed
from dlcore.training.sequence_tasks import FAST_HALF
from dlcore.training.transformer_examiner import TransformerExaminer
from dlcore.training.transformer_tasks import choose_precision, learn, to_device

CPU = torch.device("cpu")
EMBEDDING = 64      # numbers of a symbol, as a cell gets it
RATE = 0.003        # a cell's learning rate
MOST_UNITS = 4096
LOOKS = 16          # along a race, the closer the earlier


class CellModel(nn.Module):
    """A recurrent network that is asked as a language model is."""

    def __init__(self, cell: str, network: RecurrentNetwork, tokens: int):
        super().__init__()
        self.cell = RecurrentCell(cell, network, tokens, tokens, takes_numbers=False)

    def forward(self, ids: Tensor) -> Tensor:
        """Return logits (batch, time, tokens) behind each of the tokens (batch, time)."""
        return self.cell(ids)[0]


@dataclass(frozen=True)
class Course:
    """What is raced on: a language model's spec and texts, the `seconds` that each network gets, and how far along the
    schedule they bring it (`share` 1: to its end)."""

    spec: Transformer
    texts: Texts
    seconds: float
    share: float

    @property
    def moments(self) -> list[float]:
        """The seconds learned at which networks are looked at."""
        return [self.seconds * (look / LOOKS) ** 2 for look in range(LOOKS + 1)]


class Racer:
    """One network on its course: `kind` "transformer" or a cell's, `hidden` the units of a cell."""

    def __init__(self, course: Course, kind: str, model: nn.Module, training: TransformerTraining,
                 precision: torch.dtype, hidden: int | None = None):
        self.course, self.kind, self.model, self.hidden = course, kind, model, hidden
        self.training, self.precision = training, precision
        self.optimizer = make_optimizer(model, training)
        self.seconds, self.steps, self.tokens, self.bits, self.final = 0.0, 0, 0, nan, False
        self.curve: list[tuple[float, float]] = []
        self.lost = False  # its loss came to no number
        self._examiner = TransformerExaminer(course.spec, course.texts, CPU)

    def learn_until(self, moment: float) -> Iterator[None]:
        """Learn batch by batch until so many seconds are spent."""
        while self.seconds < moment and not self.lost:
            begun = time.thread_time()
            self._learn()
            self.seconds += time.thread_time() - begun
            yield

    def _learn(self) -> None:
        self._set_rate()
        batch = to_device(self.course.texts.batch(self.steps), CPU)
        seed_draws(derive(self.training.seed, "step", self.steps), CPU)
        _logits, loss, norm = learn(self.model, self.optimizer, batch, self.training.clip, self.precision)
        self.steps, self.tokens = self.steps + 1, self.tokens + batch[1].numel()
        self.lost = not are_numbers((loss, norm))

    def _set_rate(self) -> None:
        """Follow the schedule, whose end is foreseen from the time so far."""
        done = self.course.share * self.seconds / self.course.seconds
        total = round(self.steps / done) if done else self.steps + 1
        factor = warmed(self.training.schedule, self.steps, max(total, self.training.warmup + 1), self.training.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = self.training.learning_rate * factor

    def look(self, whole: bool = False) -> Iterator[None]:
        """Read held-out text, `whole`: all of it, a piece at a time; `bits` and `curve` tell what came of it."""
        found: dict = {}
        for known in self._examiner.examine(self.model, self.precision, whole):
            found = known
            yield
        self.bits, self.final = nan if self.lost else found["held_bits"] or nan, whole
        if not whole:
            self.curve.append((self.seconds, self.bits))

    def tell(self) -> dict:
        """Return what is known by now (see "transformer_race")."""
        return {"kind": self.kind, "bits": self.bits, "hidden": self.hidden, "seconds": self.seconds,
                "parameters": sum(weight.numel() for weight in self.model.parameters()),
                "window": self.course.spec.network.context, "steps": self.steps, "tokens": self.tokens,
                "rate": self.training.learning_rate, "curve": points(self.curve), "anew": True, "final": self.final}


def points(curve: list[tuple[float, float]]) -> NDArray[np.float32]:
    """Return a curve as (looks, 2)."""
    return np.array(curve, np.float32).reshape(-1, 2)


def start_cell(course: Course, cell: str) -> Racer:
    """Return a cell of about as many parameters as the transformer has, before its training."""
    spec, tokens = course.spec, sides(course.spec.data)[1]
    network = match_units(RecurrentNetwork(embedding=EMBEDDING), cell, tokens, count_parameters(spec), MOST_UNITS)
    torch.default_generator.manual_seed(derive(spec.training.seed, "weights", cell))
    model = CellModel(cell, network, tokens)
    training = replace(spec.training, learning_rate=RATE, optimizer="adamw")
    return Racer(course, cell, model, training, choose_half(training, network.hidden >= FAST_HALF[cell]),
                 network.hidden)


def start_transformer(course: Course) -> Racer:
    """Return the transformer before its training."""
    spec = course.spec
    return Racer(course, "transformer", build_transformer(spec), spec.training, choose_precision(spec))
