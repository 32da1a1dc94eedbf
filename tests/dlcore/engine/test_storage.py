"""How much disk all recordings take together."""

import os

from dlcore.data.home import default_home
from dlcore.engine import storage
from dlcore.engine.claim import hold_run
from dlcore.engine.storage import keep_shares, make_room
from dlcore.limits import Limits
from dlcore.specs.experiment import Experiment
from dlcore.training.recording import Recording
from tests.dlcore.engine.conftest import tiny, wait_for

KILOBYTE = 1024


def record(home, name: str, age: int, finished: bool = True) -> None:
    recording = Recording.create(home / "runs" / name, Experiment())
    (recording.folder / "snapshots" / "1.safetensors").write_bytes(bytes(100 * KILOBYTE))
    recording.append({"kind": "finished" if finished else "metric", "step": 1})
    written = 1_000_000 - age
    os.utime(recording.folder / "events.jsonl", (written, written))


def names(home) -> set[str]:
    return {folder.name for folder in (home / "runs").iterdir()}


def test_the_oldest_finished_recordings_go_first(tmp_path):
    for name, age, finished in (("old", 3, True), ("older", 4, True), ("oldest", 5, False), ("new", 1, True)):
        record(tmp_path, name, age, finished)
    assert make_room(tmp_path, keep=set(), limit=350 * KILOBYTE) == ["older"]
    assert make_room(tmp_path, keep=set(), limit=150 * KILOBYTE) == ["old", "new"]
    assert names(tmp_path) == {"oldest"}


def test_runs_that_are_in_use_stay(tmp_path):
    record(tmp_path, "old", 3)
    record(tmp_path, "new", 1)
    assert make_room(tmp_path, keep={"old"}, limit=0) == ["new"]


def test_nothing_goes_while_there_is_room(tmp_path):
    record(tmp_path, "old", 3)
    assert make_room(tmp_path, keep=set()) == []
    assert make_room(tmp_path / "nothing here", keep=set()) == []


def test_the_home_is_what_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("DERIN_HOME", str(tmp_path))
    assert default_home() == tmp_path
    monkeypatch.delenv("DERIN_HOME")
    assert default_home().name == "derin"


def record_of(home, owner: str, name: str, age: int, kilobytes: int = 100) -> None:
    recording = Recording.create(home / "runs" / name, Experiment(), owner)
    (recording.folder / "snapshots" / "1.safetensors").write_bytes(bytes(kilobytes * KILOBYTE))
    recording.append({"kind": "metric", "step": 1})
    written = 1_000_000 - age
    os.utime(recording.folder / "events.jsonl", (written, written))


def test_a_visitor_with_too_much_loses_his_own_oldest_first_and_nobody_elses(tmp_path):
    for age in range(5):
        record_of(tmp_path, "greedy", f"greedy-{age}", age)
        record_of(tmp_path, "modest", f"modest-{age}", age + 10, kilobytes=10)
        record_of(tmp_path, "", f"nobodys-{age}", age + 20)
    deleted = keep_shares(tmp_path, keep=set(), limit=250 * KILOBYTE)
    assert [run for run, _size in deleted["greedy"]] == ["greedy-4", "greedy-3", "greedy-2"]
    assert set(deleted) == {"greedy"} and all(size > 100 * KILOBYTE for _run, size in deleted["greedy"])
    assert names(tmp_path) == {"greedy-0", "greedy-1", *(f"modest-{age}" for age in range(5)),
                               *(f"nobodys-{age}" for age in range(5))}
    assert keep_shares(tmp_path, keep=set(), limit=250 * KILOBYTE) == {}


def test_the_newest_those_that_are_needed_and_those_that_are_written_stay_whatever_they_take(tmp_path):
    for age in range(5):
        record_of(tmp_path, "greedy", f"run-{age}", age)
    with hold_run(tmp_path / "runs" / "run-3"):
        deleted = keep_shares(tmp_path, keep={"run-4"}, limit=0)
    assert [run for run, _size in deleted["greedy"]] == ["run-2", "run-1"]
    assert names(tmp_path) == {"run-0", "run-3", "run-4"}


def test_on_a_full_disk_which_has_no_room_for_a_lock_recordings_go_all_the_same(tmp_path, monkeypatch):
    def full(_folder):
        raise OSError(28, "No space left on device")

    for age in range(3):
        record_of(tmp_path, "greedy", f"run-{age}", age)
    monkeypatch.setattr(storage, "hold_run", full)
    assert [run for run, _size in keep_shares(tmp_path, keep=set(), limit=0)["greedy"]] == ["run-2", "run-1"]


def test_a_recording_that_says_not_whose_it_is_is_left_alone(tmp_path):
    record_of(tmp_path, "me", "mine", 1)
    for name, about in (("list", "[]"), ("broken", "{"), ("empty", "")):
        (tmp_path / "runs" / name).mkdir()
        (tmp_path / "runs" / name / "run.json").write_text(about)
    assert keep_shares(tmp_path, keep=set(), limit=0) == {}
    assert names(tmp_path) == {"mine", "list", "broken", "empty"}


def test_who_lost_recordings_is_told_once_and_the_runs_are_not_known_any_more(attach):
    engine = attach(limits=Limits(recordings=1))
    runs = []
    for _ in range(2):  # one after the other: who ends last is the newest
        runs.append(engine.start_run(tiny(epochs=1, train_size=500), "me"))
        wait_for(lambda: engine.view(runs[-1]).state == "finished")
    wait_for(lambda: not any(run.worker for run in engine._schedule.runs.values()))
    (engine.home / "runs" / runs[1] / "snapshots" / "9.safetensors").write_bytes(bytes(2**20))
    for run in engine._schedule.runs.values():
        run.seen -= 3600  # nobody has looked at them for an hour
    engine.start_run(tiny(), "you")
    lost = wait_for(lambda: engine.take_deleted("me"))
    assert len(lost) == 1 and not engine.take_deleted("me") and not engine.take_deleted("you")
    assert [engine.view(run) is None for run in runs] == [True, False]
