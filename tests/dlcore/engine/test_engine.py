"""The engine as a page uses it, with real processes and the real Trainer."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dlcore.errors import EngineAsleep, EngineError, NotOwner
from dlcore.specs import model
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.learning import kind_of
from dlcore.specs.model import Network
from dlcore.specs.training import Training
from dlcore.training.recording import Recording
from tests.benchmarks.processes import proportional_memory
from tests.dlcore.engine.conftest import DISK_IS_FULL, FAILS, OWNER, Watch, tiny, wait_for

ROOT = Path(__file__).parents[3]
MY_NET = Experiment(data=ImageData(size=48, channels=3), network=Network(blocks=model.MY_NET),
                    training=Training(batch_size=64))


def steps_of(events: list[dict]) -> list[int]:
    return [event["step"] for event in events if event["kind"] == "metric"]


def test_a_server_that_holds_the_engine_has_no_torch():
    """In a process of its own, for this one may have it from other tests."""
    code = "import dlcore.engine.client, sys; print([name for name in sys.modules if name.split('.')[0] == 'torch'])"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout == "[]\n"


def test_starting_returns_at_once_and_says_how_long_it_will_take(own_engine):
    status = own_engine.status()
    if not status.ready:
        assert 0 <= status.seconds_left <= 6
        with pytest.raises(EngineAsleep):
            own_engine.explain("me", {"kind": "take time", "seconds": 0, "say": 1})
    wait_for(lambda: own_engine.status().ready)
    assert own_engine.status().seconds_left == 0 and own_engine.status().devices[0] == "cpu"


def test_a_run_learns_reports_and_finishes(start):
    watch = start(tiny(epochs=2, train_size=2000))
    view = watch.until_state("finished")
    assert (view.step, view.total_steps, view.epoch) == (126, 126, 2.0)
    assert watch.events[-1] == {"kind": "finished", "step": 126} and view.snapshots[-1] == view.live_step == 126
    assert watch.events == Recording(watch.engine.home / "runs" / watch.run).events()
    assert next(event for event in watch.events[::-1] if "test_accuracy" in event)["test_accuracy"] > 0.8


def test_a_running_training_says_how_fast_and_how_long(start):
    watch = start(tiny())
    view = watch.until(lambda view: view.step > 200 and view.rate > 0)
    assert view.seconds_left == pytest.approx((view.total_steps - view.step) * 32 / view.rate, rel=0.5)


def test_live_weights_are_published_while_somebody_looks(start):
    watch = start(tiny())
    published = set()
    watch.until(lambda view: published.add(view.live_step) or view.step > 50 and len(published - {None, 0}) >= 2)
    answer = watch.engine.explain("me", {"kind": "read", "model": {"run": watch.run, "step": None},
                                         "images": np.zeros((1, 28, 28), np.uint8)})
    assert answer["step"] in published | {watch.look().live_step} and answer["scores"].shape == (1, 10)


def test_two_trainings_have_one_thread_each(start):
    watches = [start(tiny(seed=seed)) for seed in range(2)]
    for watch in watches:
        watch.until_step(5)
    assert watches[0].look().state == watches[1].look().state == "running"
    assert wait_for(lambda: [watch.look().threads for watch in watches] == [1, 1])
    for _ in range(20):
        time.sleep(0.02)
        assert [watch.look().threads for watch in watches] == [1, 1]


def test_a_reproducible_run_gives_equal_numbers_alone_and_beside_a_neighbour(start):
    experiment = tiny(epochs=2, train_size=2000, reproducible=True, seed=7)
    alone = start(experiment)
    assert alone.until_state("finished").threads == 1
    neighbours = [start(tiny(seed=seed)) for seed in range(2)]
    beside = start(experiment)
    beside.until_state("finished")
    assert all(neighbour.look().state == "running" for neighbour in neighbours)
    measured = [[event for event in watch.events if "held_loss" in event] for watch in (alone, beside)]
    assert len(measured[0]) > 3 and measured[0] == measured[1]
    last = [Recording(watch.engine.home / "runs" / watch.run).weights(126)[1] for watch in (alone, beside)]
    assert all(np.array_equal(last[0][name], last[1][name]) for name in last[0])


def test_a_run_stands_still_takes_one_step_and_goes_on(start):
    watch = start(tiny())
    watch.until_step(5)
    watch.engine.pause(watch.run, OWNER)
    assert watch.look().state == "paused"
    paused = wait_for(lambda: (view := watch.look()) and view.live_step == view.step and view)
    time.sleep(0.2)
    assert watch.look().step == paused.step
    watch.engine.step(watch.run, OWNER)
    assert watch.until_step(paused.step + 1).step == paused.step + 1
    assert watch.until(lambda view: view.live_step == paused.step + 1).state == "paused"
    watch.engine.resume(watch.run, OWNER)
    watch.until_step(paused.step + 5)


def test_a_run_can_begin_with_a_single_step(start):
    watch = start(tiny(), paused=True)
    watch.engine.step(watch.run, OWNER)
    view = watch.until(lambda view: view.step == 1 and view.state == "paused")
    time.sleep(0.1)
    assert watch.look().step == 1 and view.live_step == 1


def test_what_is_changed_on_the_way_is_recorded_and_shown(start):
    watch = start(tiny())
    watch.until_step(5)
    watch.engine.change(watch.run, OWNER, "training.learning_rate", 0.25)
    view = watch.until(lambda view: view.experiment.changes)
    change, = view.experiment.changes
    assert (change.field, change.value) == ("training.learning_rate", 0.25) and change.step >= 5
    assert {"kind": "change", "step": change.step, "field": change.field, "value": 0.25} in watch.events


def test_only_the_browser_that_started_a_run_steers_it(start):
    watch = start(tiny())
    for order in (watch.engine.pause, watch.engine.resume, watch.engine.step, watch.engine.stop):
        with pytest.raises(NotOwner):
            order(watch.run, "another browser")
    with pytest.raises(EngineError, match="no run"):
        watch.engine.pause("nonsense", OWNER)
    assert watch.until_step(5).state == "running"


def test_a_copy_goes_on_from_a_snapshot_of_somebody_elses_run(start):
    original = start(tiny(epochs=2, train_size=2000, reproducible=True))
    original.until_state("finished")
    middle = original.look().snapshots[2]
    copy = start(tiny(epochs=2, train_size=2000, reproducible=True), parent=(original.run, middle))
    view = copy.until_state("finished")
    assert view.parent == (original.run, middle)
    assert steps_of(copy.events)[0] == 0 and 0 < middle < 126
    final = [Recording(original.engine.home / "runs" / watch.run).weights(126)[1] for watch in (original, copy)]
    assert all(np.array_equal(final[0][name], final[1][name]) for name in final[0])


def test_what_does_not_fit_waits_in_a_visible_queue(attach):
    from dlcore.specs.shapes import estimate_memory
    engine = attach(memory_budget=int(2.5 * estimate_memory(tiny())))
    watches = [Watch(engine, engine.start_run(tiny(seed=seed), OWNER)) for seed in range(4)]
    assert [(watch.look().state, watch.look().place) for watch in watches[2:]] == [("queued", 1), ("queued", 2)]
    assert engine.status().queued == 2
    watches[0].until_step(1)
    engine.stop(watches[0].run, OWNER)
    watches[2].until_step(1)
    assert watches[3].look().place == 1


def test_thirty_real_my_nets_at_once_leave_the_memory_to_two_of_them(attach):
    need = kind_of(MY_NET).estimate_memory(MY_NET)
    engine = attach(memory_budget=int(2.5 * need))
    runs = [engine.start_run(MY_NET, OWNER) for _ in range(30)]
    views = [engine.view(run) for run in runs]
    assert [view.place for view in views] == [0, 0, *range(1, 29)]
    wait_for(lambda: all(engine.view(run).step >= 1 for run in runs[:2]))
    assert sum(proportional_memory(pid) for name, pid in engine.processes().items() if name != "host") < 3 * need
    engine.stop(runs[0], OWNER)
    wait_for(lambda: engine.view(runs[2]).state == "running")
    assert engine.view(runs[3]).place == 1
    for run in runs:
        engine.stop(run, OWNER)


def test_a_training_that_fails_leaves_its_neighbours_and_its_worker_alone(start):
    neighbours = [start(tiny(seed=seed)) for seed in range(2)]
    pids = neighbours[0].engine.processes()
    failing = start(tiny(seed=FAILS))
    view = failing.until_state("failed")
    assert "inside" in str(view.message) and "ZeroDivision" not in str(view.message)
    assert neighbours[0].engine.processes() == pids
    for neighbour in neighbours:
        neighbour.until_step(neighbour.look().step + 5)
    log = (failing.engine.home / "engine.log").read_text()
    assert "ZeroDivisionError: this network divides by nothing" in log


def test_a_full_disk_pauses_the_run_and_says_what_to_do(start):
    watch = start(tiny(seed=DISK_IS_FULL))
    view = watch.until_state("paused")
    assert "disk is full" in str(view.message) and "Free some space" in str(view.message)
    (watch.engine.home / "space").touch()
    watch.engine.resume(watch.run, OWNER)
    watch.until_step(20)
    assert watch.look().message is None


def test_a_run_that_nobody_watches_is_paused_and_goes_on_when_asked(short_leases):
    engine = short_leases
    run = engine.start_run(tiny(), OWNER)
    wait_for(lambda: engine._schedule.runs[run].state == "paused")
    watch = Watch(engine, run)
    assert "nobody was watching" in str(watch.look().message)
    wait_for(lambda: engine._schedule.runs[run].worker is None)
    left = Watch(engine, run).look()
    assert Recording(engine.home / "runs" / run).states()[-1] == left.step > 0
    engine.resume(run, OWNER)
    assert watch.until_step(left.step + 5).state == "running"
    assert steps_of(watch.events) == sorted(steps_of(watch.events))


def test_a_watched_run_has_its_turns_before_one_that_nobody_watches(attach):
    from dlcore.engine.schedule import Times
    engine = attach(workers=1, times=Times(publish=0.1, away=0.3))
    alone, watched = (engine.start_run(tiny(seed=seed), OWNER) for seed in range(2))
    watch = Watch(engine, watched)
    end = time.monotonic() + 0.8
    watch.until(lambda view: time.monotonic() > end)
    before, seen = engine._schedule.runs[alone].step, watch.look().step
    watch.until_step(seen + 20)
    assert engine._schedule.runs[alone].step <= before + 1


def test_a_newer_question_takes_the_place_of_an_older_one(awake):
    said = {}

    def ask(visitor: str, say: str, seconds: float) -> None:
        try:
            said[say] = awake.explain(visitor, {"kind": "take time", "seconds": seconds, "say": say})["said"]
        except EngineError as error:
            said[say] = str(error)

    threads = [threading.Thread(target=ask, args=(visitor, say, seconds)) for visitor, say, seconds in
               [("me", "first", 0.3), ("me", "second", 0), ("you", "yours", 0), ("me", "third", 0)]]
    ask("me", "nothing before", 0)  # what was asked for earlier is out of the way: the first one begins at once
    assert said.pop("nothing before") == "nothing before"
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert "newer question" in said.pop("second")
    assert said == {"first": "first", "yours": "yours", "third": "third"}


def test_what_a_question_raises_comes_back_in_words(awake):
    with pytest.raises(EngineError, match="kind nonsense"):
        awake.explain("me", {"kind": "nonsense"})
    with pytest.raises(Exception, match="no recording"):
        awake.explain("me", {"kind": "read", "model": {"run": "nothing", "step": 3}, "images": np.zeros((1, 28, 28))})
    with pytest.raises(EngineError, match="could not be answered"):
        awake.explain("me", {"kind": "take time"})
    with pytest.raises(EngineError, match="longer than"):
        awake.explain("me", {"kind": "take time", "seconds": 0.3, "say": ""}, timeout=0.1)


def test_jobs_show_progress_and_a_result_and_can_be_cancelled(awake):
    counting, endless = (awake.start_job("me", {"kind": "count", "to": to}) for to in (60, 10**6))
    seen = set()
    view = wait_for(lambda: seen.add((view := awake.job(counting)).progress) or view.finished and view)
    assert view.result["counted"] == 60 and view.error is None and len(seen) > 2
    awake.cancel(endless)
    assert awake.job(endless).error and wait_for(lambda: not awake._jobs.active)
    unknown = awake.start_job("me", {"kind": "nonsense"})
    assert "kind nonsense" in str(wait_for(lambda: awake.job(unknown).error))
    assert awake.job("nothing") is None


def test_a_snapshot_is_evaluated_on_all_held_out_digits_as_a_job(start):
    watch = start(tiny(epochs=1, train_size=500))
    watch.until_state("finished")
    request = {"kind": "evaluate", "model": {"run": watch.run, "step": 16}, "cache": True}
    job = watch.engine.start_job("me", request)
    result = wait_for(lambda: (view := watch.engine.job(job)).finished and view.result)
    assert result["scores"].shape == (10_000, 10)
    tested = next(event for event in watch.events[::-1] if "test_accuracy" in event)
    assert result["accuracy"] == pytest.approx(tested["test_accuracy"], abs=0.002)
    assert watch.engine.start_job("you", request) == job


def test_looking_never_waits_for_a_worker(start):
    watch = start(tiny())
    watch.until_step(5)
    pid = watch.engine.processes()[watch.engine._schedule.runs[watch.run].worker]
    os.kill(pid, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as aside:
            steps = [aside.submit(watch.look).result(30).step for _ in range(20)]
    finally:
        os.kill(pid, signal.SIGCONT)
    assert min(steps) >= 5
    watch.until_step(steps[-1] + 5)


def test_the_devices_are_found_out_by_a_child_that_says_so(awake):
    assert "devices could not be found" not in (awake.home / "engine.log").read_text()


def test_the_host_has_one_thread_for_forking_it_is_safe_only_then(awake):
    assert len(list(Path(f"/proc/{awake.processes()['host']}/task").iterdir())) == 1
