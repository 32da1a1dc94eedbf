"""How fast we train: MY_NET against the textbook loop, and how soon the default network reads 98 and 99 % right.

    python -m pytest tests/benchmarks/measure_training.py -s
"""

import sys
from collections.abc import Iterator, Sequence
from statistics import mean

import pytest

from dlcore.specs.experiment import Experiment
from tests.benchmarks.contest import THREADS, Contestant
from tests.benchmarks.default_network import Race, through_engine, through_trainer
from tests.benchmarks.figures import Figure, show, sized

SEEDS = range(3)
STEPS, BLOCK = sized(40, 240), 4
DIGITS, PART = sized(2000, 10_000), sized(500, 1000)
TRIES = range(100, 100 + sized(3, 5))  # the default network was chosen with the seeds 0 to 2
BATCH = 64


@pytest.fixture
def contestants(tmp_path) -> Iterator[tuple[Contestant, Contestant]]:
    pair = Contestant("textbook", str(tmp_path)), Contestant("ours")
    yield pair
    for contestant in pair:
        contestant.close()


def test_my_net_trains_and_evaluates_against_the_textbook_loop(contestants):
    textbook, ours = contestants
    trained, evaluated, accuracies = [], [], []
    for seed in SEEDS:
        for contestant in contestants:
            contestant.ask("begin", seed)
        trained += [alternate(contestants, "train", BLOCK) for _ in range(STEPS // BLOCK)][1:]
        rounds = [alternate(contestants, "evaluate", first, first + PART) for first in range(0, DIGITS, PART)]
        evaluated += rounds
        accuracies.append([sum(answer["result"] for answer in side) / DIGITS for side in zip(*rounds)])
        print(f"seed {seed}: textbook {accuracies[-1][0]:.2%}, ours {accuracies[-1][1]:.2%}", file=sys.stderr)
    steps = [(slow["seconds"], fast["seconds"] - fast["result"]["looking"]) for slow, fast in trained]
    show(f"MY_NET, batch {BATCH}, {THREADS} threads each, {len(SEEDS)} seeds, {STEPS} steps, {DIGITS:,} test digits", [
        Figure("textbook, training", [BATCH * BLOCK / slow for slow, _ in steps], "images/s"),
        Figure("ours, training", [BATCH * BLOCK / fast for _, fast in steps], "images/s"),
        Figure("training, ours over textbook", [slow / fast for slow, fast in steps], "times", least=wanted_ratio()),
        Figure("the same, looks at held-out digits included", [total_ratio(trained, "seconds")], "times"),
        Figure("the same in processor seconds", [total_ratio(trained, "worked")], "times"),
        Figure("textbook, evaluation", [PART / slow["seconds"] for slow, _ in evaluated], "images/s"),
        Figure("evaluation, ours over textbook", [slow["seconds"] / fast["seconds"] for slow, fast in evaluated],
               "times", least=5),
        Figure("the same in processor seconds", [total_ratio(evaluated, "worked")], "times"),
        Figure("accuracy, textbook", [100 * slow for slow, _ in accuracies], "%", of=mean),
        Figure("accuracy, ours", [100 * fast for _, fast in accuracies], "%", of=mean),
        Figure("accuracy, textbook minus ours", [100 * (mean(side) - mean(other)) for side, other in
                                                 [list(zip(*accuracies))]], "points", most=1),
    ])
    assert min(min(pair) for pair in accuracies) > 0.5, "one of the two has not learned"


def alternate(contestants: Sequence[Contestant], *order) -> list[dict]:
    """Give both the same order, one after the other."""
    return [contestant.ask(*order) for contestant in contestants]


def total_ratio(rounds: list[list[dict]], clock: str) -> float:
    return sum(slow[clock] for slow, _ in rounds) / sum(fast[clock] for _, fast in rounds)


def wanted_ratio() -> float:
    from dlcore.training.precision import has_fast_bfloat16
    return 3.0 if has_fast_bfloat16("cpu") else 1.8


@pytest.mark.parametrize("race", [through_trainer, through_engine])
def test_the_default_network_reads_nearly_all_test_digits_within_seconds(race, tmp_path):
    races = [race(seed, tmp_path / str(seed)) for seed in TRIES]
    show(f"The default network {race.__doc__.split('.')[0]}, {len(races)} seeds", [
        Figure("98 % of the test digits right", reached(races, 0.98), "s", most=4, note=missing(races, 0.98)),
        Figure("99 % of the test digits right", reached(races, 0.99), "s", most=10, note=missing(races, 0.99)),
        Figure("whole training", [race.seconds for race in races], "s"),
        Figure("its steps alone and with looks", [race.rate for race in races], "images/s"),
        Figure("test digits right at the end", [100 * race.looks[-1][2] for race in races], "%"),
    ])
    steps = Experiment().training.epochs * -(-60_000 // Experiment().training.batch_size)
    assert {race.looks[-1][1] for race in races} == {steps}


def reached(races: list[Race], share: float) -> list[float]:
    """Return the seconds after which each training read that share right; for ever where it never did."""
    return [next((seconds for seconds, _, accuracy in race.looks if accuracy >= share), float("inf"))
            for race in races]


def missing(races: list[Race], share: float) -> str:
    never = sum(seconds == float("inf") for seconds in reached(races, share))
    return f"{never} of {len(races)} never did" if never else ""
