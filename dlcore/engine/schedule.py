"""The server's table of runs: who waits, who computes where, who may steer, and who has been left alone.

It computes nothing and waits for nobody: workers are told through `send`, and tell through `report`.
"""

import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dlcore.data.home import LOOKING
from dlcore.engine.admission import Admission
from dlcore.engine.protocol import error_from_plain
from dlcore.engine.runs import Run, read_run
from dlcore.engine.views import ACTIVE, Message, RunView
from dlcore.errors import N_, DerinError, EngineError, NotOwner
from dlcore.limits import NONE, Limits
from dlcore.specs.changes import Change
from dlcore.specs.learning import Learner, check, check_change, steps_per_epoch
from dlcore.training.recording import Recording

RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_KEPT = 40  # runs that no worker holds, kept in the server's memory
MOST_STANDING = 2000
WATCHED = 10.0  # seconds since somebody has looked at a run
AGES = 1.0      # seconds after which a run that another server may be training is read again

WORKER_DIED = N_("The process that trained this run has ended unexpectedly. Press Continue: it goes on from its last "
                 "full state.")
WORKER_HUNG = N_("The process that trained this run did not answer for a long time and was ended. Press Continue: it "
                 "goes on from its last full state.")
LEFT_ALONE = N_("Paused because nobody was watching. Press Continue to go on.")
NOT_OWNER = N_("This run belongs to another browser. You can watch it, or continue a copy of your own.")
NO_RUN = N_("There is no run {run}.")


@dataclass(frozen=True)
class Times:
    """Seconds without a viewer after which a run gives way to others, is paused, and leaves memory."""

    publish: float = 3.0
    away: float = 10.0
    pause: float = 120.0
    leave: float = 600.0


class Schedule:
    """All runs; called under the engine's lock, except for `read`. Owners are given as hashes."""

    def __init__(self, home: Path, send: Callable[[str, dict], object], budget: int, times: Times | None = None,
                 limits: Limits = NONE, looks: bool = False):
        self.home, self.send, self.times, self.looks = home, send, times or Times(), looks
        self.runs: dict[str, Run] = {}
        self.admission = Admission(self.runs, send, budget, limits)
        self._seen_told: dict[str, tuple] = {}
        self._standing: dict[str, tuple[str, Message | None]] = {}  # of runs that were forgotten
        self._read: dict[str, float] = {}  # when, of those that another server may be training

    # workers come and go

    def worker_up(self, name: str, device: str) -> None:
        """Give a worker that has come (back) something to do."""
        self.admission.workers[name] = device
        self._seen_told.pop(name, None)
        self.admission.place()

    def worker_down(self, name: str, hung: bool = False) -> None:
        """Mark what a dead worker held as interrupted; paused runs were saved and stay so; `hung`: it was ended."""
        self.admission.workers.pop(name, None)
        for run in self.runs.values():
            if run.worker == name:
                run.worker, run.leaving = None, False
                if run.state in ACTIVE:
                    run.state, run.message = "interrupted", Message(WORKER_HUNG if hung else WORKER_DIED)
        self.admission.place()

    # what owners order

    def start(self, experiment: Learner, owner: str, parent: tuple[str, int] | None = None,
              paused: bool = False) -> str:
        """Record a new run and queue it; it starts at once where there is room."""
        self._check_kept()
        check(experiment)
        run = Run(secrets.token_hex(6), experiment, owner, parent, goes_on=not paused)
        self.admission.check(run)
        run.total_steps = experiment.training.epochs * steps_per_epoch(experiment)
        try:
            Recording.create(self.home / "runs" / run.id, experiment, run.owner_hash, parent)
        except OSError as error:
            raise EngineError(N_("The run cannot be recorded ({reason}). Free some disk space."),
                              reason=error.strerror) from error
        self.runs[run.id] = run
        self.admission.add(run)
        return run.id

    def resume(self, run_id: str, owner: str) -> None:
        """Let a run go on, from where it stands or from its last full state."""
        run = self._owned(run_id, owner)
        run.goes_on = True
        may_work = run.state in ACTIVE or self.admission.has_seat(owner)
        if run.worker and not run.leaving and may_work and run.state in ("paused", "starting"):
            run.state, run.message = "running" if run.state == "paused" else run.state, None
            self.admission.order(run, "resume")
        elif run.state not in (*ACTIVE, "queued") and not self._is_over(run):
            self.admission.add(run)
            if run.state == "queued":
                self.admission.drop(run)  # one that stands still gives its memory away while it waits
        run.seen = time.monotonic()

    def pause(self, run_id: str, owner: str) -> None:
        """Let a run stand still, saved and in memory while there is room."""
        self._pause(self._owned(run_id, owner), None)

    def step(self, run_id: str, owner: str, whole_epoch: bool = False) -> None:
        """Let a run take one step (or train to the end of its epoch, where it has such steps) and stand still."""
        run = self._owned(run_id, owner)
        if self._is_over(run):
            return
        run.goes_on, run.seen = False, time.monotonic()
        if run.worker and not run.leaving:
            run.state, run.message, run.paused = "paused", None, time.monotonic()
            self.admission.order(run, "step", whole_epoch=whole_epoch)
        else:
            run.steps_due.append(whole_epoch)
            if run.state != "queued":
                self.admission.add(run)

    def stop(self, run_id: str, owner: str) -> None:
        """Let a run leave memory; its recording stays and it can be resumed."""
        run = self._owned(run_id, owner)
        self._pause(run, None)
        self.admission.drop(run)

    def change(self, run_id: str, owner: str, field: str, value: object) -> None:
        """Change a setting from the next step on; SpecError where that cannot be."""
        run = self._owned(run_id, owner)
        check_change(run.experiment, Change(run.step, field, value))
        if run.worker and not run.leaving:
            self.admission.order(run, "change", field=field, value=value)
        else:
            run.changes_due = [due for due in run.changes_due if due[0] != field] + [(field, value)]

    def _check_kept(self) -> None:
        if self.looks:
            raise EngineError(LOOKING)

    def _owned(self, run_id: str, owner: str) -> Run:
        self._check_kept()
        run = self.find(run_id)
        if run is None:
            raise EngineError(NO_RUN, run=run_id)
        if not owner or not hmac.compare_digest(run.owner_hash, owner):
            raise NotOwner(NOT_OWNER)
        return run

    # what happens to runs

    def _pause(self, run: Run, message: Message | None) -> None:
        run.goes_on = False
        if run.state == "queued":
            self.admission.queue.remove(run.id)
        elif run.state in ACTIVE:
            self.admission.order(run, "pause")
        else:
            return
        run.state, run.message, run.paused = "paused", message, time.monotonic()

    def _is_over(self, run: Run) -> bool:
        """Whether a finished run has nothing left to do: more epochs may have been asked for since."""
        return run.state == "finished" and not any(field == "training.epochs" for field, _ in run.changes_due)

    def report(self, worker: str, message: dict) -> None:
        """Take over what a worker tells of a run that it holds."""
        run = self.runs.get(message["run"])
        if run is None or run.worker != worker:
            return
        run.take(message)
        if run.state == "starting" and message.get("state", "") is None:
            run.state, run.paused = ("running", 0.0) if run.goes_on else ("paused", time.monotonic())
            run.message = _said(message, "notice")
        if message.get("state"):
            run.state, run.paused, run.leaving = message["state"], time.monotonic(), True
            run.message = _said(message, "error")

    def gone(self, worker: str, run_id: str) -> None:
        """Note that a worker holds a run no more."""
        run = self.runs.get(run_id)
        if run is not None and run.worker == worker:
            run.worker, run.leaving = None, False
            self.admission.place()

    # who looks

    def find(self, run_id: str) -> Run | None:
        """Return a run from memory, else from disk, else None."""
        if run_id not in self.runs and (run := self.read(run_id)) is not None:
            self._remember(run)
        return self.runs.get(run_id)

    def _remember(self, run: Run) -> None:
        """Take a run that was read from disk into memory; how it stood is known, if this server has held it before."""
        if self.looks and run.state in ("paused", "interrupted"):
            run.state, run.message = "paused", Message(LOOKING)
        elif run.state != "finished":
            run.state, run.message = self._standing.get(run.id, (run.state, run.message))
        self.runs[run.id] = run

    def read(self, run_id: str) -> Run | None:
        """Return a run from disk, or None; this needs no lock."""
        try:
            return read_run(self.home, run_id) if RUN_ID.fullmatch(run_id) else None
        except (DerinError, OSError, KeyError, TypeError, ValueError):
            return None

    def is_stale(self, run_id: str) -> bool:
        """Whether a run is to be read from disk: it is not held here, or another server may be training it."""
        aged = time.monotonic() - self._read.get(run_id, 0.0) > AGES
        return run_id not in self.runs or (self.looks and aged)

    def view(self, run_id: str, cursor: int, found: Run | None = None) -> RunView | None:
        """Return a run as it stands, and note that somebody looks; `found` is what was read from disk just now."""
        if found is not None and (self.looks or run_id not in self.runs):
            self._read[run_id] = time.monotonic()
            self._remember(found)
        run = self.runs.get(run_id)
        if run is None:
            return None
        run.seen = time.monotonic()
        return run.view(self.admission.place_of(run), cursor, self.admission.why_waiting(run))

    def tick(self) -> None:
        """Pause and drop what was left alone, tell workers who is looked at, forget what is only on disk."""
        now = time.monotonic()
        for run in list(self.runs.values()):
            if run.state in (*ACTIVE, "queued") and now - run.seen > self.times.pause:
                self._pause(run, Message(LEFT_ALONE))
            elif run.state == "paused" and now - max(run.seen, run.paused) > self.times.leave:
                self.admission.drop(run)
        for worker in list(self.admission.workers):
            self._tell_seen(worker, now)
        self.admission.place()
        self._forget_idle()

    def _tell_seen(self, worker: str, now: float) -> None:
        mine = [run for run in self.runs.values() if run.worker == worker]
        watched = {run.id for run in mine if now - run.seen < self.times.publish}
        present = {run.id for run in mine if now - run.seen < self.times.away}
        if self._seen_told.get(worker) != (watched, present):
            self._seen_told[worker] = (watched, present)
            self.send(worker, {"op": "seen", "watched": watched, "present": present})

    def _forget_idle(self) -> None:
        idle = sorted((run for run in self.runs.values()
                       if not run.worker and run.state != "queued" and not run.changes_due), key=lambda run: run.seen)
        for run in idle[: max(0, len(idle) - MOST_KEPT)]:
            self._standing[run.id] = (run.state, run.message)
            self._read.pop(run.id, None)
            del self.runs[run.id]
        for run_id in list(self._standing)[: max(0, len(self._standing) - MOST_STANDING)]:
            del self._standing[run_id]

    def needed(self) -> set[str]:
        """Return the runs whose recordings must stay: that are written or waited for, copied, or looked at now."""
        now = time.monotonic()
        held = [run for run in self.runs.values() if run.worker or run.state in (*ACTIVE, "queued")]
        seen = {run.id for run in self.runs.values() if now - run.seen < WATCHED}
        return seen | {run.id for run in held} | {run.parent[0] for run in held if run.parent}

    def forget(self, run_id: str) -> None:
        """Know nothing any more of a run whose recording was deleted."""
        if (run := self.runs.get(run_id)) is not None and not run.worker and run.state != "queued":
            del self.runs[run_id]
        self._standing.pop(run_id, None)

    @property
    def active(self) -> list[Run]:
        """The runs that learn now."""
        return [run for run in self.runs.values() if run.state in ACTIVE]


def _said(message: dict, name: str) -> Message | None:
    """Return what a worker's message says to visitors under a name, if anything."""
    error = error_from_plain(message[name]) if name in message else None
    return Message(error.template, error.values) if error else None
