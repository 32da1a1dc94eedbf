"""What the playground's network learns: its points as tensors, its loss, and how well it does."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dlcore.data.toy import features_of, make_points
from dlcore.models.plane import PlaneNet
from dlcore.specs.playground import Playground
from dlcore.training.evaluation import mode
from dlcore.training.events import finite


@dataclass(frozen=True)
class Part:
    """Points (n, 2) with their features (n, features), their targets as told, and as the loss takes them."""

    points: np.ndarray
    told: np.ndarray
    x: Tensor
    targets: Tensor


class PlaneTask:
    """The points of a spec, trained on and kept back, and the loss."""

    def __init__(self, spec: Playground, home: Path | None, device: str = "cpu"):
        self.spec, self.device = spec, device
        points = make_points(spec.data, home)
        self.classes = points.classes
        self.train = self._part(points.train, points.train_targets)
        self.test = self._part(points.test, points.test_targets)
        self._both = torch.cat([self.train.x, self.test.x])

    def _part(self, points: np.ndarray, told: np.ndarray) -> Part:
        x = torch.from_numpy(features_of(points, self.spec.network.features)).to(self.device)
        return Part(points, told, x, self._targets(torch.from_numpy(told)).to(self.device))

    def _targets(self, told: Tensor) -> Tensor:
        """Return what outputs (n, outputs) are compared with; for the softmax, classes (n,)."""
        spec = self.spec
        if spec.data.regression:
            return told[:, None]
        if spec.outputs > 1:
            return told.long() if spec.loss == "cross_entropy" else 2 * F.one_hot(told.long(), spec.outputs).float() - 1
        return told[:, None].float() if spec.loss == "cross_entropy" else 2 * told[:, None].float() - 1

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of a batch, without penalties."""
        if self.spec.loss == "squared":
            return F.mse_loss(outputs, targets, reduction="sum") / (2 * len(targets))
        if self.spec.outputs == 1:
            return F.binary_cross_entropy_with_logits(outputs, targets)
        return F.cross_entropy(outputs, targets)

    @torch.inference_mode()
    def measure(self, net: PlaneNet) -> dict[str, float | None]:
        """Return how well a network does on either part; see dlcore.explain.plane for the names."""
        with mode(net, training=False):
            both = net(self._both).split([len(self.train.x), len(self.test.x)])
        parts = {"train": self._measure(both[0], self.train), "test": self._measure(both[1], self.test)}
        names = ("loss", "r2", "rmse") if self.spec.data.regression else ("loss", "accuracy")
        return {f"{part}_{name}": measured.get(name) for part, measured in parts.items() for name in names}

    def _measure(self, outputs: Tensor, part: Part) -> dict[str, float | None]:
        if not len(part.x):
            return {}
        measured = {"loss": self.loss(outputs, part.targets)} | (
            self._fit(outputs, part.targets) if self.spec.data.regression else
            {"accuracy": (choose_class(outputs).cpu() == torch.from_numpy(part.told)).float().mean()})
        return {name: finite(value.item()) for name, value in measured.items()}

    def _fit(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return R² = 1 - Σ(y - t)² / Σ(t - mean t)², and the root of the mean squared error."""
        missed = (outputs - targets).square()
        return {"r2": 1 - missed.sum() / (targets - targets.mean()).square().sum(), "rmse": missed.mean().sqrt()}


def choose_class(outputs: Tensor) -> Tensor:
    """Return the class (n,) that outputs (n, outputs) speak for; one output speaks for class 1 where it is positive."""
    return outputs.argmax(1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0).long()


def scores_of(outputs: Tensor, spec: Playground) -> Tensor:
    """Return a score in 0..1 for each class (n, classes); for regression the outputs (n, 1) themselves.

    Probabilities for cross-entropy; for squared error where the output lies between its targets -1 and 1.
    """
    if spec.data.regression:
        return outputs
    if spec.loss == "squared":
        share = ((outputs + 1) / 2).clamp(0, 1)
    else:
        share = outputs.sigmoid() if spec.outputs == 1 else outputs.softmax(1)
    return torch.cat([1 - share, share], 1) if spec.outputs == 1 else share
