"""How fast recurrent cells learn and are looked into, against the bare loop.

    python -m pytest tests/benchmarks/measure_recurrent.py -s
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from dlcore.data.sequences import Sequences
from dlcore.explain.requests import REQUESTS
from dlcore.explain.snapshot import load
from dlcore.specs import codec
from dlcore.specs.recurrent import Recurrent, RecurrentNetwork, RecurrentTraining, suit
from dlcore.specs.sequences import MEMORIES, SequenceData
from dlcore.training.jobs import JOBS
from dlcore.training.precision import autocast
from dlcore.training.recurrent_trainer import RecurrentTrainer
from tests.benchmarks.figures import Figure, show, sized

PLAYS = SequenceData(task="shakespeare", length=64)
LARGE = RecurrentNetwork(cells=("lstm",), hidden=128, embedding=64)
TOKENS = 32 * 64
ROUNDS, BLOCK = sized(6, 16), 5
TEXT = "To be, or not to be: that is the question: Whether 'tis nobler i"
NAMES_SECONDS = 30
DELAYS = [2, 5, 10, 20, 40, 80]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class BareLoop:
    """nn.Embedding, nn.LSTM, nn.Linear, fused AdamW, clipping, on batches that were made before."""

    def __init__(self, spec: Recurrent, precision: torch.dtype):
        torch.manual_seed(0)
        self.embedding, self.lstm = nn.Embedding(80, 64), nn.LSTM(64, 128, batch_first=True)
        self.head, self.precision = nn.Linear(128, 80), precision
        self.parameters = [*self.embedding.parameters(), *self.lstm.parameters(), *self.head.parameters()]
        self.optimizer = torch.optim.AdamW(self.parameters, 0.005, fused=True)
        made = [Sequences(spec).batch(step) for step in range(4)]
        self.batches = [(torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)) for batch in made]

    def train(self, steps: int) -> None:
        for step in range(steps):
            inputs, targets = self.batches[step % 4]
            with autocast(torch.device("cpu"), self.precision):
                outputs = self.head(self.lstm(self.embedding(inputs))[0])
            nn.functional.cross_entropy(outputs.float().flatten(0, 1), targets.flatten()).backward()
            nn.utils.clip_grad_norm_(self.parameters, 1.0)
            self.optimizer.step()
            self.optimizer.zero_grad()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_an_lstm_trains_against_the_bare_loop(precision):
    spec = Recurrent(PLAYS, LARGE, RecurrentTraining(precision=precision))
    bare, ours = BareLoop(spec, getattr(torch, precision)), RecurrentTrainer(spec)
    with_looks = RecurrentTrainer(spec)
    bare.train(2), steps_alone(ours, 2), with_looks.advance(1.0)
    seconds = [(timed(bare.train, BLOCK), timed(steps_alone, ours, BLOCK)) for _ in range(ROUNDS)]
    begun, step = time.perf_counter(), with_looks.step
    with_looks.advance(4.0)
    looking = (with_looks.step - step) * TOKENS / (time.perf_counter() - begun)
    tokens = BLOCK * TOKENS
    show(f"LSTM, 128 units, batch 32×64, {precision}, one thread", [
        Figure("bare loop", [tokens / slow for slow, _ in seconds], "tokens/s"),
        Figure("ours, its steps alone", [tokens / fast for _, fast in seconds], "tokens/s"),
        Figure("ours over the bare loop", [slow / fast for slow, fast in seconds], "times", least=0.9),
        Figure("ours, looks at held-out text included", [looking], "tokens/s"),
    ])


def steps_alone(trainer: RecurrentTrainer, steps: int) -> None:
    for _ in range(steps):
        trainer._train_step()


def timed(work: Callable, *arguments) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


def test_looking_inside_is_quick():
    spec = Recurrent(PLAYS, replace(LARGE, cells=("rnn_tanh", "lstm", "gru")))
    snapshot = load({"spec": codec.to_dict(spec)}, Path("."))

    def milliseconds(kind: str, **request) -> list[float]:
        REQUESTS[kind](snapshot, {"text": TEXT, **request})
        return [1000 * timed(REQUESTS[kind], snapshot, {"text": TEXT, **request}) for _ in range(sized(10, 30))]

    show("Looking inside cells of 128 units that read 64 characters", [
        Figure("gates and states of the LSTM, with probabilities", milliseconds("recurrent_unroll", cell="lstm"), "ms",
               most=5),
        Figure("gates of the GRU", milliseconds("recurrent_unroll", cell="gru"), "ms", most=5),
        Figure("gradient through time, three cells", milliseconds("recurrent_gradients"), "ms", most=100),
        Figure("one gate held", milliseconds("recurrent_unroll", cell="lstm", clamps=[
            {"gate": "forget", "value": 1.0}]), "ms", most=50),
        Figure("12 names", milliseconds("recurrent_generate", cell="lstm", text="", length=16), "ms", most=50),
    ])


def test_names_are_learned_within_half_a_minute():
    """The aim of 2.4 bits lies beyond this data set, as far as we can tell.

    Held-out bits with 580, 1,161, 2,323 and 4,647 names to learn from: 3.10, 2.98, 2.79, 2.68, so some 0.13 a doubling,
    and 2.4 would take about four times the names that there are. Interpolated Kneser-Ney of order 6 comes to 2.69, two
    layers to 2.66, 512 units to 2.66, a GRU to 2.69, tied weights with a layer norm to 2.78, label smoothing to 2.71,
    and the average of all of these networks to 2.66. One thread: two are slower where others compute.
    """
    network = RecurrentNetwork(cells=("lstm",), hidden=256, embedding=32, dropout=0.5)
    spec = Recurrent(SequenceData(), network, RecurrentTraining(batch_size=64, epochs=16, weight_decay=0.1,
                                                                learning_rate=0.004))
    trainer, begun = RecurrentTrainer(spec), time.perf_counter()
    while not trainer.finished and time.perf_counter() - begun < NAMES_SECONDS:
        trainer.advance(0.1)
    bits = [event["lstm.held_bits"] for event in trainer.take_events() if "lstm.held_bits" in event]
    show(f"Names, LSTM of 256 units, {time.perf_counter() - begun:.0f} s, one thread, {trainer.step} steps", [
        Figure("held-out names, at best", [min(bits)], "bits/char", most=2.4),
        Figure("held-out names, at the end", bits[-1:], "bits/char")])


@pytest.mark.parametrize("task", MEMORIES)
def test_a_minute_says_which_cell_solves_which_delay(task):
    spec = suit(Recurrent(SequenceData(task=task)))
    job = JOBS["recurrent_verdict"]({"spec": codec.to_dict(spec), "delays": DELAYS, "seconds": 55}, Path("."))
    begun = time.perf_counter()
    while not job.finished:
        job.advance(0.03)
    told = job.result
    figures = [Figure(f"{cell}, longest delay solved", [longest(told, row)], "steps")
               for row, cell in enumerate(told["cells"])]
    show(f"{task}: accuracy at {DELAYS}: {np.round(told['accuracy'], 2).tolist()}", [
        *figures, Figure("the verdict took", [time.perf_counter() - begun], "s", most=60)])


def longest(told: dict, row: int) -> int:
    return max((delay for delay, solved in zip(told["delays"], told["solved"][row]) if solved), default=0)
