"""What the tests add to an engine's workers: trainings that fail, Jobs that count, questions that take their time."""

import errno
import time

from dlcore.engine import live_run
from dlcore.explain.requests import REQUESTS
from dlcore.training.jobs import JOBS
from dlcore.training.trainer import Trainer
from tests.dlcore.engine.conftest import DISK_IS_FULL, FAILS


class Breaking(Trainer):
    """Breaks once it has trained three steps."""

    def advance(self, seconds):
        super().advance(seconds)
        if self.step < 3:
            return
        if self.experiment.training.seed == FAILS:
            raise ZeroDivisionError("this network divides by nothing")
        if not (self.recording.folder.parent.parent / "space").exists():
            raise OSError(errno.ENOSPC, "No space left on device")


def make_trainer(experiment, recording, start):
    kind = Breaking if experiment.training.seed in (FAILS, DISK_IS_FULL) else Trainer
    return kind(experiment, recording, start=start)


class Count:
    """Counts to a number, one a turn."""

    def __init__(self, request, home):
        self.goal, self.done, self.result = request["to"], 0, None

    @property
    def progress(self):
        return self.done / self.goal

    @property
    def finished(self):
        return self.result is not None

    def advance(self, seconds):
        time.sleep(0.005)
        self.done += 1
        if self.done == self.goal:
            self.result = {"counted": self.done, "made": time.monotonic_ns()}


class Spin(Count):
    """Never ends its first turn."""

    def advance(self, seconds):
        while True:
            pass


def take_time(snapshot, request):
    time.sleep(request["seconds"])
    return {"said": request["say"]}


live_run.TRAINERS["experiment"] = make_trainer
JOBS |= {"count": Count, "spin": Spin}
REQUESTS["take time"] = take_time
