"""The server's table of Jobs: where they are worked on, how far they are, and what came out."""

import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from dlcore.engine.job_room import JobRoom, hold
from dlcore.engine.placement import Held
from dlcore.engine.protocol import error_from_plain
from dlcore.engine.views import JobView, Message
from dlcore.errors import N_
from dlcore.limits import NONE, Limits, is_within

LEASE = 120.0             # seconds that nobody asks for a Job until it is given up
KEEP = 600.0              # seconds that a result is kept after it was last asked for
MOST_REFUSED = 10         # of a visitor's, of which it is known why they were not taken
MOST_KEPT = 100           # results
MOST_BYTES = 200 * 2**20  # of results
LOST = N_("The process that worked on this has ended unexpectedly. Try it once more.")
HUNG = N_("The process that worked on this did not answer for a long time and was ended.")
TOO_LARGE = N_("This needs about {need:.1f} GiB of memory, more than the {budget:.1f} GiB that may be used here.")
CANCELLED = N_("This was cancelled.")
FULL_OF_YOURS = N_("You have {count} tasks at work or waiting already, as many as one browser may have here. Wait "
                   "until one has ended, and try again.")
MEMORY = N_("Waiting for memory: other trainings hold it.")
HAS_SEATS = N_("Waiting: {count} of your tasks are at work, as many as one browser may have at a time.")


@dataclass
class Job:
    """One Job; `worker` is None while it waits for one, and when it is done."""

    id: str
    request: dict
    key: str | None
    visitor: str = ""  # for whom it counts
    worker: str | None = None
    view: JobView = JobView(0.0, False)
    size: int = 0
    need: int = 0  # bytes while it is worked on
    users: int = 1
    refused: bool = False
    seen: float = field(default_factory=time.monotonic)


class JobList:
    """All Jobs; called under the engine's lock."""

    def __init__(self, send: Callable[[str, dict], object], choose: Callable[[], str | None], lease: float = LEASE,
                 room: JobRoom | None = None, limits: Limits = NONE):
        self.send, self.choose, self.lease, self.room, self.limits = send, choose, lease, room, limits
        self.jobs: dict[str, Job] = {}

    def start(self, request: dict, visitor: str = "") -> str:
        """Have a visitor's request worked on, unless the same one is already, or was a while ago, and may be shared.

        One that cannot be taken is finished at once, and its error says why.
        """
        key = _key(request) if request.get("cache") else None
        for job in self.jobs.values():
            if key is not None and job.key == key and job.view.error is None:
                return self._share(job, visitor)
        job = Job(secrets.token_hex(6), request, key, visitor)
        refusal = self._why_not(job)
        self.jobs[job.id] = job
        if refusal is not None:
            job.view, job.refused = JobView(0.0, True, error=refusal), True
            self._forget_refused(visitor)
        else:
            self.place_waiting()
        return job.id

    def _share(self, job: Job, visitor: str) -> str:
        """Let another have a Job too; one that waits counts for whoever has fewer."""
        job.users, job.seen = job.users + 1, time.monotonic()
        if job.worker is None and not job.view.finished and self._count(visitor) < self._count(job.visitor):
            job.visitor = visitor
            self.place_waiting()
        return job.id

    def _why_not(self, job: Job) -> Message | None:
        """Return why a new Job is not taken: its visitor has as many as may be, or it needs too much."""
        count, most = self._count(job.visitor), self.limits.jobs + self.limits.waiting_jobs
        if self.limits.jobs and self.limits.waiting_jobs and count >= most:
            return Message(FULL_OF_YOURS, {"count": count})
        job.need = self.room.estimate(job.request) if self.room else 0
        if self.room and job.need > self.room.budget:
            return Message(TOO_LARGE, {"need": job.need / 2**30, "budget": self.room.budget / 2**30})
        return None

    def _forget_refused(self, visitor: str) -> None:
        refused = [job.id for job in self.jobs.values() if job.refused and job.visitor == visitor]
        for job_id in refused[:-MOST_REFUSED]:
            del self.jobs[job_id]

    def _count(self, visitor: str) -> int:
        """Return how many Jobs of a visitor's are at work or wait."""
        return sum(job.visitor == visitor and not job.view.finished for job in self.jobs.values())

    def _at_work(self) -> Counter:
        """Return how many Jobs of each visitor's are at work."""
        return Counter(job.visitor for job in self.jobs.values() if job.worker is not None)

    def view(self, job_id: str) -> JobView | None:
        """Return how far a Job is, or None if it is not known any more."""
        job = self.jobs.get(job_id)
        if job is None:
            return None
        job.seen = time.monotonic()
        return job.view

    def worker_of(self, job_id: str) -> str | None:
        """Return the worker that has a Job, or None where none has."""
        job = self.jobs.get(job_id)
        return job and job.worker

    def cancel(self, job_id: str) -> None:
        """Give a Job up, if nobody else shares it."""
        job = self.jobs.get(job_id)
        if job is not None and not job.view.finished:
            job.users -= 1
            if job.users <= 0:
                self._give_up(job)

    def report(self, worker: str, message: dict) -> None:
        """Take over what a worker tells."""
        job = self.jobs.get(message["job"])
        if job is None or job.worker != worker or job.view.finished:
            return
        if not message.get("finished"):
            job.view = JobView(message["progress"], False, message["result"])
            return
        error = error_from_plain(message["error"]) if "error" in message else None
        job.view = JobView(1.0, True, message.get("result"), Message(error.template, error.values) if error else None)
        job.worker, job.size = None, _size(job.view.result)
        self.place_waiting()

    def place_waiting(self) -> None:
        """Hand out what waits; the next is that of the visitor who has fewest at work, of those the first that came."""
        levels, waiting = self._at_work(), []
        for job in self.jobs.values():
            if job.worker is None and not job.view.finished:
                waiting.append((levels[job.visitor], job))
                levels[job.visitor] += 1
        for level, job in sorted(waiting, key=lambda pair: pair[0]):
            if is_within(level + 1, self.limits.jobs):
                self._place(job)
            else:
                job.view = JobView(0.0, False, waits=Message(HAS_SEATS, {"count": self.limits.jobs}))

    def worker_down(self, name: str, hung: bool = False) -> None:
        """Tell what was lost with a worker; `hung`: it did not answer and was ended."""
        for job in self.jobs.values():
            if job.worker == name:
                job.worker, job.view = None, JobView(job.view.progress, True, error=Message(HUNG if hung else LOST))

    def tick(self) -> None:
        """Give up what nobody asks for, and forget old results."""
        self.place_waiting()
        now, held = time.monotonic(), 0
        for number, job in enumerate(self._by_turns()):
            held += job.size
            if not job.view.finished and now - job.seen > self.lease:
                self._give_up(job)
            elif job.view.finished and (now - job.seen > KEEP or number >= MOST_KEPT or held > MOST_BYTES):
                del self.jobs[job.id]

    def _by_turns(self) -> list[Job]:
        """Return all Jobs, the last that was asked for of each visitor first, then the last but one of each."""
        ranks, found = Counter(), []
        for job in sorted(self.jobs.values(), key=lambda job: (job.refused, -job.seen)):
            found.append((job.refused, ranks[job.visitor], job))
            ranks[job.visitor] += 1
        return [job for _refused, _rank, job in sorted(found, key=lambda one: one[:2])]

    def count_on(self, worker: str) -> int:
        """Return how many Jobs a worker has."""
        return sum(job.worker == worker for job in self.jobs.values())

    def held(self) -> list[Held]:
        """Return the memory that Jobs hold which are being worked on."""
        return [hold(job.id, job.need) for job in self.jobs.values() if job.worker is not None]

    @property
    def workers(self) -> set[str]:
        """The workers that have Jobs."""
        return {job.worker for job in self.jobs.values() if job.worker is not None}

    @property
    def active(self) -> int:
        """How many Jobs are being worked on."""
        return sum(job.worker is not None for job in self.jobs.values())

    def _place(self, job: Job) -> None:
        worker = self.choose()
        if worker is None:
            return
        if self.room and not self.room.admits(job.need):
            job.view = JobView(0.0, False, waits=Message(MEMORY))
            return
        job.worker, job.view = worker, JobView(0.0, False)
        self.send(worker, {"op": "job", "job": job.id, "request": job.request, "owner": job.visitor})

    def _give_up(self, job: Job) -> None:
        if job.worker is not None:
            self.send(job.worker, {"op": "cancel", "job": job.id})
        job.worker, job.view = None, JobView(job.view.progress, True, error=Message(CANCELLED))
        self.place_waiting()


def _key(request: dict) -> str:
    digest = hashlib.sha256()
    _digest(request, digest.update)
    return digest.hexdigest()


def _digest(value: object, take: Callable[[bytes], object]) -> None:
    """Feed a plain value or an array to a digest."""
    if isinstance(value, dict):
        for name in sorted(value):
            take(f"{name}:".encode())
            _digest(value[name], take)
    elif isinstance(value, (list, tuple)):
        take(f"[{len(value)}]".encode())
        for item in value:
            _digest(item, take)
    elif hasattr(value, "tobytes"):
        take(f"{value.dtype}{value.shape}".encode() + value.tobytes())
    else:
        take(f"{value!r};".encode())


def _size(result: object) -> int:
    if isinstance(result, dict):
        return sum(map(_size, result.values()))
    if isinstance(result, (list, tuple)):
        return sum(map(_size, result))
    return int(getattr(result, "nbytes", 64))
