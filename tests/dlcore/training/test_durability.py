"""What a power cut leaves: at every moment the newest durable state and all events before it are whole on the disk."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from dlcore.engine.standing import note_paused
from dlcore.errors import RecordingError
from dlcore.specs.experiment import Experiment
from dlcore.training import files, recording
from dlcore.training.recording import Recording

NUMBERS = 2000


@dataclass
class Disk:
    """What a disk is sure to hold of a folder: of files what was waited for, of folders the names at that time.

    Files are told apart by their inodes, which are held open so that no other file gets one of them.
    """

    root: Path
    content: dict[int, bytes] = field(default_factory=dict)
    names: dict[int, dict[str, int]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    cuts: list[tuple[int, dict[str, bytes | None]]] = field(default_factory=list)  # (durable step, what is left)
    durable: int = -1

    def note_sync(self, descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        inode = os.fstat(descriptor).st_ino
        self.held.append(os.dup(descriptor))
        if path.is_dir():
            self.names[inode] = {entry.name: entry.inode() for entry in os.scandir(path)}
        else:
            self.content[inode] = path.read_bytes()
        self.log.append(f"fsync {path.relative_to(self.root)}")
        self.cut()

    def note_replace(self, source: str | Path, target: str | Path) -> None:
        self.log.append(f"rename {Path(target).relative_to(self.root)}")
        self.cut()

    def cut(self) -> None:
        """Remember what would be left if the power went now."""
        self.cuts.append((self.durable, self._left(self.root)))

    def _left(self, folder: Path) -> dict[str, bytes | None]:
        left = {}
        for name, inode in self.names.get(folder.stat().st_ino, {}).items():
            path = folder / name
            if path.is_dir():
                left |= {f"{name}/{deeper}": content for deeper, content in self._left(path).items()} | {name: None}
            else:
                left[name] = self.content.get(inode, b"")  # a name without its content: an empty file
        return left


@pytest.fixture(autouse=True)
def no_run_before(monkeypatch):
    """What other tests have waited for does not count."""
    monkeypatch.setattr(recording, "_disk", recording._Disk())


@pytest.fixture
def disk(tmp_path, monkeypatch) -> Disk:
    disk, fsync, rename = Disk(tmp_path), os.fsync, os.replace

    def sync_and_note(descriptor):
        fsync(descriptor)
        disk.note_sync(descriptor)

    def replace_and_note(source, target):
        rename(source, target)
        disk.note_replace(source, target)

    monkeypatch.setattr(os, "fsync", sync_and_note)
    monkeypatch.setattr(os, "replace", replace_and_note)
    yield disk
    for descriptor in disk.held:
        os.close(descriptor)


def tensors(step: int) -> dict[str, np.ndarray]:
    return {"weights/fc1": np.full(NUMBERS, step, np.float32), "moments/step/fc1": np.array(step, np.float32)}


def train(kept: Recording, disk: Disk, durable: bool) -> None:
    """Do what a training does: points of the curve, snapshots, states."""
    for step in range(10, 60, 10):
        for point in range(step - 9, step + 1):
            kept.append({"kind": "metric", "step": point, "train_loss": 1.0})
        kept.save_snapshot(step, {"fc1": np.zeros(3, np.float32)})
        kept.append({"kind": "snapshot", "step": step})
        kept.save_state(step, tensors(step), {"at": step}, durable=durable)
        if durable:
            disk.durable = step
        disk.cut()


def restore(left: dict[str, bytes | None], folder: Path) -> Recording:
    for name, content in left.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            (folder / name).write_bytes(content)
    return Recording(folder / "runs" / "run")


def whole_states(kept: Recording) -> list[int]:
    found = []
    for step in kept.states():
        try:
            arrays, about = kept.state(step)
        except RecordingError:
            continue
        assert about == {"at": step} and (arrays["weights/fc1"] == step).all()
        found.append(step)
    return found


def test_a_power_cut_at_any_point_leaves_the_last_durable_state_and_its_events_whole(disk, tmp_path):
    kept = Recording.create(tmp_path / "runs" / "run", Experiment(), "owner")
    train(kept, disk, durable=True)
    assert len(disk.cuts) > 20 and {durable for durable, _left in disk.cuts} == {-1, 10, 20, 30, 40, 50}
    for number, (durable, left) in enumerate(disk.cuts):
        after = restore(left, tmp_path / "cuts" / str(number))
        if durable < 0:
            continue
        assert after.experiment == Experiment()
        assert whole_states(after)[-1] >= durable
        told = [event["step"] for event in after.events() if event["kind"] == "metric"]
        assert told[:durable] == list(range(1, durable + 1))


def test_a_files_content_is_on_the_disk_before_its_name_and_the_events_before_the_state(disk, tmp_path):
    kept = Recording.create(tmp_path / "runs" / "run", Experiment())
    kept.append({"kind": "metric", "step": 1})
    disk.log.clear()
    kept.save_state(1, tensors(1), {}, durable=True)
    assert disk.log == ["fsync runs/run/events.jsonl", "fsync runs/run/run.json", "fsync runs/run", "fsync runs",
                        "fsync .", "fsync runs/run/states/.1.safetensors.part", "rename runs/run/states/1.safetensors",
                        "fsync runs/run/states"]
    disk.log.clear()
    kept.save_state(2, tensors(2), {}, durable=True)
    assert disk.log == ["fsync runs/run/events.jsonl", "fsync runs/run/states/.2.safetensors.part",
                        "rename runs/run/states/2.safetensors", "fsync runs/run/states"]


def test_states_that_come_quickly_are_made_durable_now_and_then_and_the_last_durable_one_is_never_thinned_out(
        disk, tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(recording.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(files.time, "perf_counter", lambda: now[0])
    kept, synced = Recording.create(tmp_path / "runs" / "run", Experiment()), []
    for step in range(200):
        now[0] += 0.3
        disk.log.clear()
        kept.save_state(step, tensors(step), {"at": step})
        synced += [step] if any("states/" in line and line.startswith("fsync") for line in disk.log) else []
        assert synced[-1] in kept.states()
    pauses = np.diff(synced)
    assert len(synced) == 12 and (16 <= pauses).all() and (pauses <= 18).all()


def test_the_longer_the_disk_takes_the_rarer_it_is_waited_for(tmp_path, monkeypatch):
    now, waited = [0.0], []

    def slow_sync(*paths):
        now[0] += 0.5 * len(paths)
        waited.append(0.5 * len(paths))
        return 0.5 * len(paths)

    monkeypatch.setattr(recording, "sync", slow_sync)
    monkeypatch.setattr(files, "sync", slow_sync)
    monkeypatch.setattr(files, "_sync", slow_sync)
    monkeypatch.setattr(recording.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(files.time, "perf_counter", lambda: now[0])
    kept = Recording.create(tmp_path / "runs" / "run", Experiment())
    for step in range(300):
        now[0] += 20
        kept.save_state(step % 40, tensors(step), {})
    assert len(waited) > 5 and sum(waited) < 0.01 * now[0]


def test_what_ends_a_run_and_what_pauses_it_is_durable(disk, tmp_path):
    kept = Recording.create(tmp_path / "runs" / "run", Experiment())
    kept.append({"kind": "metric", "step": 1})
    assert disk.log == ["rename runs/run/run.json"]
    kept.append({"kind": "finished", "step": 1})
    assert "fsync runs/run/events.jsonl" in disk.log
    assert json.loads(disk.content[(kept.folder / "events.jsonl").stat().st_ino].split(b"\n")[-2])["kind"] == "finished"
    for paused in (True, False):
        note_paused(kept.folder, paused)
        assert ("paused" in disk.names[kept.folder.stat().st_ino]) == paused


def test_several_runs_of_a_process_wait_no_longer_together_than_one(tmp_path, monkeypatch):
    now, waited = [0.0], []

    def slow_sync(*paths):
        now[0] += 0.02 * len(paths)
        waited.append(0.02 * len(paths))
        return waited[-1]

    for module in (recording, files):
        monkeypatch.setattr(module, "sync", slow_sync)
    monkeypatch.setattr(files, "_sync", slow_sync)
    monkeypatch.setattr(recording.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(files.time, "perf_counter", lambda: now[0])
    runs = [Recording.create(tmp_path / "runs" / str(number), Experiment()) for number in range(6)]
    for step in range(50):
        now[0] += 2
        for run in runs:
            run.save_state(step % 40, tensors(step), {})
    assert len(waited) > 9 and sum(waited) < 0.01 * now[0]
