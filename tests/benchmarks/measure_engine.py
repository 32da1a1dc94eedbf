"""Ten trainings at once: how soon others are answered, what it takes of the memory, and how a further one starts.

    python -m pytest tests/benchmarks/measure_engine.py -s
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from dlcore.engine.client import Engine
from dlcore.limits import NONE
from dlcore.specs.codec import to_link
from dlcore.specs.experiment import Experiment
from tests.benchmarks import contest
from tests.benchmarks.default_network import wait_until_ready
from tests.benchmarks.figures import Figure, percentile, show, sized
from tests.benchmarks.processes import busy_threads, family, proportional_memory
from tests.benchmarks.sessions import Session
from tests.conftest import served

TRAININGS = 10
CROWD = 30
CLICKS = sized(60, 300)
FURTHER = sized(5, 15)
WATCHED = sized(15, 30)  # seconds over which paces are taken
OWNER = "the secret of a benchmark"
LONG = replace(Experiment(), training=replace(Experiment().training, epochs=100, schedule="constant"))
MIB = 2**20


def test_ten_trainings_leave_the_pages_quick_and_the_memory_small(tmp_path):
    with served(tmp_path, tmp_path / "streamlit.log", DERIN_ENGINE="") as url, ExitStack() as stack:
        sessions = [stack.enter_context(Session(url, "digits", urlencode({"experiment": to_link(LONG)})))
                    for _ in range(TRAININGS)]
        other = stack.enter_context(Session(url, "digits"))
        time.sleep(2)
        wait_until_awake(url)
        started = [session.click("digits.train") for session in sessions]
        over = threading.Event()
        followers = [threading.Thread(target=follow, args=(session, over)) for session in sessions]
        for follower in followers:
            follower.start()
        time.sleep(8)  # for all of them to have memory, snapshots and live weights
        clicks = [timed_click(other) for _ in range(CLICKS)]
        server, host, *forked = family(os.getpid())[1:]
        memory = {name: sum(map(proportional_memory, pids)) / MIB for name, pids in
                  (("server", [server]), ("host", [host]), ("workers and explainer", forked))}
        threads = max(busy_threads(pid) for pid in forked)
        over.set()
        for follower in followers:
            follower.join()
    show(f"{TRAININGS} trainings of the default network, each looked at", [
        Figure("another session's click, median", clicks, "ms"),
        Figure("another session's click, 95th percentile", clicks, "ms", most=100, of=percentile(0.95)),
        Figure("the click that starts one", [1000 * seconds for seconds in started], "ms"),
        Figure("server, engine and workers, PSS", [sum(memory.values())], "MiB", most=1536,
               note=", ".join(f"{name} {size:.0f}" for name, size in memory.items())),
        Figure("computing threads of the busiest worker", [threads], most=1),
    ])
    assert len(forked) >= 2 and threads == 1


def wait_until_awake(url: str) -> None:
    """The home page asks again by itself for as long as the engine wakes."""
    with Session(url) as session:
        while session.timers:
            session.poll(0.5)


def follow(session: Session, over: threading.Event) -> None:
    while not over.is_set():
        session.poll(1)


def timed_click(session: Session) -> float:
    """Return the milliseconds that a run of the whole page takes: what any click costs."""
    time.sleep(0.05)
    return 1000 * session.rerun()


@pytest.fixture
def engine(tmp_path) -> Iterator[Engine]:
    started = Engine(tmp_path, limits=NONE)
    started.start()
    yield started
    started.close()


def test_ten_trainings_take_turns_on_one_thread_each_and_a_further_one_starts_at_once(engine):
    waking = wait_until_ready(engine)
    first = begin(engine, 0)
    warm = [timed_start(engine, seed) for seed in range(1, FURTHER)]
    alone = pace(engine, [first])
    runs = [first, *(begin(engine, seed) for seed in range(100, 99 + TRAININGS))]
    together = pace(engine, runs)
    threads = {engine.view(run).threads for run in runs}
    beside = [timed_start(engine, seed) for seed in range(200, 200 + FURTHER)]
    show(f"{TRAININGS} trainings of the default network in the engine, without pages", [
        Figure("awake after", [waking], "s"),
        Figure("a further run starts after, beside one", warm, "s", most=0.1),
        Figure("a further run starts after, beside ten", beside, "s"),
        Figure("one training", [alone], "steps/s"),
        Figure("ten trainings together", [together], "steps/s"),
        Figure("ten together over one", [together / alone], "times"),
    ])
    assert threads == {1}


def test_thirty_my_nets_at_once_leave_the_machine_its_memory(engine):
    wait_until_ready(engine)
    spec = contest.experiment(0)
    runs = [engine.start_run(spec, OWNER) for _ in range(CROWD)]
    end, most = time.perf_counter() + 2 * WATCHED, 0.0
    while time.perf_counter() < end:
        states = [engine.view(run).state for run in runs]
        most = max(most, sum(map(proportional_memory, family(os.getpid())[1:])) / MIB)
        time.sleep(0.5)
    trained = [run for run in runs if engine.view(run).step]
    show(f"{CROWD} MY_NETs started at once", [
        Figure("in memory", [len(runs) - states.count("queued")], "runs"),
        Figure("waiting in the queue", [states.count("queued")], "runs"),
        Figure("engine and workers, most PSS", [most], "MiB"),
        Figure("the budget for runs", [engine._admission.budgets["cpu"] / MIB], "MiB"),
    ])
    assert trained and not {"failed", "interrupted"} & set(states)


def begin(engine: Engine, seed: int) -> str:
    return engine.start_run(replace(LONG, training=replace(LONG.training, seed=seed)), OWNER)


def timed_start(engine: Engine, seed: int) -> float:
    """Return the seconds until one more run trains; it is stopped again."""
    begun = time.perf_counter()
    run = begin(engine, seed)
    while engine.view(run).state in ("queued", "starting"):
        time.sleep(0.002)
    seconds = time.perf_counter() - begun
    assert engine.view(run).state == "running", engine.view(run).message
    engine.stop(run, OWNER)
    return seconds


def pace(engine: Engine, runs: list[str]) -> float:
    """Return the steps a second that some runs take together, all of them looked at."""
    time.sleep(3)
    begun, before = time.perf_counter(), sum(engine.view(run).step for run in runs)
    while time.perf_counter() < begun + WATCHED:
        time.sleep(0.2)
        after = sum(engine.view(run).step for run in runs)
    return (after - before) / (time.perf_counter() - begun)
