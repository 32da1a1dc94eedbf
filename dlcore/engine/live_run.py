"""One run in a worker: its Trainer, its turns, and what is told of it."""

import errno
import logging
import sys
import time
from contextlib import suppress
from pathlib import Path

import torch

from dlcore.engine.camera import Camera
from dlcore.engine.claim import hold_run
from dlcore.engine.protocol import error_to_plain
from dlcore.engine.standing import note_paused, was_paused
from dlcore.engine.thread_choice import ThreadChoice
from dlcore.errors import N_, EngineError, RecordingError, SpecError
from dlcore.specs import codec
from dlcore.specs.learning import Learner
from dlcore.training.recorded import Recorded
from dlcore.training.recording import Recording
from dlcore.training.trainers import TRAINERS

TURN = 0.03            # seconds
REPORT_PAUSE = 0.1     # seconds between two reports, at least
PUBLISH_PAUSE = 0.5    # seconds between two publications of live weights, at least
PUBLISH_SHARE = 0.05   # of the run's time goes into publishing, at most
STANDING = 0.5         # seconds after a single step until it is kept, unless another follows
RATE_WINDOW = 2.0      # seconds over which the speed is measured
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
DISK_FULL = N_("The disk is full, so the run was paused. Free some space and press Continue: it goes on from its last "
               "full state.")
DISK_FAULT = N_("The run's folder cannot be written ({reason}), so the run was paused. Once that is put right, press "
                "Continue: it goes on from its last full state.")
LOST_STEPS = N_("What this run had kept last is damaged on the disk. It goes on from step {step:,}, the newest that is "
                "whole: {lost:,} steps are trained again.")
NO_MEMORY = N_("There is not enough memory on {device} for this run. Use a smaller batch or a smaller network.")


def open_trainer(order: dict, home: Path) -> Recorded:
    """Return the Trainer that an order describes: a new one, a copy of another run, or one that goes on."""
    experiment = codec.from_dict(order["experiment"])
    recording = Recording(home / "runs" / order["run"])
    start = _first_step(order, experiment, recording, home)
    trainer = TRAINERS[experiment.kind](experiment, recording, start)
    for field, value in order["changes"]:
        trainer.change(field, value)
    return trainer


def _first_step(order: dict, experiment: Learner, recording: Recording, home: Path) -> int | None:
    """Return the step to go on from: the last full state, or weights alone where there is none of a copied run."""
    if order["parent"] and not recording.snapshots():
        run, step = order["parent"]
        Recording(home / "runs" / run).branch(recording.folder, step, order["owner"])
        Recording.create(recording.folder, experiment, order["owner"], (run, step))
    if (state := recording.nearest_state(sys.maxsize)) is not None:
        return state
    if order["parent"] and recording.snapshots():
        return max(recording.snapshots())
    recording.cut(-1)
    return None


class LiveRun:
    """A run that a worker gives turns to."""

    def __init__(self, order: dict, home: Path):
        self.id, self._held = order["run"], hold_run(home / "runs" / order["run"])
        self.trainer = open_trainer(order, home)
        self.running, self.unsaved, self.ended = False, True, False
        self.watched = self.present = True
        self.threads, self._choice = 1, ThreadChoice()
        self._noted = was_paused(self.trainer.recording.folder)
        self._live_step: int | None = None
        self._since_publication, self._cost, self._published = 0.0, 0.0, -PUBLISH_PAUSE
        self._told, self._news = 0.0, {"state": None} | self._past(order) | self._damage()
        self._window: list[tuple[float, int, int]] = []
        self._camera = Camera(self.trainer)
        self._due = 0.0 if order["running"] else time.perf_counter() + STANDING

    def _past(self, order: dict) -> dict:
        """Return what was recorded before, for a run that goes on."""
        if not order["parent"] and not order["again"]:
            return {}
        self.trainer.take_events()
        return {"history": self.trainer.recording.events()}

    def _damage(self) -> dict:
        """Return what is said where the newest of what was kept could not be used."""
        lost = self.trainer.lost
        if lost is None:
            return {}
        return {"notice": error_to_plain(EngineError(LOST_STEPS, step=self.trainer.step, lost=lost))}

    def turn(self, threads: int) -> None:
        """Train for one turn on at most so many threads."""
        self._note(paused=False)
        self._set_threads(self._choice.choose(threads))
        begun, items = time.perf_counter(), self.trainer.items_seen
        self.trainer.advance(TURN)
        spent = time.perf_counter() - begun
        self._choice.note(self.threads, self.trainer.items_seen - items, spent)
        self._since_publication += spent
        self.unsaved = True
        self._measure()
        self._due = begun + spent + getattr(self.trainer, "rest", 0.0)
        if not self._is_over() and self.watched and self._publication_is_due():
            self.publish()

    def is_due(self, now: float) -> bool:
        """Whether the run wants a turn now: one with a pace of its own rests in between."""
        return self.running and now >= self._due

    @property
    def rest(self) -> float:
        """The seconds until the run wants a turn, or, where it stands still, to be kept."""
        return max(0.0, self._due - time.perf_counter())

    def _is_over(self) -> bool:
        """End the run where its training is finished, or has come to no number."""
        if self.trainer.diverged is not None:
            self.end("failed", self.trainer.diverged)
        elif self.trainer.finished:
            self.end("finished")
        return self.ended

    def _set_threads(self, threads: int) -> None:
        threads = 1 if self.trainer.experiment.training.reproducible else threads
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        self.threads = torch.get_num_threads()

    # what the server orders

    def resume(self) -> None:
        """Take part in the turns."""
        self.running, self._window, self._due = True, [], 0.0

    def pause(self) -> None:
        """Take no more turns; keep everything on disk, and the weights where they can be looked at."""
        self.running, self._window = False, []
        self.keep()
        self.publish()

    def keep(self) -> None:
        """Keep everything of a run that stands still on disk: nothing of it can be lost from here on."""
        self.save()
        self._note(paused=True)

    def step(self, whole_epoch: bool = False) -> None:
        """Train one step, or to the end of the epoch where the training has such steps, and stand still."""
        self.running, self._window = False, []
        self._note(paused=False)  # until it is saved
        self._set_threads(1)
        if whole_epoch and hasattr(self.trainer, "step_epoch"):
            self.trainer.step_epoch()
        else:
            self.trainer.step_once()
        self.unsaved, self._due = True, time.perf_counter() + STANDING
        if not self._is_over():
            self.publish()

    def change(self, field: str, value: object) -> None:
        """Change a setting from the next step on; the server has checked it, so what is refused now is only noted."""
        try:
            self.trainer.change(field, value)
            self.unsaved, self._due, self._live_step = True, 0.0, None
            if not self.running:
                self.publish()
        except SpecError as error:
            logging.warning("run %s: %s", self.id, error)

    def save(self) -> None:
        """Keep a snapshot and the full state, unless nothing has happened since."""
        if self.unsaved:
            self.trainer.save()
            self.unsaved = False

    def _note(self, paused: bool) -> None:
        if paused != self._noted:
            self._noted = note_paused(self.trainer.recording.folder, paused)

    def publish(self) -> None:
        """Put the weights where the explainer finds them."""
        if self._live_step == self.trainer.step:
            return
        begun = time.perf_counter()
        self.trainer.publish()
        self._live_step, self._published = self.trainer.step, time.perf_counter()
        self._cost, self._since_publication = self._published - begun, 0.0

    def _publication_is_due(self) -> bool:
        return (time.perf_counter() - self._published >= PUBLISH_PAUSE
                and self._cost <= PUBLISH_SHARE * self._since_publication)

    def leave(self) -> None:
        """Save and withdraw the live weights, for this process will not change them any more."""
        try:
            if not self.ended:
                self.save()
                self._note(paused=not self.running)
                self._withdraw()
        finally:
            self._held.release()

    def _withdraw(self) -> None:
        """Take the live weights away: from here on the last snapshot speaks for the run."""
        recording = self.trainer.recording
        with suppress(OSError):
            recording.folder.joinpath("live.safetensors").unlink(missing_ok=True)
        self._live_step = max(recording.snapshots(), default=None)

    # what the server is told

    def end(self, state: str, error: Exception | None = None) -> None:
        """Tell that the run takes no more turns here: it is finished, or paused or failed for a reason."""
        self.running, self.ended = False, True
        self._withdraw()
        self._news = {"state": state} | ({"error": error_to_plain(error)} if error else {})

    def report(self) -> dict | None:
        """Return what is new, or None where that was told a moment ago."""
        now = time.perf_counter()
        if self.running and now - self._told < REPORT_PAUSE:
            return None
        events, trainer = self.trainer.take_events(), self.trainer
        self._told, news, self._news = now, self._news, {}
        report = {"step": trainer.step, "total_steps": trainer.total_steps, "epoch": trainer.epoch,
                  "live_step": self._live_step, "threads": self.threads, "events": events, **self._speed(), **news}
        if news or any(event["kind"] == "snapshot" for event in events):
            report["snapshots"] = trainer.recording.snapshots()
        if self.watched and (frame := self._camera.take(at_once=not self.running)) is not None:
            report["frame"] = frame
        return report

    def _measure(self) -> None:
        now = time.perf_counter()
        self._window.append((now, self.trainer.step, self.trainer.items_seen))
        while now - self._window[0][0] > RATE_WINDOW:
            del self._window[0]

    def _speed(self) -> dict:
        """Return pictures a second and the seconds left, by the clock on the wall."""
        if len(self._window) < 2:
            return {"rate": 0.0, "seconds_left": None}
        (begun, step, items), (now, last_step, last_items) = self._window[0], self._window[-1]
        seconds, left = max(now - begun, 1e-9), self.trainer.total_steps - last_step
        left = left * seconds / (last_step - step) if last_step > step else None
        return {"rate": (last_items - items) / seconds, "seconds_left": left}


def end_of(error: Exception, device: str) -> tuple[str, Exception]:
    """Return how a run ends that raised an error: paused where the disk is at fault, else failed; and what to say."""
    cause = error.__cause__ if isinstance(error, RecordingError) else error
    if isinstance(cause, OSError):
        full = cause.errno in NO_SPACE
        return "paused", EngineError(DISK_FULL) if full else EngineError(DISK_FAULT, reason=cause.strerror or "?")
    if isinstance(error, RecordingError):
        return "paused", error
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in str(error):
        return "failed", EngineError(NO_MEMORY, device=device)
    return "failed", error
