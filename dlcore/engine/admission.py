"""Which runs are in memory and which wait: workers, budgets, and the queue that visitors see."""

import time
from collections import Counter
from collections.abc import Callable

from dlcore.engine.placement import UNLIMITED, Held, Seat, choose_worker, fits, who_gives_way
from dlcore.engine.runs import Run
from dlcore.engine.views import ACTIVE, Message
from dlcore.errors import N_, EngineError, QueueFull
from dlcore.limits import NONE, Limits, is_within
from dlcore.specs import codec
from dlcore.specs.learning import kind_of

MOST_QUEUED = 200
TOO_LARGE = N_("This run needs about {need:.1f} GiB of memory, more than the {budget:.1f} GiB that runs may use here. "
               "Use a smaller batch or a smaller network.")
NO_DEVICE = N_("There is no device {device} here. There are: {devices}.")
FULL = N_("{count} runs are waiting already. Try again later.")
FULL_OF_YOURS = N_("You have {count} trainings at work or waiting already, as many as one browser may have here. Stop "
                   "one, or wait until one has ended.")
HAS_SEATS = N_("{count} of your trainings are at work, as many as one browser may have at a time. This one begins when "
               "one of them has ended or is paused.")


class Admission:
    """Lets runs into the workers' memory, and out of it.

    On each device the next one is the run of the visitor who has fewest at work; of those who came first, the first.
    """

    def __init__(self, runs: dict[str, Run], send: Callable[[str, dict], object], budget: int, limits: Limits = NONE):
        self.runs, self.send, self.limits = runs, send, limits
        self.budgets = {"cpu": budget}
        self.queue: list[str] = []
        self.workers: dict[str, str] = {}   # name: device, of those that are there
        self.devices: tuple[str, ...] = ()  # empty until the host has told
        self.jobs_on: Callable[[str], int] = lambda worker: 0
        self.jobs_held: Callable[[], list[Held]] = list

    def learn_devices(self, devices: list[dict]) -> None:
        """Take over what the host has found."""
        self.devices = tuple(device["name"] for device in devices)
        self.budgets |= {device["name"]: int(0.9 * device["memory"]) or UNLIMITED for device in devices
                         if device["name"] != "cpu"}

    def check(self, run: Run) -> None:
        """Raise EngineError where a run can never start here, QueueFull where too many wait, or too many of his."""
        device = run.experiment.training.device
        run.bytes = run.bytes or kind_of(run.experiment).estimate_memory(run.experiment)
        if self.devices and device not in self.devices:
            raise EngineError(NO_DEVICE, device=device, devices=", ".join(self.devices))
        budget = self.budgets.get(device, UNLIMITED)
        if run.bytes > budget:
            raise EngineError(TOO_LARGE, need=run.bytes / 2**30, budget=budget / 2**30)
        if len(self.queue) >= MOST_QUEUED:
            raise QueueFull(FULL, count=len(self.queue))
        mine = self._at_work()[run.owner_hash] + sum(self.runs[one].owner_hash == run.owner_hash for one in self.queue)
        if self.limits.runs and self.limits.waiting_runs and mine >= self.limits.runs + self.limits.waiting_runs:
            raise QueueFull(FULL_OF_YOURS, count=mine)

    def add(self, run: Run) -> None:
        """Queue a run; it starts at once where there is room."""
        self.check(run)
        run.state, run.message, run.seen = "queued", None, time.monotonic()
        self.queue.append(run.id)
        self.place()

    def place_of(self, run: Run) -> int:
        """Return a waiting run's place among those for its device, from 1; 0 for one that does not wait."""
        if run.state != "queued":
            return 0
        waiting = [other for other in self._in_order() if _device(other) == _device(run)]
        return 1 + waiting.index(run)

    def why_waiting(self, run: Run) -> Message | None:
        """Return what keeps a run waiting besides the others: as many of its visitor's are at work as may be."""
        full = run.state == "queued" and not self.has_seat(run.owner_hash)
        return Message(HAS_SEATS, {"count": self.limits.runs}) if full else None

    def has_seat(self, owner: str) -> bool:
        """Whether one more run of a visitor's may be at work."""
        return is_within(self._at_work()[owner] + 1, self.limits.runs)

    def _at_work(self) -> Counter:
        """Return how many runs of each visitor's are at work."""
        return Counter(run.owner_hash for run in self.runs.values() if run.state in ACTIVE)

    def _in_order(self) -> list[Run]:
        """Return what waits in the order in which it would begin if there were room for all, one after another."""
        levels, found = self._at_work(), []
        for run in (self.runs[run_id] for run_id in self.queue):
            found.append((levels[run.owner_hash], run))
            levels[run.owner_hash] += 1
        return [run for _level, run in sorted(found, key=lambda pair: pair[0])]

    def place(self) -> None:
        """Start what waits, in order, as far as there is room."""
        full, working = set(), self._at_work()
        for run in self._in_order():
            device = _device(run)
            if device in full or not is_within(working[run.owner_hash] + 1, self.limits.runs):
                continue
            if self._try(run, device):
                working[run.owner_hash] += run.state in ACTIVE
            else:
                full.add(device)

    def _try(self, run: Run, device: str) -> bool:
        """Start a run if there is a worker and memory for it; make room where paused runs hold it."""
        if self.devices and device not in self.devices:
            self._refuse(run, device)
            return True
        worker = choose_worker(self.seats(), device)
        if worker is None or run.worker:
            return False
        held, budget = self.held(), self.budgets[device]
        if fits(run.bytes, device, held, budget):
            self._launch(run, worker)
            return True
        for name in who_gives_way(run.bytes, device, held, budget):
            self.drop(self.runs[name])
        return False

    def _refuse(self, run: Run, device: str) -> None:
        self.queue.remove(run.id)
        run.state, run.message = "failed", Message(NO_DEVICE, {"device": device, "devices": ", ".join(self.devices)})

    def seats(self) -> list[Seat]:
        """Return the workers that are there, with what they have to do."""
        busy = [run.worker for run in self.runs.values() if run.worker and run.state in ACTIVE]
        return [Seat(name, device, busy.count(name) + self.jobs_on(name)) for name, device in self.workers.items()]

    def held(self) -> list[Held]:
        """Return the memory that runs and Jobs hold."""
        runs = [Held(run.id, run.experiment.training.device, run.bytes, run.paused if run.state == "paused" else None)
                for run in self.runs.values() if run.worker]
        return runs + self.jobs_held()

    def _launch(self, run: Run, worker: str) -> None:
        self.queue.remove(run.id)
        run.worker, run.state = worker, "starting"
        self.send(worker, {"op": "start", "run": run.id, "experiment": codec.to_dict(run.experiment),
                           "parent": run.parent, "owner": run.owner_hash, "changes": run.changes_due,
                           "again": run.begun, "running": run.goes_on, "device": run.experiment.training.device})
        for whole_epoch in run.steps_due:
            self.order(run, "step", whole_epoch=whole_epoch)
        run.begun, run.changes_due, run.steps_due = True, [], []

    def order(self, run: Run, op: str, **more: object) -> None:
        """Tell the worker that holds a run what to do with it."""
        self.send(run.worker, {"op": op, "run": run.id, **more})

    def drop(self, run: Run) -> None:
        """Have a run leave memory, if it is there; it is gone when its worker says so."""
        if run.worker and not run.leaving:
            run.leaving = True
            self.order(run, "drop")


def _device(run: Run) -> str:
    return run.experiment.training.device
