"""What it costs that states and events survive a power cut: waiting for the disk, as a share of the training.

    python -m pytest tests/benchmarks/measure_durability.py -s

Two trainings of each kind take turns on one core: one waits for the disk, the other does everything else alike. What
a block of them trains depends on who else uses the machine, so the share of the time that was waited is told too.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from dlcore.specs.data import ImageData
from dlcore.specs.diffusion import Diffusion
from dlcore.specs.experiment import Experiment
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.specs.recurrent import Recurrent
from dlcore.specs.training import Training
from dlcore.specs.transformer import Transformer
from dlcore.training import files
from dlcore.training.recorded import Recorded
from dlcore.training.recording import Recording
from dlcore.training.trainers import TRAINERS
from tests.benchmarks.figures import Figure, show, sized

KINDS = {"digits": Experiment(data=ImageData(train_size=60_000), training=Training(epochs=100)),
         "playground": Playground(training=PlaneTraining(epochs=100_000)), "recurrent": Recurrent(),
         "transformer": Transformer(), "diffusion": Diffusion()}
BLOCKS, SECONDS = sized(10, 40), 1.5  # of each of the two
TURN = 0.03


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Waiting:
    """Counts the seconds that the disk is waited for, or does not wait."""

    def __init__(self) -> None:
        self.seconds, self.times, self.on, self.fsync = 0.0, 0, True, os.fsync

    def __call__(self, descriptor: int) -> None:
        if self.on:
            begun = time.perf_counter()
            self.fsync(descriptor)
            self.seconds, self.times = self.seconds + time.perf_counter() - begun, self.times + 1


@pytest.mark.parametrize("kind", KINDS)
def test_waiting_for_the_disk_costs_less_than_one_percent_of_a_training(kind, tmp_path, monkeypatch):
    waiting = Waiting()
    monkeypatch.setattr(files.os, "fsync", waiting)
    pair = [begin(tmp_path / name, kind) for name in ("durable", "not")]
    rates: tuple[list[float], list[float]] = [], []
    spent = 0.0
    for block in range(BLOCKS):
        for which in (0, 1) if block % 2 else (1, 0):  # whoever is first in one block is last in the next
            waiting.on = which == 0
            seconds, items = train(pair[which])
            rates[which].append(items / seconds)
            spent += seconds
    pairs = [(with_it, without) for with_it, without in zip(*rates, strict=True) if without]
    show(f"{kind}: {BLOCKS} blocks of {SECONDS} s each", [
        Figure("trained while waiting for the disk, over without", [
            with_it / without for with_it, without in pairs], "times", least=0.99),
        Figure("the same of all blocks", [sum(rates[0]) / sum(rates[1])], "times", least=0.99),
        Figure("share of the time that was waited", [100 * waiting.seconds / spent], "%", most=1),
        Figure("a wait takes", [1000 * waiting.seconds / max(1, waiting.times)], "ms", note=f"{waiting.times} waits"),
    ])


def begin(folder: Path, kind: str) -> Recorded:
    spec = KINDS[kind]
    return TRAINERS[spec.kind](spec, Recording.create(folder / "runs" / "run", spec), None)


def train(trainer: Recorded) -> tuple[float, int]:
    """Train for a block in turns, as an engine's worker does; return the seconds and what was shown."""
    begun, items = time.perf_counter(), trainer.items_seen
    while time.perf_counter() < begun + SECONDS:
        trainer.advance(TURN)
    return time.perf_counter() - begun, trainer.items_seen - items
