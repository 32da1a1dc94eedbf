"""What would change its mind: the smallest changes of all pixels at once that make a network read something else.

A picture is attacked in pixels from 0 (black) to 1 (white), as the network's size has them; none is changed by more
than ε. A grey one stays grey, also where the network has three channels.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from dlcore.data.batches import column
from dlcore.explain.question import Question, levels_of
from dlcore.training.tasks import LOSSES

EPSILONS = np.linspace(0, 0.4, 21, dtype=np.float32)
STEPS = 20   # of PGD
REACH = 2.5  # how far its steps go together, in ε


class Attack:
    """Attacks on one picture, for all of EPSILONS at once: away from the question's class, or `towards` another."""

    def __init__(self, question: Question, towards: int | None = None):
        self.snapshot, self.loss = question.snapshot, LOSSES[question.snapshot.experiment.training.loss]
        self.mean, self.deviation = (column(values, question.picture) for values in levels_of(self.snapshot))
        self.channels = question.picture.shape[1]
        colours = min(self.snapshot.experiment.data.told.channels, self.channels)
        self.picture = (question.picture * self.deviation + self.mean)[:, :colours].clamp(0, 1)  # (1, colours, ...)
        self.goal, self.uphill = (question.target, 1) if towards is None else (towards, -1)
        self.epsilons = torch.from_numpy(EPSILONS).reshape(-1, 1, 1, 1)

    def inputs(self, pictures: Tensor) -> Tensor:
        """Return pictures in 0..1 as the network gets them."""
        return (pictures.expand(-1, self.channels, -1, -1) - self.mean) / self.deviation

    def way(self, pictures: Tensor) -> Tensor:
        """Return for each pixel whether brighter (1) or darker (−1) makes the network err: ± the loss's gradient."""
        pictures = pictures.detach().requires_grad_()
        outputs = self.snapshot.module(self.inputs(pictures)).float()
        goals = torch.full((len(pictures),), self.goal)
        slopes = torch.autograd.grad(self.loss(outputs, goals), pictures)[0]
        return self.uphill * slopes.sign()

    def fgsm(self) -> Tensor:
        """Return the pictures moved by ε at once, clamp(x + ε·sign(∂L/∂x)) (arXiv 1412.6572)."""
        return (self.picture + self.epsilons * self.way(self.picture)).clamp(0, 1)

    def pgd(self) -> Iterator[Tensor]:
        """Yield the pictures after each of STEPS smaller moves, kept within ε of the picture (arXiv 1706.06083)."""
        pictures = self.picture.expand(len(self.epsilons), -1, -1, -1)
        size = REACH / STEPS * self.epsilons
        low, high = self.picture - self.epsilons, self.picture + self.epsilons
        for _step in range(STEPS):
            pictures = (pictures + size * self.way(pictures)).clamp(low, high).clamp(0, 1)
            yield pictures

    def tell(self, pictures: Tensor) -> dict:
        """Return pictures as uint8 (ε, side, side), or with colours last, and what is read in them (ε, classes)."""
        shown = pictures[:, 0] if pictures.shape[1] == 1 else pictures.permute(0, 2, 3, 1)
        return {"pictures": (255 * shown).round().byte().numpy(),
                "scores": self.snapshot.score(self.inputs(pictures.detach())).numpy()}
