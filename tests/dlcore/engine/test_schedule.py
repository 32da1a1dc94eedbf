"""The server's table of runs, with workers that are only pretended."""

import time
from collections import defaultdict

import pytest

from dlcore.engine.schedule import Schedule, Times
from dlcore.errors import EngineError, NotOwner, SpecError
from dlcore.specs.experiment import Experiment
from dlcore.specs.shapes import estimate_memory
from dlcore.specs.training import Training

ONE = estimate_memory(Experiment())


class Pretended(Schedule):
    """A schedule that keeps what it tells its workers."""

    def __init__(self, home, room: float, **times):
        self.told = defaultdict(list)
        super().__init__(home, lambda worker, message: self.told[worker].append(message), int(room * ONE),
                         Times(**times))

    def run(self, **training) -> str:
        return self.start(Experiment(training=Training(**training)), "me")

    def says(self, run: str, **more) -> None:
        self.report(self.runs[run].worker, {"run": run, "events": [], "step": 1, **more})

    def orders(self, run: str) -> list[str]:
        return [message["op"] for messages in self.told.values() for message in messages if message.get("run") == run]

    def states(self, *runs: str) -> list[tuple[str, int]]:
        return [((view := self.view(run, 0)).state, view.place) for run in runs]


@pytest.fixture
def schedule(tmp_path):
    made = Pretended(tmp_path, room=2.5)
    made.worker_up("cpu-0", "cpu")
    made.worker_up("cpu-1", "cpu")
    return made


def test_what_does_not_fit_waits_its_turn_and_says_its_place(schedule):
    a, b, c, d = (schedule.run(seed=seed) for seed in range(4))
    assert schedule.states(a, b, c, d) == [("starting", 0), ("starting", 0), ("queued", 1), ("queued", 2)]
    assert {schedule.runs[a].worker, schedule.runs[b].worker} == {"cpu-0", "cpu-1"}
    worker = schedule.runs[a].worker
    schedule.says(a, state="finished")
    assert schedule.states(c) == [("queued", 1)]  # its memory is still held
    schedule.gone(worker, a)
    assert schedule.states(a, c, d) == [("finished", 0), ("starting", 0), ("queued", 1)]


def test_runs_wait_while_the_engine_wakes(tmp_path):
    schedule = Pretended(tmp_path, room=9)
    run = schedule.run()
    assert schedule.states(run) == [("queued", 1)]
    schedule.worker_up("cpu-0", "cpu")
    assert schedule.states(run) == [("starting", 0)]


def test_a_run_that_was_to_stand_still_goes_on_when_it_is_asked_to_while_it_starts(schedule):
    run = schedule.start(Experiment(), "me", None, True)
    schedule.resume(run, "me")
    assert schedule.orders(run) == ["start", "resume"]
    schedule.says(run, state=None)
    assert schedule.states(run) == [("running", 0)]


def test_a_paused_run_leaves_memory_when_another_waits(schedule):
    a, b = schedule.run(), schedule.run()
    schedule.says(a, state=None)
    schedule.pause(a, "me")
    c = schedule.run()
    assert schedule.orders(a) == ["start", "pause", "drop"] and schedule.states(c) == [("queued", 1)]
    schedule.gone(schedule.runs[a].worker, a)
    assert schedule.states(a, b, c) == [("paused", 0), ("starting", 0), ("starting", 0)]
    schedule.resume(a, "me")
    assert schedule.states(a) == [("queued", 1)]


def test_a_run_that_can_never_fit_is_refused_with_the_figures(schedule):
    with pytest.raises(EngineError, match="GiB"):
        schedule.start(Experiment(training=Training(batch_size=1024)), "me")


def test_a_device_that_is_not_there_is_refused(schedule):
    waiting = schedule.start(Experiment(training=Training(device="cuda:3")), "me")
    schedule.admission.learn_devices([{"name": "cpu", "memory": 0}])
    schedule.tick()
    view = schedule.view(waiting, 0)
    assert view.state == "failed" and "cuda:3" in str(view.message)
    with pytest.raises(EngineError, match="no device cuda:3"):
        schedule.start(Experiment(training=Training(device="cuda:3")), "me")


@pytest.mark.parametrize("order", ["pause", "resume", "step", "stop"])
def test_only_the_owner_steers(schedule, order):
    run = schedule.run()
    for stranger in ("you", ""):
        with pytest.raises(NotOwner):
            getattr(schedule, order)(run, stranger)
    with pytest.raises(NotOwner):
        schedule.change(run, "you", "training.learning_rate", 0.1)
    assert schedule.orders(run) == ["start"]


def test_an_impossible_change_is_refused_before_it_reaches_a_worker(schedule):
    run = schedule.run()
    with pytest.raises(SpecError):
        schedule.change(run, "me", "training.learning_rate", -1)
    with pytest.raises(SpecError):
        schedule.change(run, "me", "training.batch_size", 64)
    assert schedule.orders(run) == ["start"]


def test_a_change_to_a_run_that_is_not_in_memory_goes_with_its_next_start(schedule):
    run = schedule.run()
    schedule.stop(run, "me")
    schedule.gone(schedule.runs[run].worker, run)
    schedule.change(run, "me", "training.learning_rate", 0.1)
    schedule.change(run, "me", "training.learning_rate", 0.2)
    schedule.resume(run, "me")
    start = schedule.told["cpu-0"][-1]
    assert (start["op"], start["again"], start["changes"]) == ("start", True, [("training.learning_rate", 0.2)])


def test_a_worker_that_dies_interrupts_its_runs_and_no_others(schedule):
    a, b = schedule.run(), schedule.run()
    schedule.says(a, state=None)
    schedule.says(b, state=None)
    schedule.worker_down(schedule.runs[a].worker)
    assert schedule.states(a, b) == [("interrupted", 0), ("running", 0)]
    assert "goes on" in str(schedule.view(a, 0).message)
    schedule.resume(a, "me")
    assert schedule.states(a) == [("starting", 0)] and schedule.runs[a].worker == schedule.runs[b].worker


def test_a_worker_whose_run_has_moved_on_is_not_believed(schedule):
    run = schedule.run()
    schedule.report("cpu-1", {"run": run, "events": [], "step": 99, "state": "finished"})
    assert schedule.states(run) == [("starting", 0)] and schedule.runs[run].step == 0


def test_who_is_left_alone_is_paused_and_then_leaves_memory(tmp_path):
    schedule = Pretended(tmp_path, room=9, pause=0.05, leave=0.1)
    schedule.worker_up("cpu-0", "cpu")
    watched, alone = schedule.run(), schedule.run()
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        schedule.view(watched, 0)
        schedule.tick()
        time.sleep(0.01)
    assert schedule.orders(alone) == ["start", "pause", "drop"] and schedule.orders(watched) == ["start"]


def test_workers_are_told_who_is_looked_at_when_that_changes(tmp_path):
    schedule = Pretended(tmp_path, room=9, publish=0.05, away=0.1)
    schedule.worker_up("cpu-0", "cpu")
    run = schedule.run()
    for _ in range(30):
        schedule.tick()
        time.sleep(0.01)
    seen = [(message["watched"], message["present"]) for message in schedule.told["cpu-0"] if message["op"] == "seen"]
    assert seen == [({run}, {run}), (set(), {run}), (set(), set())]


def test_a_new_server_shows_old_runs_from_disk(schedule, tmp_path):
    run = schedule.run(epochs=3)
    schedule.says(run, state=None)
    restarted = Pretended(tmp_path, room=9)
    restarted.worker_up("cpu-0", "cpu")
    found = restarted.read(run)
    view = restarted.view(run, 0, found)
    assert view.state == "interrupted" and view.total_steps == 3 * 469 and view.owner_hash == "me"
    restarted.resume(run, "me")
    assert restarted.states(run) == [("starting", 0)] and restarted.told["cpu-0"][0]["again"]
    assert restarted.read("no such run") is None and restarted.read("../../etc") is None


def test_the_servers_memory_does_not_grow_with_every_run(schedule):
    runs = [schedule.run(seed=seed) for seed in range(60)]
    for run in runs:
        if schedule.runs[run].state == "starting":
            worker = schedule.runs[run].worker
            schedule.says(run, state="failed")
            schedule.gone(worker, run)
    schedule.tick()
    assert len(schedule.runs) == 40
    assert schedule.find(runs[0]).state == "failed"
