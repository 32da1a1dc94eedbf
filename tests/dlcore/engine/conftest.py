"""An engine of these tests' own, for they kill its processes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from dlcore.engine.client import Engine
from dlcore.engine.schedule import Times
from dlcore.engine.views import RunView
from dlcore.limits import NONE
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import Flatten, Linear, Network
from dlcore.specs.training import Training

STAND_INS = ("tests.dlcore.engine.stand_ins",)
ROOT = Path(__file__).parents[3]
FAILS, DISK_IS_FULL = 666, 667  # the seeds of trainings that break at their third step
OWNER = "the secret of the browser that started it"


def tiny(epochs=100, seed=0, train_size=60_000, reproducible=False, **training) -> Experiment:
    """A network of one layer; with these many epochs it learns for longer than any test takes."""
    return Experiment(data=ImageData(train_size=train_size), network=Network(blocks=(Flatten(), Linear(features=10))),
                      training=Training(epochs=epochs, seed=seed, batch_size=32, reproducible=reproducible, **training))


def wait_for(found: Callable[[], object], seconds: float = 120) -> object:
    """Return what a function finds as soon as it finds something."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return value


STARTS_AND_DIES = """
import os, signal, sys, time
from pathlib import Path
from dlcore.engine.client import Engine
engine = Engine(Path(sys.argv[1]), workers=1)
engine.start()
while not engine.status().ready or len(engine.processes()) < 4:
    time.sleep(0.02)
print(engine.address, *engine.processes().values(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="session")
def doomed_server(tmp_path_factory):
    """A server that kills itself once its engine is awake, having printed the engine's folder and process ids."""
    command = [sys.executable, "-c", STARTS_AND_DIES, str(tmp_path_factory.mktemp("doomed"))]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "DERIN_ENGINE": ""})
    yield server
    server.kill()
    server.communicate()


@pytest.fixture(scope="session")
def own_engine(tmp_path_factory, doomed_server):
    """The engine whose host these tests start; it wakes while the first of them run."""
    started = Engine(tmp_path_factory.mktemp("engine"), workers=2, modules=STAND_INS, limits=NONE)
    started.start()
    yield started
    started.close()


@pytest.fixture(scope="session")
def attach(own_engine, tmp_path_factory):
    """Return a function that makes further engines, with workers of their own from the same host."""
    engines, numbers = [], count()

    def attach_one(home=None, **how) -> Engine:
        home = home or tmp_path_factory.mktemp(f"attached-{next(numbers)}")
        engine = Engine(home, address=own_engine.address, modules=STAND_INS,
                        **{"workers": 2, "limits": NONE} | how)
        engines.append(engine)
        engine.start()
        wait_for(lambda: engine.status().ready, 60)  # the host may still be waking
        return engine

    yield attach_one
    for engine in engines:
        engine.close()


@pytest.fixture
def awake(own_engine):
    """The engine of these tests, ready and with nothing to do."""
    wait_for(lambda: own_engine.status().ready and len(own_engine.processes()) == 5)
    yield own_engine
    for run in own_engine._schedule.active:
        own_engine.stop(run.id, OWNER)
    wait_for(lambda: not own_engine.status().running)


class Watch:
    """Follows a run as a page does: from cursor to cursor."""

    def __init__(self, engine: Engine, run: str):
        self.engine, self.run, self.cursor, self.events = engine, run, 0, []

    def look(self) -> RunView:
        view = self.engine.view(self.run, "somebody", self.cursor)
        self.cursor = view.cursor
        for event in view.events:
            if event["kind"] == "cut":
                self.events = [seen for seen in self.events if seen["step"] <= event["step"]]
            else:
                self.events.append(event)
        return view

    def until(self, holds: Callable[[RunView], bool], seconds: float = 120) -> RunView:
        return wait_for(lambda: (view := self.look()) and holds(view) and view, seconds)

    def until_state(self, *states: str, seconds: float = 120) -> RunView:
        return self.until(lambda view: view.state in states, seconds)

    def until_step(self, step: int) -> RunView:
        return self.until(lambda view: view.step >= step or view.state in ("failed", "interrupted"))


@pytest.fixture
def start(awake):
    """Return a function that starts a run and returns a watch on it."""
    return lambda experiment, **how: Watch(awake, awake.start_run(experiment, OWNER, **how))


@pytest.fixture
def short_leases(attach):
    """An engine that soon gives up runs that nobody watches."""
    return attach(times=Times(publish=0.1, away=0.2, pause=0.6, leave=0.6))
