"""What a run leaves behind: a folder that the server can read without torch.

    run.json                     experiment, owner, parent, when
    events.jsonl                 metrics, changes, snapshots, the end: one JSON object a line
    snapshots/<step>.safetensors weights alone, halved precision where that cannot be seen
    predictions/<step>.npz       class scores for the held-out digits
    states/<step>.safetensors    everything needed to train on: weights, moments, gradients that piled up
    live.safetensors             the weights of this moment, replaced as a whole

A process that dies loses nothing that was written. A power cut loses what was not `durable`: states are made so, with
the events before them, every SYNC_PAUSE seconds and whenever a run stands still. What is damaged all the same is told,
or left out: one line of the events, one state.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlcore.specs import codec
from dlcore.specs.changes import Change, is_step
from dlcore.specs.learning import Learner, kind_of
from dlcore.training.about import read_about
from dlcore.training.eventlog import may_change, read_lines
from dlcore.training.files import (
    DAMAGED,
    Weights,
    append_line,
    link,
    load_tensors,
    make_folder,
    replace,
    save_tensors,
    size_of,
    sync,
    unreadable,
)
from dlcore.training.predictions import Predictions, read_predictions, write_predictions

FOLDERS = ("snapshots", "predictions", "states")
MAX_SNAPSHOTS = 40
MAX_BYTES = 400 * 2**20
STATE_BYTES = 240 * 2**20  # of full states; the last two are always kept
SYNC_PAUSE = 5.0           # seconds between two states that are made durable, at least ...
SYNC_SHARE = 1 / 200       # ... and, over all runs of a process, so long that waiting takes this share of its time
HALF_SAFE = 60_000.0
FEW = 5_000                      # weights that take no more than a block on the disk
LAST = ("finished", "diverged")  # events that end a run
LONGEST = 10                     # digits of a step


@dataclass
class _Disk:
    """When this process, which may train several runs, waits for the disk again without being asked."""

    next: float = 0.0


_disk = _Disk()


class Recording:
    """A run's folder; one process writes it, any may read it."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self._next_sync, self._safe = 0.0, -1  # when a state is made durable again, and which was last
        self._named = False                    # whether the names of run.json and events.jsonl are durable

    @classmethod
    def create(cls, folder: Path, experiment: Learner, owner: str = "", parent: tuple[str, int] | None = None
               ) -> "Recording":
        """Make a new run's folder; `owner` is a hash, `parent` the run and step that it goes on from."""
        recording = cls(folder)
        for name in FOLDERS:
            make_folder(recording.folder / name)
        about = {"experiment": codec.to_dict(experiment, whole=True), "owner": owner, "parent": parent,
                 "created": time.time()}
        replace(recording.folder / "run.json", json.dumps(about).encode())
        return recording

    @property
    def home(self) -> Path:
        """The engine's home, in which this run lies."""
        return self.folder.parent.parent

    def about(self) -> dict:
        """Return run.json: experiment (plain), owner (hash), parent, created (seconds since 1970)."""
        return read_about(self.folder)

    @property
    def experiment(self) -> Learner:
        """The experiment that this run was started with."""
        return codec.from_dict(self.about()["experiment"])

    def append(self, event: dict) -> None:
        """Add an event; a half-written line of a killed process is never read. What ends a run survives a power cut."""
        append_line(self.folder / "events.jsonl", json.dumps(event))
        if event["kind"] in LAST:
            self._sync_events()

    def events(self) -> list[dict]:
        """Return all events so far, without the lines that are damaged."""
        events = read_lines(self.folder / "events.jsonl")
        if not any(event["kind"] == "change" for event in events):
            return events
        rule = kind_of(self.experiment).live_rule
        return [event for event in events if event["kind"] != "change" or may_change(event, rule)]

    def changes(self) -> tuple[Change, ...]:
        """Return what was changed while this run went on."""
        return tuple(Change(event["step"], event["field"], event["value"]) for event in self.events()
                     if event["kind"] == "change")

    def save_snapshot(self, step: int, weights: Weights, predictions: Predictions | None = None) -> None:
        """Keep the weights of a step, and what they make of the held-out digits; thin out what is too much.

        Weights are halved where they are many: a few are kept as they are.
        """
        if predictions is not None:
            self.save_predictions(step, predictions)
        few = sum(value.size for value in weights.values()) <= FEW
        halves = {name: value if few else halved(value) for name, value in weights.items()}
        save_tensors(self.folder / "snapshots" / f"{step}.safetensors", halves, {"step": str(step)})
        self._thin()

    def save_predictions(self, step: int, predictions: Predictions) -> None:
        """Keep what the weights of a step make of the held-out digits."""
        write_predictions(self.folder / "predictions" / f"{step}.npz", predictions)

    def save_live(self, step: int, weights: Weights) -> None:
        """Publish the weights of this moment as one consistent file."""
        save_tensors(self.folder / "live.safetensors", weights, {"step": str(step)}, summed=False)

    def save_state(self, step: int, tensors: Weights, about: dict, durable: bool = False) -> float:
        """Keep everything that is needed to train on from a step, to the bit; return the seconds waited for the disk.

        It is made durable where that is asked for, or due, or where only the last two are kept anyway.
        """
        path, waited = self.folder / "states" / f"{step}.safetensors", 0.0
        most = min(MAX_SNAPSHOTS, max(2, STATE_BYTES // max(1, sum(value.nbytes for value in tensors.values()))))
        if durable := durable or most == 2 or time.monotonic() >= max(self._next_sync, _disk.next):
            waited += self._sync_events()
        waited += save_tensors(path, tensors, {"step": str(step), "about": json.dumps(about)}, durable=durable)
        if durable:
            now, self._safe = time.monotonic(), step
            self._next_sync, _disk.next = now + SYNC_PAUSE, now + waited / SYNC_SHARE
        for old in thin(self.states(), most, last=2):
            if old != self._safe:
                (self.folder / "states" / f"{old}.safetensors").unlink(missing_ok=True)
        self._thin()
        return waited

    def _sync_events(self) -> float:
        """Make durable what was told so far; the first time also what this run is, and where."""
        events = self.folder / "events.jsonl"
        files = [path for path in (events, *([] if self._named else [self.folder / "run.json"])) if path.exists()]
        waited = sync(*files, *(() if self._named else (self.folder, self.folder.parent, self.home)))
        self._named = self._named or events.exists()
        return waited

    def snapshots(self) -> list[int]:
        """Return the steps whose weights are kept, in order."""
        return _steps(self.folder / "snapshots")

    def states(self) -> list[int]:
        """Return the steps from which training can go on to the bit, in order."""
        return _steps(self.folder / "states")

    def weights(self, step: int | None) -> tuple[int, Weights]:
        """Return (step, weights) of a snapshot, or of the live network where `step` is None."""
        path = self.folder / ("live.safetensors" if step is None else f"snapshots/{step}.safetensors")
        if step is None and not path.exists() and self.snapshots():
            path = self.folder / f"snapshots/{self.snapshots()[-1]}.safetensors"
        tensors, about = load_tensors(path)
        told = about.get("step", "")
        if not _is_step(told) or (path.stem != "live" and told != path.stem):
            raise unreadable(path)
        return int(told), {name: whole(value) for name, value in tensors.items()}

    def state(self, step: int) -> tuple[Weights, dict]:
        """Return the tensors and the notes saved by save_state."""
        path = self.folder / "states" / f"{step}.safetensors"
        tensors, about = load_tensors(path)
        try:
            return tensors, json.loads(about["about"])
        except DAMAGED as error:
            raise unreadable(path) from error

    def predictions(self, step: int) -> Predictions | None:
        """Return what a snapshot made of the held-out digits, or None where that was not kept or is damaged."""
        return read_predictions(self.folder / "predictions" / f"{step}.npz")

    def reached(self) -> int:
        """Return the last step that anything in this recording is about."""
        return max([0, *(event["step"] for event in self.events()), *self.states(), *self.snapshots()])

    def nearest_state(self, step: int) -> int | None:
        """Return the last step at or before `step` from which training can go on to the bit."""
        return max((kept for kept in self.states() if kept <= step), default=None)

    def cut(self, step: int) -> None:
        """Forget everything after a step (and what was changed at it), because training goes on from there."""
        for name in FOLDERS:
            make_folder(self.folder / name)
        kept, self._named = [event for event in self.events() if _precedes(event, step)], False
        replace(self.folder / "events.jsonl", "".join(json.dumps(event) + "\n" for event in kept).encode())
        for path in self.folder.rglob("*.*"):
            half_written = path.name.startswith(".")
            if half_written or path.name == "live.safetensors" or _step(path) > step:
                path.unlink(missing_ok=True)

    def branch(self, folder: Path, step: int, owner: str) -> "Recording":
        """Return a copy of this recording up to a step, from which training goes on on its own."""
        branched = Recording.create(folder, self.experiment, owner, (self.folder.name, step))
        for event in self.events():
            if _precedes(event, step):
                branched.append(event)
        for path in self.folder.glob("*/*.*"):
            if 0 <= _step(path) <= step:
                link(path, branched.folder / path.parent.name / path.name)
        return branched

    def size(self) -> int:
        """Return the bytes that this recording takes on disk."""
        return sum(size_of(path) for path in self.folder.rglob("*.*"))

    def _thin(self) -> None:
        steps = self.snapshots()
        if not steps:
            return
        taken = [size_of(self.folder / "snapshots" / f"{step}.safetensors") for step in steps]
        room = max(4, int((MAX_BYTES - self.size() + sum(taken)) // max(*taken, 1)))
        for old in thin(steps, min(MAX_SNAPSHOTS, room)):
            (self.folder / "snapshots" / f"{old}.safetensors").unlink(missing_ok=True)
            (self.folder / "predictions" / f"{old}.npz").unlink(missing_ok=True)


def thin(steps: list[int], most: int, last: int = 1) -> list[int]:
    """Return the steps to drop so that `most` stay, their gaps growing with the step; the ends (or the `last`) stay."""
    if most <= last:
        return steps[:-last]
    kept, dropped = list(steps), []
    while len(kept) > max(most, last + 1):
        inner = range(1, len(kept) - last)
        worst = min(inner, key=lambda i: (kept[i + 1] - kept[i - 1]) / (kept[i + 1] + 1))
        dropped.append(kept.pop(worst))
    return dropped


def halved(weights: np.ndarray) -> np.ndarray:
    """Return weights in half precision, or as they are where that would overflow or lose a count."""
    if weights.dtype != np.float32 or not np.all(np.abs(weights) < HALF_SAFE):
        return weights
    return weights.astype(np.float16)


def whole(weights: np.ndarray) -> np.ndarray:
    """Return weights that were kept in half precision as float32."""
    return weights.astype(np.float32) if weights.dtype == np.float16 else weights


def _precedes(event: dict, step: int) -> bool:
    return event["kind"] not in ("finished", "diverged") and event["step"] < step + (event["kind"] != "change")


def _steps(folder: Path) -> list[int]:
    return sorted(step for path in folder.glob("*.safetensors") if (step := _step(path)) >= 0)


def _step(path: Path) -> int:
    """Return the step that a file is named after, or -1."""
    return int(path.stem) if _is_step(path.stem) else -1


def _is_step(text: str) -> bool:
    """Whether a text is the number of a step as it is written into names and notes."""
    short = len(text) <= LONGEST and text.isascii() and text.isdecimal()
    return short and str(int(text)) == text and is_step(int(text))


def existing(folders: Iterable[Path]) -> list[Recording]:
    """Return the recordings among some folders, oldest first."""
    return [Recording(folder) for folder in sorted(folders) if (folder / "run.json").exists()]
