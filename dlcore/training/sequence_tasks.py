"""What cells learn: the loss of each task, and how well outputs answer what was asked."""

from math import log

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlcore.data.memory_tasks import NEAR
from dlcore.data.sequences import IGNORED
from dlcore.models.recurrent import RecurrentCell
from dlcore.specs.recurrent import Recurrent
from dlcore.specs.sequences import SequenceData
from dlcore.training.events import finite
from dlcore.training.precision import choose_half

FAST_HALF = {"lstm": 64, "gru": 256, "rnn_tanh": 512, "rnn_relu": 512}  # units from which bfloat16 is faster on a CPU


def add_up(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the summed loss, how many answers are right, and how many steps asked.

    Cross-entropy over outputs (batch, time, symbols) in nats; squared error over outputs (batch, time, 1) of numbers.
    """
    if targets.dtype == torch.float32:
        asked = ~targets.isnan()
        missed = (outputs.squeeze(-1)[asked] - targets[asked]).abs()
        return missed.square().sum(), (missed < NEAR).sum(), asked.sum()
    loss = F.cross_entropy(outputs.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum")
    asked = targets != IGNORED
    right = (outputs.detach().argmax(-1) == targets) & asked
    return loss, right.sum(), asked.sum()


def measured(data: SequenceData, prefix: str, loss: float, right: float, count: float) -> dict[str, float | None]:
    """Return the measures of specs.sequences.measures from sums over `count` asked steps."""
    if not count:
        return {}
    told = {f"{prefix}_loss": finite(loss / count)}
    if data.is_text:
        told[f"{prefix}_bits"] = finite(loss / count / log(2))
    if data.task != "series":
        told[f"{prefix}_accuracy"] = right / count
    return told


def choose_precisions(spec: Recurrent) -> dict[str, torch.dtype]:
    """Return in which precision each cell computes.

    bfloat16 where it was asked for, or is faster here (on texts, whose outputs do not need more) and was not ruled out.
    """
    return {cell: choose_half(spec.training, spec.data.is_text and spec.network.hidden >= FAST_HALF[cell])
            for cell in spec.network.cells}


@torch.inference_mode()
def forecast(cell: RecurrentCell, given: Tensor, horizon: int) -> Tensor:
    """Return how series (batch, context) go on, (batch, horizon): what is told goes in as the next input."""
    outputs, state = cell(given[:, :, None])
    told = [outputs[:, -1]]  # (batch, 1)
    for _ in range(horizon - 1):
        outputs, state = cell(told[-1][:, None], state)
        told.append(outputs[:, -1])
    return torch.cat(told, 1)


def gradient_norm(module: nn.Module, most: float) -> tuple[Tensor, Tensor]:
    """Clip the gradients to a norm of `most` (0: leave them as they are); return the norm before and after."""
    gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    if not most:
        return norm, norm
    factor = (most / (norm + 1e-6)).clamp(max=1.0)
    torch._foreach_mul_(gradients, factor)
    return norm, norm * factor
