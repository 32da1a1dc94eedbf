"""Fair shares with real processes: one visitor asks for all that there is, and another hardly notices."""

import threading
import time
from contextlib import suppress

import pytest

from dlcore.engine.protocol import EXPLAINERS
from dlcore.errors import EngineError, NotOwner, QueueFull
from dlcore.limits import Limits
from tests.dlcore.engine.conftest import OWNER, Watch, tiny, wait_for

STEPS = 60


def first_step(engine, owner: str) -> tuple[float, str]:
    """Start a run; return the seconds until its first step, and the run."""
    begun = time.monotonic()
    run = engine.start_run(tiny(seed=7), owner)
    Watch(engine, run).until_step(1)
    return time.monotonic() - begun, run


def test_two_hundred_starts_of_one_visitor_leave_another_his_share(attach):
    """The first step within 3 s (or a few times what it takes alone, on a machine that is busy), and a fair pace."""
    engine = attach(limits=Limits())
    alone, run = first_step(engine, "somebody before")
    engine.stop(run, "somebody before")
    wait_for(lambda: not engine.status().running)
    refused = 0
    for seed in range(200):
        try:
            engine.start_run(tiny(seed=seed), "greedy")
        except QueueFull:
            refused += 1
    assert refused == 192 and engine.status().running == 2 and engine.status().queued == 6
    waited, mine = first_step(engine, OWNER)
    assert waited < max(3.0, 4 * alone)
    runs = [run.id for run in engine._schedule.active]
    wait_for(lambda: all(engine.view(run).step >= 1 for run in runs))
    before = {run: engine.view(run).step for run in runs}
    wait_for(lambda: [engine.view(run) for run in runs] and engine.view(mine).step >= before[mine] + STEPS, 60)
    made = {run: engine.view(run).step - before[run] for run in runs}
    assert mine in made and len(made) == 3
    assert made[mine] >= 0.4 * sum(made.values()) / len(made), made
    for run in [run.id for run in engine._schedule.runs.values()]:
        for owner in (OWNER, "greedy", "somebody before"):
            with suppress(NotOwner):
                engine.stop(run, owner)


@pytest.mark.parametrize("visitors", [1, 3])
def test_slow_questions_of_some_do_not_keep_another_from_a_quick_answer(attach, visitors):
    """Each of some visitors always has a slow question open; another's are answered while one of those is worked on."""
    engine, seconds = attach(), 0.6
    over = threading.Event()

    def ask_on(visitor: str) -> None:
        while not over.is_set():
            try:
                engine.explain(visitor, {"kind": "take time", "seconds": seconds, "say": "", "text": "long" * 99}, 30)
            except EngineError:
                continue

    greedy = [threading.Thread(target=ask_on, args=(f"greedy {number}",)) for number in range(visitors)]
    for thread in greedy:
        thread.start()
    wait_for(lambda: engine._questions._seconds)  # the first has shown that it is slow
    wait_for(lambda: engine._questions.working.keys() == {EXPLAINERS[-1]})
    spent = []
    for _ in range(20):
        begun = time.monotonic()
        engine.explain("me", {"kind": "take time", "seconds": 0, "say": "quick", "text": "short"}, 30)
        spent.append(time.monotonic() - begun)
    over.set()
    for thread in greedy:
        thread.join()
    assert sorted(spent)[10] < seconds / 3, spent
