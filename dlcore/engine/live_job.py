"""One Job in a worker."""

import time
from pathlib import Path

import torch

from dlcore.errors import N_, EngineError
from dlcore.training.jobs import JOBS

TURN = 0.03
REPORT_PAUSE = 0.1


class LiveJob:
    """A Job that a worker gives turns to; it is made in its first turn, for that may take a while too."""

    def __init__(self, order: dict, home: Path):
        self.id, self.request, self.home = order["job"], order["request"], home
        self.job = None
        self.ended = False
        self._told = 0.0

    def turn(self) -> dict | None:
        """Work for one turn; return what there is to tell, if anything."""
        torch.set_num_threads(1)
        if self.job is None:
            self.job = self._make()
        else:
            self.job.advance(TURN)
        self.ended = self.job.finished
        if self.ended:
            return {"progress": 1.0, "finished": True, "result": self.job.result}
        if time.perf_counter() - self._told < REPORT_PAUSE:
            return None
        self._told = time.perf_counter()
        return {"progress": self.job.progress, "result": self.job.result}

    def _make(self):
        kind = self.request.get("kind")
        if kind not in JOBS:
            raise EngineError(N_("There is no work of kind {kind}."), kind=str(kind))
        return JOBS[kind](self.request, self.home)
