"""Training without a browser: the same Trainer, talking in JSON."""

import time
from collections.abc import Callable
from pathlib import Path

import torch

from dlcore.specs.experiment import Experiment
from dlcore.training.recording import Recording
from dlcore.training.trainer import Trainer

TURN = 0.5  # seconds between two lines, about


def train(experiment: Experiment, say: Callable[[dict], None], *, threads: int = 0, folder: Path | None = None
          ) -> Trainer:
    """Train to the end; every event is said, the last line is the evaluation on all held-out digits."""
    if threads or experiment.training.reproducible:
        torch.set_num_threads(1 if experiment.training.reproducible else threads)
    recording = Recording.create(folder, experiment) if folder else None
    begun, trainer = time.perf_counter(), Trainer(experiment, recording)
    measured: dict = {}
    while not trainer.finished:
        trainer.advance(TURN)
        for event in trainer.take_events():
            say(event | {"seconds": round(time.perf_counter() - begun, 3)})
            measured = event if "test_accuracy" in event else measured
    say({"kind": "evaluation", "steps": trainer.step, "test_loss": measured["test_loss"],
         "test_accuracy": measured["test_accuracy"], "seconds": round(time.perf_counter() - begun, 3)})
    return trainer
