"""How much an output depends on each step before it: gradients back through time."""

from dataclasses import dataclass

import torch
from torch import Tensor

from dlcore.explain.gates import Moment, layer_weights, walk
from dlcore.models.recurrent import RecurrentCell

TINY = 1e-30


@dataclass(frozen=True)
class PastGradients:
    """Euclidean norms (at + 1,) of the gradient of one output with respect to the last layer's hidden state, the
    embedded input, and the LSTM's cell state (of the last layer too) of every step up to its own; `of` is the output
    that was asked about."""

    hidden: Tensor
    inputs: Tensor
    cell: Tensor | None
    of: int

    @property
    def factor(self) -> float:
        """The geometric mean of what a step back multiplies the gradient with: it vanishes below 1 and explodes above.

        1 where there is no earlier step.
        """
        path = self.hidden if self.cell is None else self.cell
        if len(path) < 2:
            return 1.0
        return (path[0].clamp(min=TINY) / path[-1].clamp(min=TINY)).item() ** (1 / (len(path) - 1))


def gradients_back(network: RecurrentCell, x: Tensor, at: int, of: int | None = None, numbers: bool = False
                   ) -> PastGradients:
    """Return how the output of step `at` depends on the steps before it, for embedded inputs (time, width).

    The output is the log probability of symbol `of` (None: the likeliest), or the number that is told.
    """
    x = x[None, : at + 1].detach().clone().requires_grad_()
    moments = _last_layer(network, x)
    for moment in moments:
        moment.hidden.retain_grad()
        if moment.cell is not None:
            moment.cell.retain_grad()
    outputs = torch.nn.functional.linear(moments[-1].hidden[0], network.head.weight.detach(),
                                         network.head.bias.detach())
    scores = outputs if numbers else outputs.log_softmax(-1)
    of = int(scores.argmax()) if of is None else of
    scores[of].backward()
    cell = _norms([moment.cell.grad for moment in moments]) if moments[0].cell is not None else None
    return PastGradients(_norms([moment.hidden.grad for moment in moments]), x.grad[0].norm(dim=-1), cell, of)


def _last_layer(network: RecurrentCell, x: Tensor) -> list[Moment]:
    """Return the last layer's moments, each a node that gradients go through."""
    for layer in range(network.recurrent.num_layers):
        moments = walk(layer_weights(network, layer), x)
        x = torch.stack([moment.hidden for moment in moments], 1)
    return moments


def _norms(gradients: list[Tensor | None]) -> Tensor:
    """Return the norm of each gradient (1, units); 0 where there is none, for the output does not depend on it."""
    return torch.stack([torch.tensor(0.0) if gradient is None else gradient.norm() for gradient in gradients])
