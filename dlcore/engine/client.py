"""The engine as the server holds it: everything a page may ask for. It imports no torch and never waits for a step."""

import atexit
import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dlcore.data import images
from dlcore.data.home import check_home, default_home, looks_only, open_home
from dlcore.engine import placement
from dlcore.engine.claim import Claim
from dlcore.engine.crew import Crew
from dlcore.engine.job_room import JobRoom
from dlcore.engine.joblist import JobList
from dlcore.engine.protocol import EXPLAINERS
from dlcore.engine.questions import Questions
from dlcore.engine.schedule import Schedule, Times
from dlcore.engine.storage import keep_shares, make_room
from dlcore.engine.views import ACTIVE, EngineStatus, JobView, RunView
from dlcore.errors import HomeError
from dlcore.limits import Limits, limits_here
from dlcore.specs.learning import Learner

TICK = 0.25  # seconds between two looks at leases and queue
NOWHERE = Path(os.devnull)


def hash_owner(owner: str) -> str:
    """Return what is kept of an owner's secret; nobody owns what has none."""
    return hashlib.sha256(owner.encode()).hexdigest() if owner else ""


class Engine:
    """Trains, explains and works, in processes of its own; safe to use from any thread.

    The environment variable DERIN_ENGINE (another engine's `address`) makes it attach to that engine's host instead
    of starting one. Without a folder it keeps what it makes where DERIN_HOME says, else among the user's data.
    `modules` are imported in every worker: they may add to its TRAINERS, JOBS and REQUESTS. `limits` are what one
    visitor may have, by default what DERIN_LIMITS says. With DERIN_LOOK the folder is only looked at.

    HomeError where the folder cannot be made or written, or another server keeps its things there.
    """

    def __init__(self, home: Path | None = None, *, workers: int | None = None, memory_budget: int | None = None,
                 times: Times | None = None, modules: tuple[str, ...] = (), address: str | None = None,
                 limits: Limits | None = None):
        self.home = Path(home or default_home())
        self.looks = looks_only()
        (check_home if self.looks else open_home)(self.home)
        images.keep_in(self.home)
        self.cores = workers or placement.count_cores()
        self._lock = threading.RLock()
        self._deleted: dict[str, list[int]] = {}
        self._threads, self._started, self._stopped, self._untidy = 1, False, threading.Event(), True
        orders = {"home": str(self.home.resolve()), "workers": self.cores, "modules": modules}
        address = address or os.environ.get("DERIN_ENGINE") or None
        self._crew = Crew(NOWHERE if self.looks else self.home, orders, address, self._lock, self)
        self._claim = None if self.looks else self._claim_home(guest=address is not None)
        self.limits, budget = limits or limits_here(), placement.memory_budget(memory_budget)
        self._schedule = Schedule(self.home, self._crew.send, budget, times, self.limits, self.looks)
        self._admission = self._schedule.admission
        self._jobs = JobList(self._crew.send, self._idlest, room=JobRoom(self._schedule), limits=self.limits)
        self._admission.jobs_on, self._admission.jobs_held = self._jobs.count_on, self._jobs.held
        self._questions = Questions(self._crew.send, self._crew.has)

    # its life

    def _claim_home(self, guest: bool) -> Claim:
        try:
            return Claim(self.home, self.address, guest)
        except HomeError:
            self._crew.hosting.stop()  # it leaves no folder behind
            raise

    def tell_url(self, url: str) -> None:
        """Note where this server's pages are, for whoever would use the same folder."""
        if self._claim is not None:
            self._claim.tell_url(url)

    def start(self, after: float = 0.0) -> None:
        """Wake the engine, `after` some seconds; returns at once."""
        if self._started:
            return
        self._started = True
        atexit.register(self.close)
        self._crew.hosting.start(after)
        threading.Thread(target=self._keep, name="derin-keeper", daemon=True).start()

    def close(self) -> None:
        """Save what runs and end every process of the engine."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        atexit.unregister(self.close)
        self._crew.dismiss()
        if self._claim is not None:
            self._claim.release()

    @property
    def address(self) -> str:
        """The folder by which another server can attach to this engine's host (see DERIN_ENGINE)."""
        return str(self._crew.hosting.folder)

    def status(self) -> EngineStatus:
        """Return whether the engine is awake, and how busy."""
        with self._lock:
            hosting, ready = self._crew.hosting, self._ready
            return EngineStatus(ready, hosting.seconds_left, self._admission.devices or ("cpu",),
                                len(self._schedule.active), len(self._admission.queue),
                                0.0 if ready else hosting.waking, hosting.usual)

    def processes(self) -> dict[str, int]:
        """Return the ids of the engine's processes by name, of those that are there."""
        return self._crew.processes()

    @property
    def _ready(self) -> bool:
        return self._crew.hosting.awake and bool(self._admission.workers)

    # runs

    def start_run(self, experiment: Learner, owner: str, *, parent: tuple[str, int] | None = None,
                  paused: bool = False) -> str:
        """Start a run of the owner's (a secret), from the beginning or from (run, step); return its id.

        SpecError, EngineError (it can never run here) or QueueFull (also where the owner has as many as may be).
        """
        with self._lock:
            run_id = self._schedule.start(experiment, hash_owner(owner), parent, paused)
            self._untidy = True
            self._settle()
        return run_id

    def view(self, run_id: str, viewer: str = "", cursor: int = 0) -> RunView | None:
        """Return a run with its events since the cursor, or None if there is none; this keeps the run alive."""
        found = self._schedule.read(run_id) if self._schedule.is_stale(run_id) else None
        with self._lock:
            view = self._schedule.view(run_id, cursor, found)
            if view is None or view.state not in ACTIVE:
                return view
            return replace(view, silent=self._crew.silence(self._schedule.runs[run_id].worker))

    def resume(self, run_id: str, owner: str) -> None:
        """Let a run go on; NotOwner for somebody else."""
        self._steer(self._schedule.resume, run_id, owner)

    def pause(self, run_id: str, owner: str) -> None:
        """Let a run stand still; NotOwner for somebody else."""
        self._steer(self._schedule.pause, run_id, owner)

    def step(self, run_id: str, owner: str, whole_epoch: bool = False) -> None:
        """Let a run take one single step, or (a playground) train to the end of the epoch; NotOwner for others."""
        self._steer(self._schedule.step, run_id, owner, whole_epoch)

    def stop(self, run_id: str, owner: str) -> None:
        """Let a run leave memory; NotOwner for somebody else."""
        self._steer(self._schedule.stop, run_id, owner)

    def change(self, run_id: str, owner: str, field: str, value: object) -> None:
        """Change a setting of a run from its next step on; NotOwner, or SpecError for an impossible value."""
        self._steer(self._schedule.change, run_id, owner, field, value)

    def _steer(self, command: Callable[..., None], run_id: str, owner: str, *arguments: object) -> None:
        with self._lock:
            command(run_id, hash_owner(owner), *arguments)
            self._settle()

    # questions and Jobs

    def explain(self, visitor: str, request: dict, timeout: float = 2.0, panel: str = "") -> dict:
        """Return the answer to a short question; visitors have turns.

        EngineAsleep while the explainers wake; EngineError when a newer question of the visitor's of the same kind,
        for the same panel, took this one's place, or there was no answer in time; what the question itself raised.
        """
        end = time.monotonic() + timeout
        while not any(map(self._crew.has, EXPLAINERS)):
            if not self._crew.hosting.awake or time.monotonic() > end:
                raise self._crew.hosting.asleep()
            time.sleep(0.005)
        return self._questions.ask(visitor, request, max(0.0, end - time.monotonic()), panel)

    def start_job(self, visitor: str, request: dict) -> str:
        """Have a long piece of work done; with "cache": True in the request, equal requests share one result."""
        with self._lock:
            job_id = self._jobs.start(request, hash_owner(visitor))
            self._settle()
        return job_id

    def job(self, job_id: str) -> JobView | None:
        """Return how far a Job is, or None if it is not known (any more); this keeps the Job alive."""
        with self._lock:
            view, worker = self._jobs.view(job_id), self._jobs.worker_of(job_id)
            return view and replace(view, silent=self._crew.silence(worker))

    def cancel(self, job_id: str) -> None:
        """Give a Job up."""
        with self._lock:
            self._jobs.cancel(job_id)
            self._settle()

    # what the crew tells, under the lock

    def learn_devices(self, devices: list[dict]) -> None:
        """Take over which devices there are."""
        self._admission.learn_devices(devices)

    def greet(self, name: str, device: str | None) -> None:
        """Give a worker that has come (back) something to do; an explainer has no device."""
        if device is None:
            self._questions.hand_out()
            return
        self._crew.send(name, {"op": "threads", "count": self._threads})
        self._schedule.worker_up(name, device)
        self._jobs.place_waiting()
        self._settle()

    def lose(self, name: str, hung: bool) -> None:
        """Tell whoever waits for a process that it is gone."""
        if name in EXPLAINERS:
            self._questions.lose(name)
        self._schedule.worker_down(name, hung)
        self._jobs.worker_down(name, hung)
        self._settle()

    def hear(self, name: str, message: dict) -> None:
        """Take over what a worker tells."""
        match message["op"]:
            case "report":
                self._schedule.report(name, message)
            case "gone":
                self._schedule.gone(name, message["run"])
                self._untidy = True
            case "job":
                self._jobs.report(name, message)
        self._settle()

    def hear_answer(self, name: str, message: dict) -> None:
        """Hand out an answer of an explainer's; this needs no lock."""
        self._questions.answer(name, message)

    # behind it

    def _idlest(self) -> str | None:
        return placement.choose_worker(self._admission.seats(), "cpu")

    def _settle(self) -> None:
        """Tell the workers how many threads a training may use, when that has changed."""
        threads = placement.count_threads(len(self._schedule.active), self._jobs.active, self.cores)
        if threads != self._threads:
            self._threads = threads
            for name in self._admission.workers:
                self._crew.send(name, {"op": "threads", "count": threads})

    def _keep(self) -> None:
        """Look after leases and queue; tidy the disk after a run was started, and after one has left."""
        while not self._stopped.wait(TICK):
            try:
                self._tick()
            except Exception:
                logging.exception("the engine's table of runs")

    def _busy(self) -> set[str]:
        """Return the processes that have something to do."""
        busy = {run.worker for run in self._schedule.active if run.worker} | self._jobs.workers
        return busy | set(self._questions.working)

    def _tick(self) -> None:
        with self._lock:
            self._schedule.tick()
            self._jobs.tick()
            self._crew.end_silent(self._busy())
            self._settle()
            untidy, self._untidy = self._untidy and not self.looks, False
        if untidy:
            self._tidy()

    def _tidy(self) -> None:
        """Delete what is too much, of each visitor's recordings and of all; who has lost some can be told."""
        with self._lock:
            keep, needed = set(self._schedule.runs), self._schedule.needed()
        shares = keep_shares(self.home, needed, self.limits.recordings * 2**20) if self.limits.recordings else {}
        with self._lock:
            for owner, deleted in shares.items():
                self._deleted.setdefault(owner, []).extend(size for _run, size in deleted)
                for run, _size in deleted:
                    self._schedule.forget(run)
        make_room(self.home, keep | needed)

    def take_deleted(self, visitor: str) -> list[int]:
        """Return the bytes of each of a visitor's recordings that were deleted because he had too much; told once."""
        with self._lock:
            return self._deleted.pop(hash_owner(visitor), [])
