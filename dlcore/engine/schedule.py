"""The server's table of runs: who waits, who computes where, who may steer, and who has been left alone.

It computes nothing and waits for nobody: workers are told through `send`, and tell through `report`.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dlcore.engine.placement import UNLIMITED, Held, Seat, choose_worker, fits, who_gives_way
from dlcore.engine.protocol import error_from_plain
from dlcore.engine.runs import Run, read_run, steps_per_epoch
from dlcore.engine.views import ACTIVE, Message, RunView
from dlcore.errors import N_, DerinError, EngineError, NotOwner, QueueFull
from dlcore.specs import codec
from dlcore.specs.experiment import Change, Experiment, check, check_change
from dlcore.specs.shapes import estimate_memory
from dlcore.training.recording import Recording

RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_QUEUED = 200
MOST_KEPT = 40  # runs that no worker holds, kept in the server's memory

WORKER_DIED = N_("The process that trained this run has ended unexpectedly. Press Train: it goes on from its last "
                 "full state.")
LEFT_ALONE = N_("Paused because nobody was watching. Press Train to go on.")
TOO_LARGE = N_("This run needs about {need:.1f} GiB of memory, more than the {budget:.1f} GiB that runs may use here. "
               "Use a smaller batch or a smaller network.")
NO_DEVICE = N_("There is no device {device} here. There are: {devices}.")
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
    """All runs; called under the engine's lock, except for reading from disk."""

    def __init__(self, home: Path, send: Callable[[str, dict], object], budget: int, times: Times = Times()):
        self.home, self.send, self.times = home, send, times
        self.budgets = {"cpu": budget}
        self.runs: dict[str, Run] = {}
        self.queue: list[str] = []
        self.workers: dict[str, str] = {}   # name: device, of those that are there
        self.devices: tuple[str, ...] = ()  # empty until the host has told
        self.jobs_on: Callable[[str], int] = lambda worker: 0
        self._seen_told: dict[str, tuple] = {}

    # workers come and go

    def learn_devices(self, devices: list[dict]) -> None:
        """Take over what the host has found."""
        self.devices = tuple(device["name"] for device in devices)
        self.budgets |= {device["name"]: int(0.9 * device["memory"]) or UNLIMITED for device in devices
                         if device["name"] != "cpu"}

    def worker_up(self, name: str, device: str) -> None:
        """Give a worker that has come (back) something to do."""
        self.workers[name] = device
        self._seen_told.pop(name, None)
        self.place()

    def worker_down(self, name: str) -> None:
        """Mark what a dead worker held as interrupted; paused runs were saved and stay paused."""
        self.workers.pop(name, None)
        for run in self.runs.values():
            if run.worker == name:
                run.worker, run.leaving = None, False
                if run.state in ACTIVE:
                    run.state, run.message = "interrupted", Message(WORKER_DIED)
        self.place()

    # what owners order

    def start(self, experiment: Experiment, owner: str, parent: tuple[str, int] | None = None,
              paused: bool = False) -> str:
        """Record a new run and queue it; it starts at once where there is room."""
        check(experiment)
        device, need = experiment.training.device, estimate_memory(experiment)
        self._check_room(device, need)
        run = Run(secrets.token_hex(6), experiment, hash_owner(owner), parent, bytes=need, goes_on=not paused)
        run.total_steps = experiment.training.epochs * steps_per_epoch(experiment)
        try:
            Recording.create(self.home / "runs" / run.id, experiment, run.owner_hash, parent)
        except OSError as error:
            raise EngineError(N_("The run cannot be recorded ({reason}). Free some disk space."),
                              reason=error.strerror) from error
        self.runs[run.id] = run
        self._enqueue(run)
        return run.id

    def resume(self, run_id: str, owner: str) -> None:
        """Let a run go on, from where it stands or from its last full state."""
        run = self._owned(run_id, owner)
        run.goes_on = True
        if run.worker and not run.leaving and run.state == "paused":
            run.state, run.message = "running", None
            self._order(run, "resume")
        elif run.state not in (*ACTIVE, "queued") and not self._is_over(run):
            self._enqueue(run)
        run.seen = time.monotonic()

    def pause(self, run_id: str, owner: str) -> None:
        """Let a run stand still, saved and in memory while there is room."""
        self._pause(self._owned(run_id, owner), None)

    def step(self, run_id: str, owner: str) -> None:
        """Let a run take one step and stand still."""
        run = self._owned(run_id, owner)
        if self._is_over(run):
            return
        run.goes_on, run.seen = False, time.monotonic()
        if run.worker and not run.leaving and run.state != "starting":
            run.state, run.message, run.paused = "paused", None, time.monotonic()
            self._order(run, "step")
        else:
            run.steps_due += 1
            if run.state not in ("starting", "queued"):
                self._enqueue(run)

    def stop(self, run_id: str, owner: str) -> None:
        """Let a run leave memory; its recording stays and it can be resumed."""
        run = self._owned(run_id, owner)
        self._pause(run, None)
        self._drop(run)

    def change(self, run_id: str, owner: str, field: str, value: object) -> None:
        """Change a setting from the next step on; SpecError where that cannot be."""
        run = self._owned(run_id, owner)
        check_change(Change(run.step, field, value))
        if run.worker and not run.leaving:
            self._order(run, "change", field=field, value=value)
        else:
            run.changes_due.append((field, value))

    def _owned(self, run_id: str, owner: str) -> Run:
        run = self.find(run_id)
        if run is None:
            raise EngineError(NO_RUN, run=run_id)
        if not owner or not hmac.compare_digest(run.owner_hash, hash_owner(owner)):
            raise NotOwner(NOT_OWNER)
        return run

    # queue

    def _check_room(self, device: str, need: int) -> None:
        if self.devices and device not in self.devices:
            raise EngineError(NO_DEVICE, device=device, devices=", ".join(self.devices))
        budget = self.budgets.get(device, UNLIMITED)
        if need > budget:
            raise EngineError(TOO_LARGE, need=need / 2**30, budget=budget / 2**30)
        if len(self.queue) >= MOST_QUEUED:
            raise QueueFull(N_("{count} runs are waiting already. Try again later."), count=len(self.queue))

    def _enqueue(self, run: Run) -> None:
        run.bytes = run.bytes or estimate_memory(run.experiment)
        self._check_room(run.experiment.training.device, run.bytes)
        run.state, run.message, run.seen = "queued", None, time.monotonic()
        self.queue.append(run.id)
        self.place()

    def place(self) -> None:
        """Start what waits, first come first served on each device, as far as there is room."""
        full: set[str] = set()
        for run in [self.runs[run_id] for run_id in self.queue]:
            device = run.experiment.training.device
            if device not in full and not self._try(run, device):
                full.add(device)

    def _try(self, run: Run, device: str) -> bool:
        """Start a run if there is a worker and memory for it; make room where paused runs hold it."""
        if self.devices and device not in self.devices:
            self._fail(run, EngineError(NO_DEVICE, device=device, devices=", ".join(self.devices)))
            return True
        worker = choose_worker(self._seats(), device)
        if worker is None or run.worker:
            return False
        held, budget = self._held(), self.budgets[device]
        if fits(run.bytes, device, held, budget):
            self._launch(run, worker)
            return True
        for name in who_gives_way(run.bytes, device, held, budget):
            self._drop(self.runs[name])
        return False

    def _fail(self, run: Run, error: EngineError) -> None:
        self.queue.remove(run.id)
        run.state, run.message = "failed", Message(error.template, error.values)

    def _seats(self) -> list[Seat]:
        busy = [run.worker for run in self.runs.values() if run.worker and run.state in ACTIVE]
        return [Seat(name, device, busy.count(name) + self.jobs_on(name)) for name, device in self.workers.items()]

    def _held(self) -> list[Held]:
        return [Held(run.id, run.experiment.training.device, run.bytes, run.paused if run.state == "paused" else None)
                for run in self.runs.values() if run.worker]

    def _launch(self, run: Run, worker: str) -> None:
        self.queue.remove(run.id)
        run.worker, run.state, run.live_step = worker, "starting", None
        again = run.history.last > 0 or run.step > 0
        self.send(worker, {"op": "start", "run": run.id, "experiment": codec.to_dict(run.experiment),
                           "parent": run.parent, "owner": run.owner_hash, "changes": run.changes_due,
                           "again": again, "running": run.goes_on, "device": run.experiment.training.device})
        for _ in range(run.steps_due):
            self._order(run, "step")
        run.changes_due, run.steps_due = [], 0

    # what happens to runs

    def _order(self, run: Run, op: str, **more: object) -> None:
        self.send(run.worker, {"op": op, "run": run.id, **more})

    def _pause(self, run: Run, message: Message | None) -> None:
        run.goes_on = False
        if run.state == "queued":
            self.queue.remove(run.id)
        elif run.state in ACTIVE:
            self._order(run, "pause")
        else:
            return
        run.state, run.message, run.paused = "paused", message, time.monotonic()

    def _drop(self, run: Run) -> None:
        if run.worker and not run.leaving:
            run.leaving = True
            self._order(run, "drop")

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
        if message.get("state"):
            run.state, run.paused = message["state"], time.monotonic()
            error = error_from_plain(message["error"]) if "error" in message else None
            run.message = Message(error.template, error.values) if error else None

    def gone(self, worker: str, run_id: str) -> None:
        """Note that a worker holds a run no more."""
        run = self.runs.get(run_id)
        if run is not None and run.worker == worker:
            run.worker, run.leaving = None, False
            self.place()

    # who looks

    def find(self, run_id: str) -> Run | None:
        """Return a run from memory, else from disk, else None."""
        if run_id not in self.runs and RUN_ID.fullmatch(run_id):
            try:
                self.runs[run_id] = read_run(self.home, run_id)
            except (DerinError, OSError, KeyError, TypeError):
                return None
        return self.runs.get(run_id)

    def view(self, run_id: str, cursor: int) -> RunView | None:
        """Return a run as it stands, and note that somebody looks."""
        run = self.find(run_id)
        if run is None:
            return None
        run.seen = time.monotonic()
        return run.view(self._place_of(run), cursor)

    def _place_of(self, run: Run) -> int:
        if run.state != "queued":
            return 0
        device = run.experiment.training.device
        before = self.queue[: self.queue.index(run.id)]
        return 1 + sum(self.runs[other].experiment.training.device == device for other in before)

    def tick(self) -> None:
        """Pause and drop what was left alone, tell workers who is looked at, forget what is only on disk."""
        now = time.monotonic()
        for run in list(self.runs.values()):
            if run.state in (*ACTIVE, "queued") and now - run.seen > self.times.pause:
                self._pause(run, Message(LEFT_ALONE))
            elif run.state == "paused" and now - max(run.seen, run.paused) > self.times.leave:
                self._drop(run)
        for worker in list(self.workers):
            self._tell_seen(worker, now)
        self.place()
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
            del self.runs[run.id]

    @property
    def active(self) -> list[Run]:
        """The runs that learn now."""
        return [run for run in self.runs.values() if run.state in ACTIVE]


def hash_owner(owner: str) -> str:
    """Return what is kept of an owner's secret."""
    return hashlib.sha256(owner.encode()).hexdigest() if owner else ""
