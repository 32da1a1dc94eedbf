"""Which training digits taught a network to read a picture as it does: TracIn (arXiv 2002.08484).

What a step on training digit z did to the loss on picture x is about η ∇L(z)·∇L(x). Summed over snapshots that is z's
influence. Here the gradient is that of the last layer's weights alone, for which the product has a short form: with
a the layer's inputs and δ the loss's gradient by its outputs, (δ_z·δ_x)(a_z·a_x + 1), the 1 being the bias's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from dlcore.data.batches import Batches, generator
from dlcore.data.images import Images
from dlcore.errors import N_, EngineError
from dlcore.explain.question import batch_size
from dlcore.explain.snapshot import Snapshot
from dlcore.specs.experiment import Experiment
from dlcore.specs.learning import in_effect, steps_per_epoch
from dlcore.specs.shapes import count_multiply_adds
from dlcore.training.schedules import factor
from dlcore.training.tasks import LOSSES

MOST_SNAPSHOTS = 6
MOST_WORK = 6e11  # multiply-adds: about half a minute of one core
LEAST = 1_000     # training digits that are looked at, however large the network
NOT_LINEAR = N_("The influence of training digits is computed on a linear last layer, and this network ends with "
                "something else.")


@dataclass(frozen=True)
class Candidates:
    """The training digits that are looked at: their numbers in the data set, of how many that were learned from."""

    indices: np.ndarray
    of: int


def choose_candidates(experiment: Experiment, images: Images, snapshots: int) -> Candidates:
    """Return all digits that a run learned from, or as many of them, drawn at random, as can be done in time."""
    training = experiment.training
    learned = Batches(experiment.data, images, training.batch_size, training.seed).chosen.numpy()
    affordable = int(MOST_WORK / max(count_multiply_adds(experiment.network, experiment.data) * snapshots, 1))
    most = max(affordable, LEAST)
    if most >= len(learned):
        return Candidates(learned, len(learned))
    drawn = torch.randperm(len(learned), generator=generator(0, "candidates"))[:most].sort().values
    return Candidates(learned[drawn.numpy()], len(learned))


def choose_steps(steps: tuple[int, ...] | list[int], most: int = MOST_SNAPSHOTS) -> list[int]:
    """Return some of a recording's steps, evenly chosen, without the very first: nothing was learned before it."""
    later = [step for step in steps if step > 0] or list(steps)
    places = np.unique(np.linspace(0, len(later) - 1, min(most, len(later))).round().astype(int))
    return [later[place] for place in places]


def learning_rate(experiment: Experiment, step: int) -> float:
    """Return the learning rate in effect at a step."""
    training = in_effect(experiment, step).training
    total = training.epochs * steps_per_epoch(experiment)
    return training.learning_rate * factor(training.schedule, min(step, total - 1), total)


class LastLayer:
    """A network seen as its last linear layer and what comes before it."""

    def __init__(self, snapshot: Snapshot):
        self.snapshot, self.loss = snapshot, LOSSES[snapshot.experiment.training.loss]
        blocks = [block for block in snapshot.experiment.network.blocks if block.kind != "dropout"]
        name = next(reversed([name for name, layer in snapshot.module.named_modules() if isinstance(layer, nn.Linear)]),
                    None)
        if name is None or blocks[-1].kind != "linear":
            raise EngineError(NOT_LINEAR)
        self.layer = snapshot.module.get_submodule(name)

    @torch.no_grad()
    def look(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return a (n, features) and δ (n, classes) for uint8 pictures (n, 28, 28)."""
        held = {}
        handle = self.layer.register_forward_pre_hook(lambda _layer, inputs: held.update(a=inputs[0]))
        try:
            outputs = self.snapshot.module(self.snapshot.inputs(images)).float()
        finally:
            handle.remove()
        return held["a"].float(), self._slopes(outputs, labels)

    def _slopes(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return each example's own ∂L/∂outputs; the loss is their mean."""
        with torch.enable_grad():
            outputs = outputs.detach().requires_grad_()
            return len(labels) * torch.autograd.grad(self.loss(outputs, labels), outputs)[0]


def trace(snapshot: Snapshot, image: np.ndarray, label: int, images: Images, candidates: np.ndarray,
          found: np.ndarray) -> Iterator[float]:
    """Fill `found` (n,) with the candidates' influences by one snapshot, the learning rate left out.

    Yields the share done after every batch.
    """
    last = LastLayer(snapshot)
    a, delta = last.look(torch.from_numpy(image)[None], torch.tensor([label]))
    size = batch_size(snapshot)
    for start in range(0, len(candidates), size):
        chosen = candidates[start: start + size]
        others, slopes = last.look(torch.from_numpy(images.train_images[chosen]),
                                   torch.from_numpy(images.train_labels[chosen]).long())
        found[start: start + size] = ((slopes @ delta[0]) * (others @ a[0] + 1)).numpy()
        yield min(1.0, (start + size) / len(candidates))
