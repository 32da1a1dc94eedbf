"""What is learned: the loss, and what the network's outputs mean."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]


def _one_hot(labels: Tensor, outputs: Tensor) -> Tensor:
    return F.one_hot(labels, outputs.shape[1]).to(outputs.dtype)


def cross_entropy(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return −log of the softmax probability of the true class, averaged over the batch."""
    return F.cross_entropy(outputs, labels)


def bce(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return the binary cross-entropy of one yes-or-no question a class, averaged over batch and classes."""
    return F.binary_cross_entropy_with_logits(outputs, _one_hot(labels, outputs))


def mse(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return the mean squared distance to the one-hot target, averaged over batch and classes."""
    return F.mse_loss(outputs, _one_hot(labels, outputs))


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "bce": bce, "mse": mse}


def scores(outputs: Tensor, loss: str) -> Tensor:
    """Return the class scores (batch, classes) in 0..1 that a loss gives meaning to.

    Softmax probabilities for cross-entropy, a sigmoid each for binary cross-entropy (they need not add up to 1),
    the outputs themselves, cut to 0..1, for squared error.
    """
    outputs = outputs.float()
    if loss == "cross_entropy":
        return outputs.softmax(1)
    return outputs.sigmoid() if loss == "bce" else outputs.clamp(0, 1)
