"""What transformers learn: the loss of a batch, its measures, and in which precision to compute."""

from math import exp, log

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from dlcore.data.tokens import IGNORED, TokenBatch
from dlcore.models.transformer import LanguageModel, Translator
from dlcore.specs.texts import TextData
from dlcore.specs.transformer import Transformer
from dlcore.training.events import finite
from dlcore.training.precision import autocast, choose_half
from dlcore.training.sequence_tasks import gradient_norm

FAST_HALF = {"translator": 128, "language_model": 64}  # width from which bfloat16 is faster on a CPU

Model = Translator | LanguageModel
Batch = tuple[Tensor | None, Tensor, Tensor]  # source, inputs, targets


def to_device(batch: TokenBatch, device: torch.device) -> Batch:
    """Return a batch's source (or None), inputs and targets on a device."""
    source = None if batch.source is None else torch.from_numpy(batch.source).to(device)
    return source, torch.from_numpy(batch.inputs).to(device), torch.from_numpy(batch.targets).to(device)


def pass_on(model: nn.Module, batch: Batch) -> Tensor:
    """Return a model's logits (batch, time, tokens) for a batch."""
    source, inputs, _ = batch
    return model(inputs) if source is None else model(source, inputs)


def learn(model: nn.Module, optimizer: Optimizer, batch: Batch, clip: float, precision: torch.dtype
          ) -> tuple[Tensor, Tensor, Tensor]:
    """Update a model by one batch: forward, loss, backward, clipping, step.

    Return its logits (batch, time, tokens), the summed loss, and the norm of the gradient before clipping.
    """
    with autocast(batch[1].device, precision):
        logits = pass_on(model, batch).float()
    loss = add_up(logits, batch[2])
    (loss / (batch[2] != IGNORED).sum()).backward()
    norm, _after = gradient_norm(model, clip)
    optimizer.step()
    optimizer.zero_grad()
    return logits.detach(), loss.detach(), norm


def add_up(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the summed loss in nats of the tokens that are asked for."""
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum")


def are_right(logits: Tensor, targets: Tensor) -> Tensor:
    """Return (batch, time) whether the token that is asked for was the likeliest."""
    return logits.argmax(-1) == targets


def count_right(logits: Tensor, targets: Tensor) -> Tensor:
    """Return how many of the tokens that are asked for were the likeliest."""
    return are_right(logits, targets).sum()


def measured(data: TextData, prefix: str, loss: float, right: float, count: float, characters: float
             ) -> dict[str, float | None]:
    """Return the measures of specs.texts.measures from sums over `count` tokens that stand for `characters`."""
    if not count:
        return {}
    told = {f"{prefix}_loss": finite(loss / count), f"{prefix}_accuracy": right / count}
    if not data.translates:
        told[f"{prefix}_bits"] = finite(loss / characters / log(2))
        told[f"{prefix}_perplexity"] = finite(exp(loss / count)) if loss / count < 700 else None
    return told


def choose_precision(spec: Transformer) -> torch.dtype:
    """Return bfloat16 where it was asked for, or is faster here and was not ruled out; else float32."""
    return choose_half(spec.training, spec.network.width >= FAST_HALF[spec.data.family])
