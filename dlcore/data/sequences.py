"""Sequences as the cells get them: training batches that depend on seed and step alone, and those kept back."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data import memory_tasks
from dlcore.data.grammar import grammar
from dlcore.data.series import Column, draw_waves
from dlcore.data.text import NAMES, load_names, load_plays, vocabulary
from dlcore.seeds import derive
from dlcore.specs.recurrent import Recurrent, steps_per_epoch
from dlcore.specs.sequences import SequenceData

IGNORED = -100       # the target of a step that asks for nothing; among numbers it is NaN
HELD = 512           # held-out sequences of tasks that are drawn anew
LOOKED = 8_192       # held-out symbols that are read at a look; all of them at the end


@dataclass(frozen=True)
class Batch:
    """Sequences side by side.

    `inputs`: numbers of symbols (batch, time), or float32 (batch, time, width). `targets` (batch, time): numbers of
    symbols, IGNORED where nothing is asked, or float32 with NaN there.
    """

    inputs: NDArray
    targets: NDArray

    @property
    def symbols(self) -> int:
        """How many steps there are in it, padding included."""
        return self.targets.size

    def part(self, first: int, last: int) -> "Batch":
        """Return some of its sequences."""
        return Batch(self.inputs[first:last], self.targets[first:last])


class Sequences:
    """The training and the held-out sequences of a spec; uploaded columns are kept under `home`."""

    def __init__(self, spec: Recurrent, home: Path | None = None):
        self.data, self.size, self.seed = spec.data, spec.training.batch_size, spec.training.seed
        self.per_epoch = steps_per_epoch(spec)
        uploaded = self._is("series") and spec.data.wave == "column"
        self.column = Column(spec.data, home) if uploaded else None
        self._names = _pad(load_names()[0]) if self._is("names") else None
        self._order: tuple[int, NDArray] = (-1, np.arange(0))
        self.held = self._held()

    @property
    def symbols_per_epoch(self) -> int:
        """Symbols that are asked for in one epoch, or steps of sequences that ask at their end alone."""
        if self._names is not None:
            return int((self._names.targets != IGNORED).sum())
        return self.per_epoch * self.size * self.data.length

    def batch(self, step: int) -> Batch:
        """Return the batch of a step."""
        if self._is("names"):
            return self._some_names(step)
        rng = np.random.default_rng(derive(self.seed, "batch", step))
        return self._draw(self.size, rng, load_plays()[0] if self._is("shakespeare") else None)

    def looked(self) -> Batch:
        """Return the held-out sequences that are read at every look, evenly spread."""
        count = len(self.held.targets)
        wanted = max(1, LOOKED // self.held.targets.shape[1])
        if count <= wanted:
            return self.held
        chosen = np.linspace(0, count - 1, wanted).astype(int)
        return Batch(self.held.inputs[chosen], self.held.targets[chosen])

    def _is(self, task: str) -> bool:
        return self.data.task == task

    def _some_names(self, step: int) -> Batch:
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._order[0]:
            rng = np.random.default_rng(derive(self.seed, "order", epoch))
            self._order = epoch, rng.permutation(len(self._names.inputs))
        chosen = self._order[1][place * self.size: (place + 1) * self.size]
        return _cut(self._names.inputs[chosen], self._names.targets[chosen])

    def _draw(self, count: int, rng: np.random.Generator, plays: NDArray | None = None) -> Batch:
        data, length = self.data, self.data.length
        match data.task:
            case "shakespeare":
                first = rng.integers(len(plays) - length, size=count)
                return shifted(plays[first[:, None] + np.arange(length + 1)].astype(np.int64))
            case "grammar":
                return _sentences(data, count, rng)
            case "series" if self.column:
                return shifted(self.column.windows(length + 1, count, rng))
            case "series":
                return shifted(draw_waves(data, count, length + 1, rng))
            case _:
                return _asked_last(*memory_tasks.draw(data, count, rng))

    def _held(self) -> Batch:
        data = self.data
        if data.task == "names":
            names = _pad(load_names()[1])
            return _cut(names.inputs, names.targets)
        if data.task == "shakespeare":
            plays = load_plays()[1]
            whole = (len(plays) - 1) // data.length * data.length
            return Batch(plays[:whole].reshape(-1, data.length).astype(np.int64),
                         plays[1: whole + 1].reshape(-1, data.length).astype(np.int64))
        if data.task == "series":
            return shifted(self.held_series()[:, : data.length + 1])
        return self._draw(HELD, np.random.default_rng(derive(0, "held out")))

    def held_series(self) -> NDArray[np.float32]:
        """Return the held-out series (count, length + horizon): what is given, and what is to be foretold."""
        length = self.data.length + self.data.horizon
        if self.column:
            return self.column.held_windows(length, HELD)
        return draw_waves(self.data, HELD, length, np.random.default_rng(derive(0, "held out")))


def shifted(rows: NDArray) -> Batch:
    """Return sequences that ask at every step for the next symbol, or number, of `rows` (count, length + 1)."""
    inputs = rows[:, :-1]
    return Batch(inputs[:, :, None] if rows.dtype == np.float32 else inputs, rows[:, 1:])


def _sentences(data: SequenceData, count: int, rng: np.random.Generator) -> Batch:
    words = grammar(data.language).sentences(count, data.length, rng)
    start = np.full((count, 1), vocabulary(data).start)
    return shifted(np.concatenate([start, words], 1))


def _asked_last(inputs: NDArray, asked: NDArray) -> Batch:
    numbers = asked.dtype == np.float32
    targets = np.full(inputs.shape[:2], np.nan if numbers else IGNORED, asked.dtype)
    targets[:, -1] = asked
    return Batch(inputs, targets)


def _pad(names: tuple[str, ...]) -> Batch:
    """Return names as sequences: the start, then letter by letter; asked for are the letters and then the end."""
    longest = max(map(len, names)) + 1
    inputs = np.full((len(names), longest), NAMES.start)
    targets = np.full((len(names), longest), IGNORED)
    for row, name in enumerate(names):
        letters = [NAMES.numbers[letter] for letter in name]
        inputs[row, 1: len(name) + 1] = letters
        targets[row, : len(name) + 1] = [*letters, NAMES.start]
    return Batch(inputs, targets)


def _cut(inputs: NDArray, targets: NDArray) -> Batch:
    longest = (targets != IGNORED).sum(1).max()
    return Batch(inputs[:, :longest], targets[:, :longest])

