"""A worker: gives its trainings and Jobs turns, and obeys the server between two turns."""

import gc
import logging
import os
import socket
import time
from multiprocessing.connection import Connection
from pathlib import Path

from dlcore.engine.live_job import LiveJob
from dlcore.engine.live_run import LiveRun, end_of
from dlcore.engine.process import give_back_memory
from dlcore.engine.protocol import LOST, accept, error_to_plain
from dlcore.engine.turns import Turns
from dlcore.errors import DerinError

JOBS_AT_ONCE = 4  # of a worker, and one of each visitor; the others wait


def serve(listener: socket.socket, key: bytes, home: Path) -> None:
    """Work for the server, and for the next one; runs outlive a broken connection only on disk."""
    while True:
        try:
            connection = accept(listener, key)
            connection.send({"pid": os.getpid()})
        except LOST:
            continue
        with connection:
            worker = Worker(connection, home)
            try:
                worker.work()
            except LOST:
                worker.leave()


class Worker:
    """Holds the runs and Jobs of one process."""

    def __init__(self, connection: Connection, home: Path):
        self.connection, self.home, self.threads = connection, home, 1
        self.runs: dict[str, LiveRun] = {}
        self.jobs: dict[str, LiveJob] = {}
        self._turns = Turns()
        self._leaving: list[dict] = []  # what is told once the memory of who left is free

    def work(self) -> None:
        """Take turns and orders until the connection ends."""
        while True:
            self._part()
            self._keep_steps()
            runnable = self._runnable()
            if self.connection.poll(0 if runnable else self._patience()):
                self._obey(self.connection.recv())
            elif runnable:
                self._take_turn(runnable)

    def leave(self) -> None:
        """Keep on disk what runs; the server is gone."""
        for run in list(self.runs.values()):
            self._forget(run)

    def _part(self) -> None:
        """Free the memory of runs and Jobs that have left, then tell."""
        if self._leaving:
            gc.collect()
            give_back_memory()
            for message in self._leaving:
                self.connection.send(message)
            self._leaving = []

    def _patience(self) -> float | None:
        """Return the seconds until a run that rests wants a turn, or one that stands still is kept; None where none."""
        return min((run.rest for run in self.runs.values() if run.running or run.unsaved), default=None)

    def _keep_steps(self) -> None:
        """Keep on disk what was trained in single steps, now that none has followed for a while."""
        for run in list(self.runs.values()):
            if run.unsaved and not run.running and not run.rest:
                self._guard(run.id, LiveRun.keep)

    def _runnable(self) -> set[tuple[str, str]]:
        """Return who may have the next turn: Jobs and runs that somebody looks at, else any run."""
        jobs = {("job", name) for name in list(self.jobs)[:JOBS_AT_ONCE]} | self._turns.first_of_each("job")
        now = time.perf_counter()
        runs = [run for run in self.runs.values() if run.is_due(now)]
        present = {("run", run.id) for run in runs if run.present}
        return jobs | present or {("run", run.id) for run in runs}

    def _take_turn(self, runnable: set[tuple[str, str]]) -> None:
        kind, name = self._turns.take(runnable)
        if kind == "run":
            self._guard(name, lambda run: run.turn(self.threads))
        else:
            self._work_on(name)

    # runs

    def _guard(self, name: str, work) -> None:
        """Let a run do something; what it raises ends this run alone."""
        run = self.runs[name]
        try:
            work(run)
        except Exception as error:
            logging.exception("run %s has ended", name)
            run.end(*end_of(error, run.trainer.experiment.training.device))
        self._tell(run)

    def _tell(self, run: LiveRun) -> None:
        if (report := run.report()) is not None:
            self.connection.send({"op": "report", "run": run.id, **report})
        if run.ended:
            self._forget(run)

    def _forget(self, run: LiveRun) -> None:
        try:
            run.leave()
        except (OSError, DerinError):
            logging.exception("run %s could not be saved", run.id)
        del self.runs[run.id]
        self._turns.leave(("run", run.id))
        self._leaving.append({"op": "gone", "run": run.id})

    # Jobs

    def _work_on(self, name: str) -> None:
        job = self.jobs[name]
        try:
            report = job.turn()
        except Exception as error:
            logging.exception("job %s failed", name)
            report, job.ended = {"finished": True, "error": error_to_plain(error)}, True
        if report is not None:
            self.connection.send({"op": "job", "job": name, **report})
        if job.ended:
            self._drop_job(name)

    def _drop_job(self, name: str) -> None:
        if self.jobs.pop(name, None) is not None:
            self._turns.leave(("job", name))
            self._leaving.append({"op": "job gone", "job": name})

    # orders

    def _obey(self, order: dict) -> None:
        match order["op"]:
            case "start":
                self._start(order)
            case "resume" | "pause" | "step" | "change" | "drop" if order["run"] in self.runs:
                self._command(order)
            case "drop":
                self.connection.send({"op": "gone", "run": order["run"]})
            case "job":
                self.jobs[order["job"]] = LiveJob(order, self.home)
                self._turns.join(("job", order["job"]), order["owner"])
            case "cancel":
                self._drop_job(order["job"])
            case "seen":
                for run in self.runs.values():
                    run.watched, run.present = run.id in order["watched"], run.id in order["present"]
            case "threads":
                self.threads = order["count"]
            case "leave":
                raise EOFError

    def _start(self, order: dict) -> None:
        try:
            run = LiveRun(order, self.home)
        except Exception as error:
            logging.exception("run %s could not be started", order["run"])
            state, error = end_of(error, order["device"])
            self.connection.send({"op": "report", "run": order["run"], "state": state, "events": [],
                                  "error": error_to_plain(error)})
            self._leaving.append({"op": "gone", "run": order["run"]})
            return
        self.runs[run.id] = run
        self._turns.join(("run", run.id), order["owner"])
        run.running = order["running"]
        self._tell(run)

    def _command(self, order: dict) -> None:
        match order["op"]:
            case "resume":
                self._guard(order["run"], LiveRun.resume)
            case "pause":
                self._guard(order["run"], LiveRun.pause)
            case "step":
                self._guard(order["run"], lambda run: run.step(order["whole_epoch"]))
            case "change":
                self._guard(order["run"], lambda run: run.change(order["field"], order["value"]))
            case "drop":
                self._forget(self.runs[order["run"]])
