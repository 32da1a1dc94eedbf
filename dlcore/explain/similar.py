"""The training pictures that look most like some test pictures and are of the same class."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dlcore.data import images
from dlcore.data.batches import choose_part
from dlcore.specs.data import MOST_AGAIN
from dlcore.training.recording import Recording

NEAREST = 8  # training pictures for each test picture
CHUNK = 1_000


class Similar:
    """The Job that finds what a "run" has learned from that is like its "tests" (numbers of test pictures).

    Its result is {"again": numbers of training pictures, rising}: for each test picture the eight nearest of its true
    class, pixel by pixel, up to 200 in all; the test pictures themselves are not among them.
    """

    def __init__(self, request: dict, home: Path):
        self.progress, self.finished, self.result = 0.0, False, None
        experiment = Recording(Path(home) / "runs" / Path(str(request["run"])).name).experiment
        self._loaded = images.load(experiment.data.dataset)
        part = choose_part(experiment.data, len(self._loaded.train_labels), experiment.training.seed).numpy()
        self._part = np.setdiff1d(part, experiment.data.without)
        self._tests = [int(number) for number in request["tests"]][:MOST_AGAIN // NEAREST]
        self._work = self._run()

    def advance(self, seconds: float) -> None:
        """Look on for about that long, for one test picture at least."""
        end = time.perf_counter() + seconds
        for _ in self._work:
            if time.perf_counter() > end:
                return
        self.progress, self.finished = 1.0, True

    def _run(self) -> Iterator[None]:
        found: set[int] = set()
        for done, number in enumerate(self._tests, start=1):
            label = self._loaded.test_labels[number]
            same = self._part[self._loaded.train_labels[self._part] == label]
            found |= set(nearest(self._loaded.test_images[number], self._loaded.train_images, same).tolist())
            self.progress = done / len(self._tests)
            yield
        self.result = {"again": tuple(sorted(found))}


@torch.inference_mode()
def nearest(picture: NDArray[np.uint8], pictures: NDArray[np.uint8], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of the pictures, of those `among` them, that are nearest to one by Euclidean distance."""
    wanted = _row(picture[None])
    distances = [torch.cdist(wanted, _row(pictures[among[start:start + CHUNK]]))[0]
                 for start in range(0, len(among), CHUNK)]
    together = torch.cat(distances)
    return among[together.topk(min(NEAREST, len(among)), largest=False).indices.numpy()]


def _row(pictures: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures)).flatten(1).float() / 255
