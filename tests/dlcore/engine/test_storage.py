"""How much disk all recordings take together."""

import os

from dlcore.data.home import default_home
from dlcore.engine.storage import make_room
from dlcore.specs.experiment import Experiment
from dlcore.training.recording import Recording

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
