"""How fast a diffusion learns and draws, on one core.

    python -m pytest tests/benchmarks/measure_diffusion.py -s
"""

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from dlcore.explain.diffusion_snapshot import DiffusionSnapshot
from dlcore.explain.requests import REQUESTS
from dlcore.explain.snapshot import load
from dlcore.specs.diffusion import Diffusion, learn_from
from dlcore.training.diffusion_trainer import DiffusionTrainer
from dlcore.training.jobs import JOBS
from dlcore.training.pretrain_diffusion import HERE, draw, read
from tests.benchmarks.figures import Figure, seconds_of, show, sized

LIVE_SECONDS = 120
JUDGED = 200
PROMPTS = {"pretrained": "prompts"}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    yield
    torch.set_num_threads(before)


def test_digits_are_drawn_after_two_minutes_of_live_training():
    """Eager, class-conditional, everything at its default, looks and samples included in the time."""
    trainer, begun = DiffusionTrainer(Diffusion()), time.process_time()
    told: dict[int, float] = {}
    drawn, shown = [], 0
    while time.process_time() - begun < LIVE_SECONDS:
        trainer.advance(0.2)
        if trainer.frame()["step"] != shown:
            shown = trainer.frame()["step"]
            drawn.append(time.process_time() - begun)
        for mark in (30, 60, 90, LIVE_SECONDS):
            if mark not in told and time.process_time() - begun >= mark:
                pause = time.process_time()
                told[mark] = read_right(trainer)
                begun += time.process_time() - pause
    show(f"A live training of {LIVE_SECONDS} CPU seconds, one thread, {trainer.precision}", [
        Figure("trained on", [trainer.items_seen / LIVE_SECONDS], "pictures/CPU-s"),
        *(Figure(f"guided digits read right after {mark} CPU-s", [100 * share], "%",
                 least=90 if mark == LIVE_SECONDS else None) for mark, share in told.items()),
        Figure("samples in the first ten CPU-s", [sum(at < 10 for at in drawn)], "", least=4),
        Figure("between two samples", np.diff(drawn).tolist(), "CPU-s", most=8),
    ])


def read_right(trainer: DiffusionTrainer) -> float:
    snapshot = DiffusionSnapshot(trainer.experiment, trainer.mean, trainer.step)
    digits = np.arange(JUDGED) % 10
    return float((read(draw(snapshot, digits.tolist(), range(JUDGED))) == digits).mean())


def test_drawing_is_quick():
    def job(kind: str, **sampling) -> list[float]:
        def once() -> None:
            made = JOBS[kind]({"model": PROMPTS, "sampling": sampling}, HERE)
            while not made.finished:
                made.advance(0.03)
        once()
        return [seconds_of(once) for _ in range(sized(3, 7))]

    walks = [1000 * seconds / 50 for seconds in job("diffusion_walk", steps=50)]
    show("Drawing with the prompted model, guided, one thread", [
        Figure("16 pictures, 10 steps", job("diffusion_many", steps=10, count=16), "s", most=0.6),
        Figure("16 pictures, 50 steps", job("diffusion_many", steps=50, count=16), "s", most=2.5),
        Figure("one picture's step, with attention", walks, "ms", most=10),
        Figure("a hundred pictures judged, 10 steps", job("diffusion_measure", steps=10, count=100), "s"),
    ])


def test_points_are_learned_in_seconds():
    spec = learn_from(Diffusion(), "swirl")
    trainer, begun = DiffusionTrainer(replace(spec, training=replace(spec.training, epochs=150))), time.process_time()
    while not trainer.finished:
        trainer.advance(0.2)
    seconds = time.process_time() - begun
    snapshot = load({"spec": {"kind": "diffusion", "data": {"dataset": "swirl"}}}, HERE)
    fields = [1000 * seconds_of(lambda: REQUESTS["diffusion_field"](snapshot, {"t": 500})) for _ in range(9)]
    flows = [1000 * seconds_of(lambda: REQUESTS["diffusion_flow"](snapshot, {"sampling": {"steps": 25}}))
             for _ in range(9)]
    show("Points on a plane, one thread", [
        Figure("150 epochs of a swirl", [seconds], "CPU-s", most=10),
        Figure("a field of 21 x 21 arrows", fields, "ms", most=50),
        Figure("400 points flow back in 25 steps", flows, "ms", most=50),
    ])
