"""Do the pictures show what was asked for? They are read, measured, and compared with the training digits."""

import time
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from dlcore.data import images
from dlcore.data.strokes import THIRDS, levels, measure
from dlcore.diffusion.prompts import Asked, read_asked, read_prompt
from dlcore.errors import N_, EngineError
from dlcore.explain.snapshot import Snapshot, load
from dlcore.specs.sampling import Sampling
from dlcore.training.diffusion_jobs import BATCH, Film, OfDiffusion

READER = {"pretrained": "digits"}
READ = 20         # pictures that are read in one piece
CHUNK = 3_000     # training pictures that are compared in one piece
COMPARED = 100    # test digits whose own nearest training digit says what distance is usual


class MeasurePictures(OfDiffusion):
    """Draws the sampling's `count` pictures and judges them. The result:

        pictures    uint8 (count, 28, 28)
        read        int (count,), by the reader; `scores` float32 (count, 10)
        asked       {"digit", "stroke", "slant", "width"}: what the words ask for, None for anything; `right` (count,)
                    bool, where a digit was asked for
        measures    float32 (count, 3): stroke in pixels, slant in degrees, width; `thirds` int (count, 3), the third of
                    the training digits of its kind in which each lies (0, 1, 2); `kept` {"stroke": share, ...} of the
                    pictures that lie in the third that was asked for; `bounds` float32 (10, 3, 2) of these thirds
        nearest     {"numbers" int (count,), "distances" float32 (count,), "pictures" uint8 (count, 28, 28)}: the
                    training picture nearest to each, by the root mean square of the difference of pixels in 0 ... 1;
                    "usual" float32 (100,): the same distance of real test digits
        deviation   {"drawn", "data"}: mean deviation of a pixel over the pictures, and over training digits of the kind
                    that was asked for
        mends, seconds

    Thirds and bounds are of MNIST. While it runs: as in Many.
    """

    def run(self) -> Iterator[float]:
        """Draw, read, compare."""
        sampling, mends = self.asked
        begun, drawn, done = time.perf_counter(), [], 0
        total = -(-sampling.count // BATCH) * sampling.steps
        for first in range(0, sampling.count, BATCH):
            film = Film(self.snapshot.plan(sampling))
            for _ in film.run(self.snapshot, sampling, first, min(BATCH, sampling.count - first)):
                done += 1
                self.result = film.preview
                yield 0.8 * done / total
            drawn.append(film.frames[-1])
        pictures = np.concatenate(drawn)
        scores = yield from self._score(pictures)
        told = self._judge(pictures, scores, self._asked(sampling))
        nearest = yield from self._nearest(pictures)
        self.result = told | {"pictures": pictures, "nearest": nearest, "mends": mends,
                              "deviation": self._deviation(pictures, told["asked"]["digit"]),
                              "seconds": time.perf_counter() - begun}

    def _asked(self, sampling: Sampling) -> Asked:
        match self.snapshot.spec.condition:
            case "prompt":
                return read_asked(read_prompt(sampling.prompt))
            case "class" if sampling.digit >= 0:
                return Asked(sampling.digit)
        return Asked()

    def _score(self, pictures: NDArray) -> Iterator[float]:
        reader, scores = load(self.request.get("reader") or READER, self.home), []
        if not isinstance(reader, Snapshot):
            raise EngineError(N_("This network reads no pictures."))
        if reader.experiment.data.dataset != self.snapshot.spec.data.dataset:
            raise EngineError(N_("The network that reads has learned other pictures than these are of."))
        for part in torch.from_numpy(pictures).split(READ):
            scores.append(reader.read(part))
            yield 0.81
        return torch.cat(scores).numpy()

    def _judge(self, pictures: NDArray, scores: NDArray, asked: Asked) -> dict:
        read, values = scores.argmax(1), measure(pictures)
        kind = read if asked.digit is None else np.full(len(read), asked.digit)
        thirds = levels(values, np.minimum(kind, 9))
        return {"read": read, "scores": scores, "asked": vars(asked) | {},
                "right": None if asked.digit is None else read == asked.digit, "measures": values, "thirds": thirds,
                "kept": {name: float((thirds[:, place] == wanted + 1).mean())
                         for place, name in enumerate(("stroke", "slant", "width"))
                         if (wanted := getattr(asked, name)) is not None}, "bounds": THIRDS}

    def _nearest(self, pictures: NDArray) -> Iterator[float]:
        loaded = images.load(self.snapshot.spec.data.dataset)
        compared = np.linspace(0, len(loaded.test_images) - 1, COMPARED).astype(int)
        asked = np.concatenate([pictures, loaded.test_images[compared]])
        search = Nearest(asked)
        for first in range(0, len(loaded.train_images), CHUNK):
            search.look(loaded.train_images[first: first + CHUNK])
            yield 0.82 + 0.17 * first / len(loaded.train_images)
        count = len(pictures)
        return {"numbers": search.numbers[:count], "distances": search.distances[:count],
                "pictures": loaded.train_images[search.numbers[:count]], "usual": search.distances[count:]}

    def _deviation(self, pictures: NDArray, digit: int | None) -> dict[str, float]:
        loaded = images.load(self.snapshot.spec.data.dataset)
        chosen = slice(None) if digit is None else loaded.train_labels == digit
        return {"drawn": deviation(pictures), "data": deviation(loaded.train_images[chosen][:5_000])}


class Nearest:
    """Finds the nearest of ever more pictures to some pictures, by the root mean square of the pixels' difference."""

    def __init__(self, pictures: NDArray):
        self._asked = _flat(pictures)
        self._square = self._asked.square().mean(1)
        self._least = torch.full((len(pictures),), torch.inf)
        self.numbers, self._seen = np.zeros(len(pictures), int), 0

    @property
    def distances(self) -> NDArray[np.float32]:
        """The distance of each picture to the nearest so far, (n,)."""
        return self._least.clamp(min=0).sqrt().numpy()

    def look(self, pictures: NDArray) -> None:
        """Compare with further pictures."""
        others = _flat(pictures)
        squares = (self._square[:, None] + others.square().mean(1)
                   - 2 / others.shape[1] * self._asked @ others.T)  # (a − b)² = a² + b² − 2ab
        least, place = squares.min(1)
        nearer = least < self._least
        self._least = torch.where(nearer, least, self._least)
        self.numbers = np.where(nearer.numpy(), place.numpy() + self._seen, self.numbers)
        self._seen += len(pictures)


def deviation(pictures: NDArray) -> float:
    """Return the deviation of a pixel over pictures, root mean square over the pixels, in 0 ... 1."""
    return float(np.sqrt((pictures.astype(np.float32) / 255).var(0).mean()))


def _flat(pictures: NDArray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures)).flatten(1).float().div_(255)
