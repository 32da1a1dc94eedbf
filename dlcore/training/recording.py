"""What a run leaves behind: a folder that the server can read without torch.

    run.json                     experiment, owner, parent, when
    events.jsonl                 metrics, changes, snapshots, the end: one JSON object a line
    snapshots/<step>.safetensors weights alone, halved precision where that cannot be seen
    predictions/<step>.npz       class scores for the held-out digits
    states/<step>.safetensors    everything needed to train on: weights, moments, gradients that piled up
    live.safetensors             the weights of this moment, replaced as a whole
"""

import io
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from dlcore.errors import N_, RecordingError
from dlcore.specs import codec
from dlcore.specs.changes import Change
from dlcore.specs.learning import Learner
from dlcore.training.files import Weights, append_line, link, load_tensors, make_folder, replace, save_tensors, size_of

MAX_SNAPSHOTS = 40
MAX_BYTES = 400 * 2**20
STATE_BYTES = 240 * 2**20  # of full states; the last two are always kept
HALF_SAFE = 60_000.0
FEW = 5_000  # weights that take no more than a block on the disk


@dataclass(frozen=True)
class Predictions:
    """Class scores (items, classes) of a snapshot for held-out digits; `whole` when for all of them."""

    scores: np.ndarray
    whole: bool


class Recording:
    """A run's folder; one process writes it, any may read it."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    @classmethod
    def create(cls, folder: Path, experiment: Learner, owner: str = "", parent: tuple[str, int] | None = None
               ) -> "Recording":
        """Make a new run's folder; `owner` is a hash, `parent` the run and step that it goes on from."""
        recording = cls(folder)
        for name in ("snapshots", "predictions", "states"):
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
        try:
            return json.loads((self.folder / "run.json").read_text())
        except (OSError, ValueError) as error:
            raise RecordingError(N_("There is no recording of run {run}."), run=self.folder.name) from error

    @property
    def experiment(self) -> Learner:
        """The experiment that this run was started with."""
        return codec.from_dict(self.about()["experiment"])

    def append(self, event: dict) -> None:
        """Add an event; a half-written line of a killed process is never read."""
        append_line(self.folder / "events.jsonl", json.dumps(event))

    def events(self) -> list[dict]:
        """Return all events so far."""
        try:
            lines = (self.folder / "events.jsonl").read_text(errors="replace").split("\n")
        except FileNotFoundError:
            return []
        return [event for line in lines if (event := _event(line))]

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
        packed = io.BytesIO()
        np.savez(packed, scores=predictions.scores.astype(np.float16), whole=predictions.whole)
        replace(self.folder / "predictions" / f"{step}.npz", packed.getvalue())

    def save_live(self, step: int, weights: Weights) -> None:
        """Publish the weights of this moment as one consistent file."""
        save_tensors(self.folder / "live.safetensors", weights, {"step": str(step)})

    def save_state(self, step: int, tensors: Weights, about: dict) -> None:
        """Keep everything that is needed to train on from a step, to the bit."""
        path = self.folder / "states" / f"{step}.safetensors"
        save_tensors(path, tensors, {"about": json.dumps(about)})
        most = min(MAX_SNAPSHOTS, max(2, STATE_BYTES // path.stat().st_size))
        for old in thin(self.states(), most, last=2):
            (self.folder / "states" / f"{old}.safetensors").unlink(missing_ok=True)
        self._thin()

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
        return int(about["step"]), {name: whole(value) for name, value in tensors.items()}

    def state(self, step: int) -> tuple[Weights, dict]:
        """Return the tensors and the notes saved by save_state."""
        tensors, about = load_tensors(self.folder / "states" / f"{step}.safetensors")
        return tensors, json.loads(about["about"])

    def predictions(self, step: int) -> Predictions | None:
        """Return what a snapshot made of the held-out digits, or None where that was not kept."""
        try:
            packed = io.BytesIO((self.folder / "predictions" / f"{step}.npz").read_bytes())
            with np.load(packed, allow_pickle=False) as kept:
                return Predictions(kept["scores"].astype(np.float32), bool(kept["whole"]))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None

    def nearest_state(self, step: int) -> int | None:
        """Return the last step at or before `step` from which training can go on to the bit."""
        return max((kept for kept in self.states() if kept <= step), default=None)

    def cut(self, step: int) -> None:
        """Forget everything after a step (and what was changed at it), because training goes on from there."""
        kept = [event for event in self.events() if _precedes(event, step)]
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


def _event(line: str) -> dict | None:
    try:
        return json.loads(line) if line else None
    except ValueError:
        return None


def _precedes(event: dict, step: int) -> bool:
    return event["kind"] not in ("finished", "diverged") and event["step"] < step + (event["kind"] != "change")


def _steps(folder: Path) -> list[int]:
    return sorted(step for path in folder.glob("*.safetensors") if (step := _step(path)) >= 0)


def _step(path: Path) -> int:
    """Return the step that a file is named after, or -1."""
    return int(path.stem) if path.stem.isdecimal() else -1


def existing(folders: Iterable[Path]) -> list[Recording]:
    """Return the recordings among some folders, oldest first."""
    return [Recording(folder) for folder in sorted(folders) if (folder / "run.json").exists()]
