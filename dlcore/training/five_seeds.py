"""The same playground with several seeds: how much of a difference is nothing but chance."""

from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np

from dlcore.specs import codec
from dlcore.specs.playground import Playground
from dlcore.training.plane_trainer import PlaneTrainer

SEEDS, POINTS = 5, 100


class FiveSeeds:
    """The Job that trains "spec" (a plain Playground) with "seeds" (5) seeds, one after the other, its own first.

    Its result: "epochs" float32 (points,), "seeds", "gear" (what trained last), and for each metric of a frame, such as
    "test_loss", its curves float32 (seeds, points), NaN where there is none (yet).
    """

    def __init__(self, request: dict, home: Path):
        spec: Playground = codec.from_dict(request["spec"], "playground")
        self._spec, self._home = replace(spec, training=replace(spec.training, pace=0)), home
        first, count = spec.training.seed, min(int(request.get("seeds", SEEDS)), 20)
        self.seeds = [(first + number) % 2**31 for number in range(count)]
        self.epochs = np.unique(np.linspace(0, spec.training.epochs, POINTS + 1).round().astype(int))
        self._curves: dict[str, np.ndarray] = {}
        self._trainer: PlaneTrainer | None = None
        self._seed = self._point = 0

    @property
    def progress(self) -> float:
        """How much of the work is done."""
        now = self._trainer.epoch / self._spec.training.epochs if self._trainer else 0.0
        return min(1.0, (self._seed + now) / len(self.seeds))

    @property
    def finished(self) -> bool:
        """Whether all seeds have been trained."""
        return self._seed == len(self.seeds)

    @property
    def result(self) -> dict:
        """What is known so far."""
        gear = self._trainer.gears.current.name if self._trainer else "autograd"
        return {"epochs": self.epochs.astype(np.float32), "seeds": self.seeds, "gear": gear, **self._curves}

    def advance(self, seconds: float) -> None:
        """Train for about that long."""
        end = perf_counter() + seconds
        while not self.finished and perf_counter() < end:
            if self._trainer is None:
                training = replace(self._spec.training, seed=self.seeds[self._seed])
                self._trainer = PlaneTrainer(replace(self._spec, training=training), home=self._home)
            goal = int(self.epochs[self._point]) * self._trainer.autograd.per_epoch
            self._trainer.advance(end - perf_counter(), until=goal)
            self._trainer.take_events()
            if self._trainer.step >= goal or self._trainer.over:
                self._note()

    def _note(self) -> None:
        """Keep the metrics of this epoch and go on to the next, or to the next seed."""
        lost = self._trainer.diverged is not None
        for name, value in ({} if lost else self._trainer.measure()).items():
            nothing = np.full((len(self.seeds), len(self.epochs)), np.nan, np.float32)
            self._curves.setdefault(name, nothing)[self._seed, self._point] = np.nan if value is None else value
        self._point += 1
        if lost or self._point == len(self.epochs):
            self._seed, self._point = self._seed + 1, 0
            self._trainer = self._trainer if self.finished else None
