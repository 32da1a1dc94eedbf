"""A run as the server knows it: its state, what happened in it, and how it is read back from disk."""

import time
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from pathlib import Path

from dlcore.engine.standing import was_paused
from dlcore.engine.views import Message, RunView
from dlcore.errors import N_
from dlcore.specs.changes import Change
from dlcore.specs.learning import Learner, steps_per_epoch
from dlcore.training.recording import Recording

MOST_EVENTS = 2000  # of a run, in memory
INTERRUPTED = N_("The engine was restarted while this run was under way. Press Continue: it goes on from its last full "
                 "state.")


class History:
    """A run's events, numbered; when there are too many, every second point of the training curve is let go."""

    def __init__(self, events: list[dict] = (), most: int = MOST_EVENTS):
        self.most, self.last = most, 0
        self._numbers: list[int] = []
        self._events: list[dict] = []
        self.changes: tuple[Change, ...] = ()
        self.add(events)

    def add(self, events: list[dict]) -> None:
        """Append events."""
        for event in events:
            self.last += 1
            self._numbers.append(self.last)
            self._events.append(event)
            if event["kind"] == "change":
                self.changes += (Change(event["step"], event["field"], event["value"]),)
        while len(self._events) > self.most and self._thin():
            pass

    def since(self, cursor: int) -> list[dict]:
        """Return the events after a number; `last` is the number to give next time."""
        return self._events[bisect_right(self._numbers, cursor):]

    def begin_anew(self, events: list[dict]) -> None:
        """Replace everything, and say so to whoever has already read it: an event "cut" drops what came before."""
        self._numbers, self._events, self.changes = [], [], ()
        self.add([{"kind": "cut", "step": -1}, *events])

    @property
    def finished(self) -> bool:
        """Whether the run has come to its end."""
        return any(event["kind"] == "finished" for event in self._events[-3:])

    @property
    def diverged(self) -> dict | None:
        """The event that tells how the run came to no number, where it did; training on from before cuts it off."""
        return next((event for event in reversed(self._events[-3:]) if event["kind"] == "diverged"), None)

    @property
    def step(self) -> int:
        """The last step that anything is known of."""
        return max((event["step"] for event in self._events[-3:]), default=0)

    def _thin(self) -> bool:
        """Drop every second event of the kind that matters least; say whether there was any."""
        for expendable in (_is_training_point, _is_metric, _is_snapshot):
            found = [index for index, event in enumerate(self._events) if expendable(event)]
            if len(found) > self.most // 2:
                drop = set(found[1:-1:2])
                self._keep([index for index in range(len(self._events)) if index not in drop])
                return True
        return False

    def _keep(self, indices: list[int]) -> None:
        self._numbers = [self._numbers[index] for index in indices]
        self._events = [self._events[index] for index in indices]


def _is_training_point(event: dict) -> bool:
    return event["kind"] == "metric" and "held_loss" not in event


def _is_metric(event: dict) -> bool:
    return event["kind"] == "metric" and "test_loss" not in event


def _is_snapshot(event: dict) -> bool:
    return event["kind"] == "snapshot"


@dataclass
class Run:
    """One run; `worker` names the process that holds it in memory, `leaving` says that it has been told to let go."""

    id: str
    experiment: Learner
    owner_hash: str
    parent: tuple[str, int] | None = None
    state: str = "queued"
    message: Message | None = None
    history: History = field(default_factory=History)
    step: int = 0
    total_steps: int = 0
    epoch: float = 0.0
    rate: float = 0.0
    seconds_left: float | None = None
    snapshots: tuple[int, ...] = ()
    live_step: int | None = None
    frame: dict | None = None
    threads: int = 1
    worker: str | None = None
    leaving: bool = False
    begun: bool = False             # there is something on disk to go on from
    goes_on: bool = True            # once it is in memory; else it stands still there
    steps_due: list[bool] = field(default_factory=list)  # to take once it is in memory: single ones, or whole epochs
    changes_due: list[tuple[str, object]] = field(default_factory=list)
    bytes: int = 0
    seen: float = field(default_factory=time.monotonic)
    paused: float = 0.0

    def view(self, place: int, cursor: int, said: Message | None = None) -> RunView:
        """Return this run as a page sees it; `said` is told where there is nothing else to tell."""
        active = self.state == "running"
        return RunView(self.id, self.experiment_now, self.state, place, self.step, self.total_steps, self.epoch,
                       self.rate if active else 0.0, self.seconds_left if active else None,
                       self.history.since(cursor), self.history.last, self.snapshots, self.live_step,
                       self.owner_hash, self.message or said, self.threads, self.parent, self.frame)

    def take(self, report: dict) -> None:
        """Take over what a worker tells."""
        for name in ("step", "total_steps", "epoch", "rate", "seconds_left", "live_step", "threads", "frame"):
            if name in report:
                setattr(self, name, report[name])
        if "snapshots" in report:
            self.snapshots = tuple(report["snapshots"])
        if "history" in report:
            self.history.begin_anew(report["history"])
        self.history.add(report["events"])

    @property
    def experiment_now(self) -> Learner:
        """The experiment with what was changed on the way, and what is still to be changed."""
        made = self.history.changes
        due = tuple(change for change in self.experiment.changes if change not in made)
        return replace(self.experiment, changes=made + due) if made else self.experiment


def read_run(home: Path, run_id: str) -> Run:
    """Return a run as its recording tells it; RecordingError or SpecError where that cannot be read."""
    recording = Recording(home / "runs" / run_id)
    about, history = recording.about(), History(recording.events())
    run = Run(run_id, recording.experiment, about["owner"], _parent(about), begun=True, history=history)
    settings = run.experiment
    for change in history.changes:
        if change.field == "training.epochs":
            settings = replace(settings, training=replace(settings.training, epochs=change.value))
    run.step, run.snapshots = history.step, tuple(recording.snapshots())
    run.total_steps = settings.training.epochs * steps_per_epoch(settings)
    run.epoch = run.step / steps_per_epoch(settings)
    run.live_step = run.snapshots[-1] if run.snapshots else None
    run.state, run.message = _standing(history, recording.folder)
    return run


def _standing(history: History, folder: Path) -> tuple[str, Message | None]:
    """Return how a run stands that nobody trains, and what is said of it."""
    if history.finished:
        return "finished", None
    if (lost := history.diverged) is not None:
        return "failed", Message(lost["template"], lost["values"])
    return ("paused", None) if was_paused(folder) else ("interrupted", Message(INTERRUPTED))


def _parent(about: dict) -> tuple[str, int] | None:
    return tuple(about["parent"]) if about.get("parent") else None
