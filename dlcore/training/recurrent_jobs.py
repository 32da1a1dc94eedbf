"""The longer pieces of work of the Recurrent page; their requests are told in dlcore.explain.recurrent."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from dlcore.errors import N_, SpecError
from dlcore.explain.inside_cells import show_gradients
from dlcore.explain.recurrent_snapshot import RecurrentSnapshot
from dlcore.explain.snapshot import load
from dlcore.explain.telling import make_generator
from dlcore.explain.units import held_rows, read_level, read_unit, tell_places
from dlcore.specs import codec
from dlcore.specs.recurrent import Recurrent, check
from dlcore.specs.sequences import MOST_LENGTH
from dlcore.training.recording import Recording
from dlcore.training.recurrent_trainer import RecurrentTrainer
from dlcore.training.work import Work

ROWS = 8             # of the held-out text, read in one piece
SOLVED = 0.98        # share of held-out sequences answered right from which a task counts as solved
PIECE = 0.03         # seconds of training in one piece
SECONDS = (5, 600)   # that a verdict may take
MOST_DELAYS = 12
BEFORE = 4           # steps before what is asked for, at least


class _OfSnapshot(Work):
    """Work on the snapshot that the request names."""

    @cached_property
    def snapshot(self) -> RecurrentSnapshot:
        """The cells; loaded in the first turn."""
        return load(self.request["model"], self.home)


class Generate(_OfSnapshot):
    """Makes up texts symbol by symbol; the result so far can be read on the way."""

    def run(self) -> Iterator[float]:
        """Add a symbol at a time."""
        generator = make_generator(self.snapshot, self.request)
        while not generator.done:
            generator.step()
            self.result = generator.tell(self.snapshot.vocabulary)
            yield generator.made / generator.length


class FindPlaces(_OfSnapshot):
    """Finds the places of the held-out text where a unit is on as in a span."""

    def run(self) -> Iterator[float]:
        """Read some rows at a time."""
        unit = read_unit(self.snapshot, self.request)
        level, values = read_level(self.snapshot, unit, self.request), []
        rows, _ = held_rows(self.snapshot)
        for first in range(0, len(rows), ROWS):
            values.append(unit.values(self.snapshot, torch.from_numpy(rows[first: first + ROWS])))
            yield min(1.0, (first + ROWS) / len(rows))
        self.result = tell_places(self.snapshot, np.concatenate(values), level)


class GradientHistory(Work):
    """Measures the gradients back through time at each snapshot of a run."""

    def run(self) -> Iterator[float]:
        """Take one snapshot at a time."""
        recording = Recording(self.home / "runs" / Path(str(self.request["model"]["run"])).name)
        steps, told = recording.snapshots(), []
        for done, step in enumerate(steps, 1):
            snapshot = load({**self.request["model"], "step": step}, self.home)
            told.append(show_gradients(snapshot, self.request))
            self.result = _stacked(steps[:done], told)
            yield done / len(steps)


def _stacked(steps: list[int], told: list[dict]) -> dict:
    cells = {name: {"hidden": np.stack([moment["cells"][name]["hidden"] for moment in told]),
                    "input": np.stack([moment["cells"][name]["input"] for moment in told]),
                    "factor": np.array([moment["cells"][name]["factor"] for moment in told], np.float32)}
             for name in told[0]["cells"]}
    return {"steps": list(steps), "at": told[0]["at"], "inputs": told[0]["inputs"], "cells": cells}


class Verdict(Work):
    """Finds which cells learn a memory task at which delay, all with the same batches and the same number of steps."""

    def __init__(self, request: dict, home: Path):
        self.spec: Recurrent = codec.from_dict(request["spec"], "recurrent")
        self.delays = sorted({int(delay) for delay in request["delays"]})[:MOST_DELAYS]
        self.seconds = min(max(float(request.get("seconds", 60)), SECONDS[0]), SECONDS[1])
        if not self.spec.data.is_memory:
            raise SpecError("data.task", N_("Only the memory tasks have a delay. Choose recall, adding or brackets."))
        for delay in self.delays:
            check(delayed(self.spec, delay))
        super().__init__(request, home)

    def run(self) -> Iterator[float]:
        """Train all cells at one delay after the other; what a short delay does not use is left to the longer ones."""
        cells, shape = self.spec.network.cells, (len(self.spec.network.cells), len(self.delays))
        accuracy, steps = np.full(shape, np.nan, np.float32), np.zeros(shape, np.int32)
        begun = time.perf_counter()
        for place, delay in enumerate(self.delays):
            left = self.seconds - (time.perf_counter() - begun)
            end = time.perf_counter() + left / (len(self.delays) - place)
            for told in _try(delayed(self.spec, delay), end):
                for row, cell in enumerate(cells):
                    accuracy[row, place], steps[row, place] = told.get(cell, (np.nan, 0))
                spent = time.perf_counter() - begun
                self.result = {"delays": self.delays, "cells": list(cells), "accuracy": accuracy.copy(),
                               "solved": accuracy >= SOLVED, "steps": steps.copy(), "seconds": spent}
                yield min(1.0, max(spent / self.seconds, place / len(self.delays)))


def delayed(spec: Recurrent, delay: int) -> Recurrent:
    """Return a memory task with another delay, and without an end of its training.

    Its sequences begin before what is asked for (where there is room), which else would be known as their first symbol.
    """
    data = replace(spec.data, delay=delay, length=min(1 + delay + max(BEFORE, delay // 2), MOST_LENGTH))
    training = replace(spec.training, epochs=1000, schedule="constant")
    return replace(spec, data=data, training=training, changes=())


def _try(spec: Recurrent, end: float) -> Iterator[dict[str, tuple[float, int]]]:
    """Train until a time, or until every cell has solved the task or exploded; yield (accuracy, steps) of each cell."""
    trainer, told = RecurrentTrainer(spec), {}
    while len(trainer.idle) < len(spec.network.cells) and not trainer.finished:
        trainer.advance(PIECE)
        for event in trainer.take_events():
            for cell in spec.network.cells:
                accuracy = event.get(f"{cell}.held_accuracy")
                if accuracy is not None and cell not in trainer.idle:
                    told[cell] = accuracy, trainer.step
                    trainer.idle |= {cell} if accuracy >= SOLVED else set()
        yield told
        if time.perf_counter() >= end:
            return


JOBS: dict[str, Callable[[dict, Path], Work]] = {
    "recurrent_generate": Generate, "recurrent_unit": FindPlaces, "recurrent_history": GradientHistory,
    "recurrent_verdict": Verdict,
}
