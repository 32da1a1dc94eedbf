"""How fast transformers learn and write, against the machine's own matrix products in the same run.

    python -m pytest tests/benchmarks/measure_transformer.py -s
"""

import copy
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from dlcore.explain.transformer.induction import probe
from dlcore.explain.transformer.snapshot import TransformerSnapshot
from dlcore.models.generation import Sampling, Writer, write
from dlcore.models.transformer import build_transformer
from dlcore.specs.texts import TextData
from dlcore.specs.transformer import REPEAT, Transformer, TransformerNetwork, TransformerTraining
from dlcore.specs.transformer_table import count_multiply_adds
from dlcore.training.transformer_trainer import TransformerTrainer
from tests.benchmarks.figures import Figure, show, sized

PLAYS = TextData(task="plays")
SMALL = TransformerNetwork(layers=4, heads=4, width=128, context=64)
ROUNDS, BLOCK = sized(5, 12), 5
SIDE = 1024                     # of the large matrix product
TRANSLATOR_SECONDS = 180
PRECISIONS = "float32", "bfloat16"


@pytest.fixture(params=sorted({1, min(2, os.cpu_count() or 1)}))
def threads(request) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def timed(work: Callable, *arguments) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


def multiply() -> float:
    """Return the floating-point operations a second of some large float32 matrix products."""
    one, other = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    torch.mm(one, other)

    def products() -> None:
        for _ in range(BLOCK):
            torch.mm(one, other)

    return BLOCK * 2 * SIDE**3 / timed(products)


def learn(trainer: TransformerTrainer) -> float:
    """Return the tokens a second of a few steps, without looks."""
    def steps() -> None:
        for _ in range(BLOCK):
            trainer._train_step()

    training = trainer.experiment.training
    return BLOCK * training.batch_size * trainer.experiment.network.context / timed(steps)


def small(batch: int, precision: str) -> TransformerTrainer:
    training = TransformerTraining(batch_size=batch, precision=precision)
    trainer = TransformerTrainer(Transformer(PLAYS, SMALL, training))
    learn(trainer)
    return trainer


def test_a_small_gpt_learns_at_the_rate_that_matrix_products_allow(threads):
    """Operations are three times those of the way forward, two a multiply-add, all pairs of tokens counted."""
    trainers = {(batch, precision): small(batch, precision) for batch in (12, 48) for precision in PRECISIONS}
    operations = 6 * count_multiply_adds(trainers[12, "float32"].experiment) / SMALL.context  # of a token
    peaks, rates = [], {which: [] for which in trainers}
    for _ in range(ROUNDS):
        peaks.append(multiply())
        for which, trainer in trainers.items():
            rates[which].append(learn(trainer))
    plain = rates[12, "float32"]
    show(f"GPT 4/4/128, context 64, {threads} thread(s); a float32 product runs at {max(peaks) / 1e9:.0f} GFLOP/s", [
        *(Figure(f"batch {batch}, {precision}", found, "tokens/s") for (batch, precision), found in rates.items()),
        Figure("batch 12, float32, of the matrix rate", [operations * rate / peak for rate, peak in zip(plain, peaks)],
               "times", least=0.55),
        Figure("larger batch and bfloat16", [more / rate for more, rate in zip(rates[48, "bfloat16"], plain)], "times",
               least=1.3),
    ])


@pytest.mark.parametrize(("context", "least"), [(64, 2.5), (256, 6.0)])
def test_the_cache_writes_faster_than_reading_all_anew(context, least, threads):
    """From a single token, so that the cache gains little at first; both ways in turns, on as many threads."""
    spec = Transformer(PLAYS, TransformerNetwork(layers=4, heads=4, width=128, context=context))
    model = build_transformer(spec).eval()

    def run(cached: bool, count: int) -> float:
        draws = torch.Generator().manual_seed(0)
        return count / timed(lambda: list(write(Writer(model, [0], cached), count, Sampling(1.0), draws)))

    run(True, context)
    rates = [(run(cached, count) for count in (context - 1, 3 * context) for cached in (True, False))
             for _ in range(sized(2, 4))]
    first, first_whole, long, long_whole = zip(*map(tuple, rates))
    show(f"Writing with a context of {context}, {threads} thread(s)", [
        Figure("until the context is full, with the cache", first, "tokens/s"),
        Figure("the same without", first_whole, "tokens/s"),
        Figure("three times as much, with the cache", long, "tokens/s"),
        Figure("the same without", long_whole, "tokens/s"),
        Figure("with over without, until the context is full",
               [one / other for one, other in zip(first, first_whole)], "times", least=least),
        Figure("with over without, three times as much", [one / other for one, other in zip(long, long_whole)],
               "times", least=least)])


def test_an_induction_head_is_born_within_a_minute():
    torch.set_num_threads(1)
    trainer, born, score = TransformerTrainer(REPEAT), None, 0.0
    while not trainer.finished and born is None:
        trainer.advance(1.0)
        seen = TransformerSnapshot(REPEAT, copy.deepcopy(trainer.module).eval(), trainer.step, Path("."))
        *_, told = probe(seen, frozenset(), 4, 0)
        score = float(told["heads"].max())
        born = trainer.seconds if told["verdict"] == "found" else None
    show(f"Letters said again and again, one thread: a head looks {score:.2f} where an induction head does", [
        Figure("after", [born or float("inf")], "s", most=60)])


def test_numbers_are_translated_within_three_minutes(threads):
    trainer, begun = TransformerTrainer(Transformer()), time.perf_counter()
    reached = None
    while not trainer.finished and time.perf_counter() - begun < TRANSLATOR_SECONDS and reached is None:
        trainer.advance(0.5)
        exact = [event["held_exact"] for event in trainer.take_events() if "held_exact" in event]
        reached = time.perf_counter() - begun if exact and exact[-1] >= 0.95 else None
    show(f"Translator of numbers as it is offered, {threads} thread(s), step {trainer.step}", [
        Figure("95 % of held-out numbers exact after", [reached or float("inf")], "s", most=TRANSLATOR_SECONDS)])
