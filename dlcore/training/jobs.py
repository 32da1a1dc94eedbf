"""Long pieces of work that are no training: each advances a little at a time, shows progress and can be dropped."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from dlcore.data import images
from dlcore.data.collecting import Collect, OpenPicture
from dlcore.data.fetching import Fetch
from dlcore.data.glance import Glance
from dlcore.explain import filter_jobs, saliency_jobs, shifting
from dlcore.explain.similar import Similar
from dlcore.explain.snapshot import load
from dlcore.explain.transformer import jobs as transformer_jobs
from dlcore.training import diffusion_jobs, recurrent_jobs
from dlcore.training.curve_fit import FitCurve
from dlcore.training.diffusion_growth import Growth
from dlcore.training.diffusion_measure import MeasurePictures
from dlcore.training.evaluation import Evaluation, Evaluator
from dlcore.training.five_seeds import FiveSeeds
from dlcore.training.precision import choose_precision
from dlcore.training.recording import Predictions, Recording


class Job(Protocol):
    """Work in turns: `progress` goes from 0 to 1; `result` is whole once `finished`, and may be partly there before."""

    progress: float
    finished: bool
    result: dict | None

    def advance(self, seconds: float) -> None:
        """Work for about that long."""


class Evaluate:
    """Reads all held-out pictures with a snapshot and keeps the predictions in its recording."""

    def __init__(self, request: dict, home: Path):
        self.model, self.home = request["model"], Path(home)
        self.snapshot = load(self.model, self.home)
        test = images.load(self.snapshot.experiment.data.dataset)
        self._pictures, self._labels = torch.from_numpy(test.test_images), torch.from_numpy(test.test_labels)
        self._evaluator = Evaluator(self.snapshot.experiment, self._pictures, self._labels)
        self._work = self._run()
        self.progress, self.finished, self.result = 0.0, False, None

    def advance(self, seconds: float) -> None:
        """Read the next pictures; a chunk is small enough for a turn."""
        next(self._work, None)

    def _run(self) -> Iterator[None]:
        chunks = -(-len(self._labels) // self._evaluator.chunk)
        for done, evaluation in enumerate(self._evaluator.run(self.snapshot.module, self._precision), start=1):
            self.progress = min(1.0, done / chunks)
            if evaluation is not None:
                self._keep(evaluation)
            yield

    @property
    def _precision(self) -> torch.dtype:
        return choose_precision(self.snapshot.experiment)

    def _keep(self, evaluation: Evaluation) -> None:
        scores = evaluation.scores.numpy()
        if self.model.get("run") and self.model.get("step") is not None:
            folder = self.home / "runs" / Path(str(self.model["run"])).name
            Recording(folder).save_predictions(self.model["step"], Predictions(scores, whole=True))
        self.result = {"loss": evaluation.loss, "accuracy": evaluation.accuracy, "step": self.snapshot.step,
                       "scores": scores.astype(np.float16)}
        self.finished = True


JOBS: dict[str, Callable[[dict, Path], Job]] = {
    "evaluate": Evaluate, "fit_curve": FitCurve, "fetch": Fetch, "collect": Collect, "open_picture": OpenPicture,
    "glance": Glance, "similar": Similar, "five_seeds": FiveSeeds, **saliency_jobs.JOBS, **filter_jobs.JOBS,
    **shifting.JOBS, **recurrent_jobs.JOBS, **transformer_jobs.JOBS, **diffusion_jobs.JOBS,
    "diffusion_measure": MeasurePictures, "diffusion_growth": Growth,
}
