"""What is asked about a picture: why does this network give this class its score?"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlcore.data import images
from dlcore.data.batches import column
from dlcore.explain.snapshot import Snapshot
from dlcore.specs.datasets import normalisation
from dlcore.specs.saliency import PREDICTED, TRUE, Saliency
from dlcore.specs.shapes import layer_table

REFERENCES = 20           # training digits that GradientShap compares with
CHUNK_BYTES = 64 * 2**20  # for the largest layer's output of one batch
BLUR = 3.0                # pixels of the blurred baseline's Gaussian, for a side of 28


@dataclass(frozen=True, eq=False)
class Question:
    """A picture as the network gets it (1, channels, side, side), and the class whose score is explained.

    The score is the network's own output for the class, before any softmax. `pace` is called before each pass of the
    network that a method makes (see dlcore.explain.pacing).
    """

    snapshot: Snapshot
    settings: Saliency
    picture: Tensor
    target: int
    pace: Callable[[], None] | None = None

    @cached_property
    def module(self) -> nn.Module:
        """A copy of the network's structure with the same weights: the hooks of a method never reach the snapshot."""
        own = self.snapshot.module
        shared = {id(tensor): tensor for tensor in (*own.parameters(), *own.buffers())}
        return self.paced(copy.deepcopy(own, shared))

    def paced(self, module: nn.Module) -> nn.Module:
        """Return a copy of the network with a hook that calls `pace`."""
        if self.pace is not None:
            module.register_forward_pre_hook(lambda _module, _inputs: self.pace())
        return module

    def rest(self) -> None:
        """Call `pace`, where there is one, in work that is done without the module."""
        if self.pace is not None:
            self.pace()

    @cached_property
    def baseline(self) -> Tensor:
        """The picture that stands for "nothing there", as the network would get it."""
        return make_baseline(self.snapshot, self.picture, self.settings.baseline)

    @cached_property
    def superpixels(self) -> Tensor:
        """The number of the square that each pixel lies in (1, 1, side, side)."""
        side, size = self.picture.shape[-1], self.settings.superpixel
        place = torch.arange(side) // size
        return (place[:, None] * (int(place[-1]) + 1) + place)[None, None]

    @cached_property
    def references(self) -> Tensor:
        """Training pictures, evenly chosen, as the network gets them."""
        known = images.load(self.snapshot.experiment.data.dataset).train_images
        chosen = np.linspace(0, len(known) - 1, REFERENCES).astype(int)
        return self.snapshot.inputs(torch.from_numpy(known[chosen]))

    @property
    def at_once(self) -> int:
        """How many pictures the network takes at a time without needing much memory."""
        return batch_size(self.snapshot)

    @property
    def range(self) -> float:
        """From black to white, as the network gets them; the mean over the colours."""
        deviation = levels_of(self.snapshot)[1]
        return len(deviation) / sum(deviation)

    @torch.inference_mode()
    def scores(self, pictures: Tensor) -> Tensor:
        """Return the class's score for pictures as the network gets them (n,)."""
        chunks = pictures.split(self.at_once)
        return torch.cat([self.snapshot.module(chunk)[:, self.target] for chunk in chunks])

    @torch.inference_mode()
    def promise(self) -> float:
        """Return f(picture) − f(baseline), what a map that promises completeness adds up to."""
        with_it, without_it = self.scores(torch.cat([self.picture, self.baseline])).tolist()
        return with_it - without_it


def pose(snapshot: Snapshot, image: np.ndarray, settings: Saliency, label: int | None = None) -> Question:
    """Return the question about a uint8 picture (side, side[, 3]) for the class that the settings name.

    Where they name the true class and `label` is None, as it is of a drawing, it is the class that is read.
    """
    picture = snapshot.inputs(torch.from_numpy(np.ascontiguousarray(image))[None])
    return Question(snapshot, settings, picture, choose_class(snapshot, picture, settings.target, label))


@torch.inference_mode()
def choose_class(snapshot: Snapshot, picture: Tensor, target: str, label: int | None) -> int:
    """Return the class that a target means for a picture."""
    if target == TRUE and label is not None:
        return int(label)
    if target in (PREDICTED, TRUE):
        return int(snapshot.module(picture).argmax())
    return min(int(target), snapshot.experiment.data.classes - 1)


def levels_of(snapshot: Snapshot) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and deviation of each channel, as they were taken off the pictures."""
    data = snapshot.experiment.data
    return normalisation(data.dataset, data.channels)


def make_baseline(snapshot: Snapshot, picture: Tensor, name: str) -> Tensor:
    """Return a baseline for a picture (1, channels, side, side): black, the mean, white, or the picture blurred."""
    mean, deviation = (column(values, picture) for values in levels_of(snapshot))
    if name == "blurred":
        return blur(picture, -mean / deviation)
    levels = {"black": 0.0, "mean": mean, "white": 1.0}
    return (torch.zeros_like(picture) + levels[name] - mean) / deviation  # rounded as the picture itself was


def blur(picture: Tensor, outside: Tensor) -> Tensor:
    """Return a picture blurred by a Gaussian; beyond its edges it is `outside` (1, channels, 1, 1)."""
    deviation = BLUR * picture.shape[-1] / 28
    reach = round(3 * deviation)
    places = torch.arange(-reach, reach + 1, dtype=picture.dtype)
    weights = torch.exp(-places.square() / (2 * deviation**2))
    weights = (weights / weights.sum()).expand(picture.shape[1], 1, 1, -1)
    padded = F.pad(picture - outside, (reach,) * 4)
    across = F.conv2d(padded, weights, groups=picture.shape[1])
    return F.conv2d(across, weights.transpose(2, 3), groups=picture.shape[1]) + outside


def batch_size(snapshot: Snapshot) -> int:
    """Return how many pictures a network takes at a time within CHUNK_BYTES."""
    heaviest = max(row.memory for row in layer_table(snapshot.experiment.network, snapshot.experiment.data))
    return max(8, min(256, CHUNK_BYTES // heaviest))
