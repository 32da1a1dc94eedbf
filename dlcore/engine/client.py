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
from dlcore.data.home import default_home
from dlcore.engine import placement
from dlcore.engine.crew import Crew
from dlcore.engine.job_room import JobRoom
from dlcore.engine.joblist import JobList
from dlcore.engine.protocol import EXPLAINER
from dlcore.engine.questions import Questions
from dlcore.engine.schedule import Schedule, Times
from dlcore.engine.storage import make_room
from dlcore.engine.views import ACTIVE, EngineStatus, JobView, RunView
from dlcore.errors import N_, EngineAsleep
from dlcore.specs.learning import Learner

TICK = 0.25  # seconds between two looks at leases and queue
ASLEEP = N_("The engine is waking up: about {seconds:.0f} s left.")
STARTING = N_("The engine has been waking for {seconds:.0f} s.")


def hash_owner(owner: str) -> str:
    """Return what is kept of an owner's secret; nobody owns what has none."""
    return hashlib.sha256(owner.encode()).hexdigest() if owner else ""


class Engine:
    """Trains, explains and works, in processes of its own; safe to use from any thread.

    The environment variable DERIN_ENGINE (another engine's `address`) makes it attach to that engine's host instead
    of starting one. Without a folder it keeps what it makes where DERIN_HOME says, else among the user's data.
    `modules` are imported in every worker: they may add to its TRAINERS, JOBS and REQUESTS.
    """

    def __init__(self, home: Path | None = None, *, workers: int | None = None, memory_budget: int | None = None,
                 times: Times | None = None, modules: tuple[str, ...] = (), address: str | None = None):
        self.home = Path(home or default_home())
        self.home.mkdir(parents=True, exist_ok=True)
        images.keep_in(self.home)
        self.cores = workers or placement.count_cores()
        self._lock = threading.RLock()
        self._threads, self._started, self._stopped, self._untidy = 1, False, threading.Event(), True
        orders = {"home": str(self.home.resolve()), "workers": self.cores, "modules": modules}
        self._crew = Crew(self.home, orders, address or os.environ.get("DERIN_ENGINE") or None, self._lock, self)
        self._schedule = Schedule(self.home, self._crew.send, placement.memory_budget(memory_budget), times)
        self._admission = self._schedule.admission
        self._jobs = JobList(self._crew.send, self._idlest, room=JobRoom(self._schedule))
        self._admission.jobs_on, self._admission.jobs_held = self._jobs.count_on, self._jobs.held
        self._questions = Questions(lambda message: self._crew.send(EXPLAINER, message))

    # its life

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

        SpecError, EngineError (it can never run here) or QueueFull.
        """
        with self._lock:
            run_id = self._schedule.start(experiment, hash_owner(owner), parent, paused)
            self._untidy = True
            self._settle()
        return run_id

    def view(self, run_id: str, viewer: str = "", cursor: int = 0) -> RunView | None:
        """Return a run with its events since the cursor, or None if there is none; this keeps the run alive."""
        found = None if run_id in self._schedule.runs else self._schedule.read(run_id)
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

    def explain(self, visitor: str, request: dict, timeout: float = 2.0) -> dict:
        """Return the explainer's answer to a short question.

        EngineAsleep while it is waking; EngineError when a newer question of the visitor's took this one's place, or
        there was no answer in time; what the question itself raised.
        """
        end = time.monotonic() + timeout
        while not self._crew.has(EXPLAINER):
            if not self._crew.hosting.awake or time.monotonic() > end:
                raise self._asleep()
            time.sleep(0.005)
        return self._questions.ask(visitor, request, max(0.0, end - time.monotonic()))

    def _asleep(self) -> EngineAsleep:
        left, waking = self._crew.hosting.seconds_left, self._crew.hosting.waking
        return EngineAsleep(ASLEEP, seconds=left) if left >= 1 else EngineAsleep(STARTING, seconds=waking)

    def start_job(self, visitor: str, request: dict) -> str:
        """Have a long piece of work done; with "cache": True in the request, equal requests share one result."""
        with self._lock:
            job_id = self._jobs.start(request)
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

    def greet(self, name: str, device: str) -> None:
        """Give a worker that has come (back) something to do."""
        self._crew.send(name, {"op": "threads", "count": self._threads})
        self._schedule.worker_up(name, device)
        self._jobs.place_waiting()
        self._settle()

    def lose(self, name: str, hung: bool) -> None:
        """Tell whoever waits for a process that it is gone."""
        if name == EXPLAINER:
            self._questions.lose()
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
            case "job":
                self._jobs.report(name, message)
        self._settle()

    def hear_answer(self, message: dict) -> None:
        """Hand out an answer of the explainer's; this needs no lock."""
        self._questions.answer(message)

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
        """Look after leases and queue; tidy the disk after a run was started."""
        while not self._stopped.wait(TICK):
            try:
                self._tick()
            except Exception:
                logging.exception("the engine's table of runs")

    def _busy(self) -> set[str]:
        """Return the processes that have something to do."""
        busy = {run.worker for run in self._schedule.active if run.worker} | self._jobs.workers
        return busy | ({EXPLAINER} if self._questions.unanswered else set())

    def _tick(self) -> None:
        with self._lock:
            self._schedule.tick()
            self._jobs.tick()
            self._crew.end_silent(self._busy())
            self._settle()
            untidy, self._untidy, keep = self._untidy, False, set(self._schedule.runs)
        if untidy:
            make_room(self.home, keep)
