"""Processes that die: what they take with them, and how it comes back."""

import os
import signal
import time
from pathlib import Path

import pytest

from dlcore.engine.client import Engine
from dlcore.engine.protocol import EXPLAINERS
from dlcore.engine.standing import was_paused
from dlcore.errors import EngineError
from dlcore.training.recording import Recording
from tests.dlcore.engine.conftest import OWNER, STAND_INS, Watch, tiny, wait_for


def kill(engine: Engine, name: str) -> int:
    pid = engine.processes()[name]
    os.kill(pid, signal.SIGKILL)
    return pid


def is_alive(pid: int) -> bool:
    """Whether a process is there, and not only its name in the table of processes."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_worker_that_is_killed_comes_back_and_its_run_goes_on_from_its_last_full_state(start, awake):
    watches = [start(tiny(seed=seed, reproducible=True)) for seed in range(2)]
    for watch in watches:
        watch.until(lambda view: len(view.snapshots) > 2)
    hit, other = watches
    name = awake._schedule.runs[hit.run].worker
    pid = kill(awake, name)
    view = hit.until_state("interrupted")
    assert "goes on from its last full state" in str(view.message)
    assert other.look().state == "running"
    wait_for(lambda: awake.processes().get(name, pid) != pid)
    state = Recording(awake.home / "runs" / hit.run).states()[-1]
    assert state > 0
    awake.resume(hit.run, OWNER)
    first = hit.until(lambda view: view.state == "running" and view.step > state)
    assert first.step < state + 1000
    steps = [event["step"] for event in hit.events if event["kind"] == "metric"]
    assert steps == sorted(steps) and steps[0] == 0
    other.until_step(other.look().step + 20)


def test_an_interrupted_run_ends_with_the_same_weights_as_one_that_was_not(start, awake):
    experiment = tiny(epochs=10, train_size=2000, reproducible=True)
    calm, hit = start(experiment), start(experiment)
    hit.until(lambda view: len(view.snapshots) > 3)
    kill(awake, awake._schedule.runs[hit.run].worker)
    hit.until_state("interrupted")
    for watch in (calm, hit):
        if watch.look().state == "interrupted":
            awake.resume(watch.run, OWNER)
    ends = [watch.until_state("finished").step for watch in (calm, hit)]
    weights = [Recording(awake.home / "runs" / watch.run).weights(ends[0])[1] for watch in (calm, hit)]
    assert all((weights[0][name] == weights[1][name]).all() for name in weights[0])


def test_an_explainer_that_is_killed_comes_back_and_no_run_notices(start, awake):
    watch = start(tiny())
    watch.until_step(5)
    pid = kill(awake, "explainer")
    wait_for(lambda: awake.processes().get("explainer", pid) != pid)
    assert awake.explain("me", {"kind": "take time", "seconds": 0, "say": "here"}) == {"said": "here"}
    assert watch.look().state == "running"


def test_who_asks_an_explainer_that_dies_is_told_at_once(awake):
    import threading
    threading.Timer(0.2, lambda: kill(awake, "explainer")).start()
    with pytest.raises(EngineError, match="ended unexpectedly"):  # and not that it takes too long
        awake.explain("me", {"kind": "take time", "seconds": 50, "say": ""}, timeout=40)


def test_a_worker_that_hangs_is_ended_and_what_it_held_goes_on(attach):
    engine = attach()
    engine._crew.watchdog.patience = 1.0
    watch = Watch(engine, engine.start_run(tiny(), OWNER))
    watch.until(lambda view: view.step > 10)
    name = engine._schedule.runs[watch.run].worker
    pid = engine.processes()[name]
    os.kill(pid, signal.SIGSTOP)
    view = watch.until_state("interrupted")
    assert "did not answer" in str(view.message)
    wait_for(lambda: engine.processes().get(name, pid) != pid and not is_alive(pid))
    engine.resume(watch.run, OWNER)
    watch.until_state("running")
    engine.stop(watch.run, OWNER)


def test_a_worker_that_says_nothing_is_told_of_long_before_it_is_ended(attach):
    engine = attach()
    watch = Watch(engine, engine.start_run(tiny(), OWNER))
    assert watch.until(lambda view: view.step > 10).silent < 5
    pid = engine.processes()[engine._schedule.runs[watch.run].worker]
    os.kill(pid, signal.SIGSTOP)
    stopped = time.monotonic()
    seen = [watch.until(lambda view, least=least: view.silent > least).silent for least in (1, 2)]
    assert all(silent <= time.monotonic() - stopped + 1 for silent in seen) and seen == sorted(seen)
    assert watch.look().state == "running"
    os.kill(pid, signal.SIGCONT)
    watch.until(lambda view: view.silent < 1)
    engine.stop(watch.run, OWNER)


def test_a_job_whose_worker_says_nothing_is_told_of(attach):
    engine = attach()
    wait_for(lambda: len(engine.processes()) == 3)
    job = engine.start_job("me", {"kind": "spin", "to": 1})
    wait_for(lambda: engine.job(job).silent > 1)
    assert engine.job(job).error is None
    engine.cancel(job)


def test_a_job_that_never_ends_its_turn_is_ended_with_its_worker_and_it_is_said(attach):
    engine = attach()
    engine._crew.watchdog.patience = 1.0
    wait_for(lambda: len(engine.processes()) == 4)
    job = engine.start_job("me", {"kind": "spin", "to": 1})
    other = engine.start_job("me", {"kind": "count", "to": 10})
    assert wait_for(lambda: engine.job(other).finished) and engine.job(other).result["counted"] == 10
    assert "did not answer" in str(wait_for(lambda: engine.job(job).error))
    again = [engine.start_job("me", {"kind": "count", "to": 10}) for _ in range(2)]
    wait_for(lambda: all(engine.job(one).result for one in again))


def test_an_explainer_that_hangs_is_ended_and_the_next_question_is_answered(attach):
    engine = attach()
    engine._crew.watchdog.patience = 1.0
    ask = {"kind": "take time", "seconds": 0, "say": "here"}
    assert engine.explain("somebody", ask)["said"] == "here"
    for pid in wait_for(lambda: all_explainers(engine)):
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(EngineError):
        engine.explain("somebody", ask, timeout=60)
    assert wait_for(lambda: answered(engine, ask)) == "here"


def all_explainers(engine: Engine) -> list[int]:
    """Return the ids of the explainers once all are there."""
    pids = [engine.processes().get(name) for name in EXPLAINERS]
    return pids if all(pids) else []


def answered(engine: Engine, ask: dict) -> str | None:
    try:
        return engine.explain("somebody", ask)["said"]
    except EngineError:
        return None


def test_a_job_is_told_lost_with_its_worker(awake):
    job = awake.start_job("me", {"kind": "count", "to": 10**6})
    wait_for(lambda: awake.job(job).progress > 0)
    kill(awake, awake._jobs.jobs[job].worker)
    assert "ended unexpectedly" in str(wait_for(lambda: awake.job(job).error))


def test_a_server_that_starts_again_shows_and_continues_old_runs(attach):
    before = attach()
    watch = Watch(before, before.start_run(tiny(), OWNER))
    watch.until(lambda view: len(view.snapshots) > 1)
    before.close()
    after = attach(home=before.home)
    again = Watch(after, watch.run)
    view = again.look()
    assert view.state == "interrupted" and view.step == Recording(after.home / "runs" / watch.run).states()[-1]
    known = [event for event in watch.events if event["kind"] == "metric" and event["step"] <= view.step]
    assert [event for event in again.events if event["kind"] == "metric"][: len(known)] == known
    after.resume(watch.run, OWNER)
    again.until_step(view.step + 5)


def test_after_a_restart_what_was_paused_or_interrupted_goes_on_to_the_same_numbers(attach):
    experiment = tiny(epochs=4, train_size=2000, reproducible=True)
    before = attach()
    paused, stepped = (Watch(before, before.start_run(experiment, OWNER, paused=still)) for still in (False, True))
    paused.until_step(20)
    before.pause(paused.run, OWNER)
    for _ in range(3):
        before.step(stepped.run, OWNER)
    stood = paused.until(lambda view: view.snapshots[-1:] == (view.step,)).step
    folder = before.home / "runs" / stepped.run
    wait_for(lambda: Recording(folder).states()[-1:] == [3] and was_paused(folder))  # they are kept after a while
    hit = Watch(before, before.start_run(experiment, OWNER))
    hit.until(lambda view: len(view.snapshots) > 2)
    for name in {run.worker for run in before._schedule.runs.values()}:
        kill(before, name)
    hit.until_state("interrupted")
    before.close()
    after = attach(home=before.home)
    calm, *others = [Watch(after, run) for run in (after.start_run(experiment, OWNER),
                                                   paused.run, stepped.run, hit.run)]
    assert [watch.look().state for watch in others] == ["paused", "paused", "interrupted"]
    assert [watch.look().message for watch in others[:2]] == [None, None]
    assert [watch.look().step for watch in others[:2]] == [stood, 3]
    for watch in others:
        after.resume(watch.run, OWNER)
    first, *ends = [finished_numbers(watch) for watch in (calm, *others)]
    assert all(end == first for end in ends)


def finished_numbers(watch: Watch) -> tuple[list, dict]:
    """Return what a run, once it is finished, has measured on all test pictures, and its last weights."""
    step = watch.until_state("finished").step
    recording = Recording(watch.engine.home / "runs" / watch.run)
    losses = [(event["step"], event["test_loss"]) for event in recording.events() if event.get("test_loss")]
    assert losses[-1][0] == step
    return losses, {name: value.tobytes() for name, value in recording.weights(step)[1].items()}


def test_a_server_that_leaves_takes_its_workers_with_it_and_nobody_elses(attach, awake):
    engine = attach()
    mine, others = engine.processes(), awake.processes()
    engine.close()
    wait_for(lambda: not any(is_alive(pid) for pid in mine.values()))
    assert all(is_alive(pid) for pid in others.values())


def test_nothing_outlives_a_server_that_is_killed(doomed_server):
    told, _ = doomed_server.communicate(timeout=60)
    folder, pids = Path(told.split()[0]), [int(pid) for pid in told.split()[1:]]
    assert len(pids) == 4
    wait_for(lambda: not any(map(is_alive, pids)) and not folder.exists())


def test_a_run_whose_newest_state_is_damaged_goes_on_from_the_one_before_and_says_what_that_costs(start, awake):
    watch = start(tiny(reproducible=True))
    watch.until(lambda view: len(view.snapshots) > 3)
    kill(awake, awake._schedule.runs[watch.run].worker)
    reached = watch.until_state("interrupted").step
    recording = Recording(awake.home / "runs" / watch.run)
    *_, before, newest = recording.states()
    path = recording.folder / "states" / f"{newest}.safetensors"
    path.write_bytes(bytes(path.stat().st_size))
    awake.resume(watch.run, OWNER)
    message = watch.until(lambda view: view.state == "running" and view.message).message
    assert message.values["step"] == before
    assert newest - before <= message.values["lost"] <= reached - before
    assert f"{before:,}" in str(message) and "trained again" in str(message)
    watch.until_step(newest + 5)
    steps = [event["step"] for event in watch.events if event["kind"] == "metric"]
    assert steps == sorted(steps) and steps[0] == 0


def test_a_host_that_is_killed_comes_back_with_workers_and_explainer(start, awake):
    watch = start(tiny())
    watch.until(lambda view: len(view.snapshots) > 1)
    before = awake.processes()
    kill(awake, "host")
    watch.until_state("interrupted", seconds=5)
    assert not awake.status().ready
    wait_for(lambda: not any(map(is_alive, before.values())))
    wait_for(lambda: awake.status().ready)
    assert not set(before.values()) & set(awake.processes().values())
    awake.resume(watch.run, OWNER)
    watch.until_step(watch.look().step + 5)


def test_an_engine_that_is_closed_leaves_no_process_behind(attach, awake, tmp_path):
    engine = Engine(tmp_path, workers=1, modules=STAND_INS, address=awake.address)
    engine.start()
    wait_for(lambda: engine.status().ready)
    run = engine.start_run(tiny(), OWNER)
    Watch(engine, run).until_step(20)
    pids = engine.processes().values()
    engine.close()
    wait_for(lambda: not any(map(is_alive, pids)))
    assert Recording(tmp_path / "runs" / run).states()[-1] >= 20
