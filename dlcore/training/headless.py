"""Training without a browser: the same Trainer, talking in JSON."""

import time
from collections.abc import Callable
from math import inf
from pathlib import Path

import torch

from dlcore.specs.learning import Learner
from dlcore.training.recorded import Recorded
from dlcore.training.recording import Recording
from dlcore.training.trainers import TRAINERS

TURN = 0.5  # seconds between two lines, about


def train(experiment: Learner, say: Callable[[dict], None], *, threads: int = 0, folder: Path | None = None,
          compiled: bool = False, steps: float = inf) -> Recorded:
    """Train to the end, or for so many steps; every event is said, the last line is the evaluation on all that was
    held out.

    DerinError where the training comes to no number.
    """
    if threads or experiment.training.reproducible:
        torch.set_num_threads(1 if experiment.training.reproducible else threads)
    recording = Recording.create(folder, experiment) if folder else None
    begun, trainer = time.perf_counter(), TRAINERS[experiment.kind](experiment, recording, None)
    measured: dict = {}
    if compiled:
        trainer.compile()
    while not trainer.finished and trainer.step < steps:
        trainer.advance(TURN if steps == inf else 0)
        for event in trainer.take_events():
            say(event | {"seconds": round(time.perf_counter() - begun, 3)})
            tests = {name: value for name, value in event.items() if "test_" in name}
            measured = tests or measured
        if trainer.diverged is not None:
            raise trainer.diverged
    say({"kind": "evaluation", "steps": trainer.step, **measured, "seconds": round(time.perf_counter() - begun, 3)})
    return trainer
