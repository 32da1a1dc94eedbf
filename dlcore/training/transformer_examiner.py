"""When a transformer in training is looked at, and what it makes of held-out texts."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from dlcore.data.texts import Texts
from dlcore.data.tokens import STOP, TokenBatch
from dlcore.models.generation import answer
from dlcore.specs.transformer import Transformer
from dlcore.specs.transformer_table import count_multiply_adds
from dlcore.training.clock import Clock
from dlcore.training.evaluation import mode
from dlcore.training.precision import autocast
from dlcore.training.transformer_tasks import Model, add_up, count_right, measured, pass_on, to_device

LOOK_STEPS = 200          # steps between two looks that come by steps, at most
CHUNK = 400_000_000       # multiply-adds of one chunk: it fits into a turn


class TransformerExaminer:
    """Evaluates one training's network on held-out texts, chunk by chunk, when it is due."""

    heavy = False

    def __init__(self, spec: Transformer, texts: Texts, device: torch.device):
        self.spec, self.texts, self.device = spec, texts, device
        self.looked = -1  # the step of the last look
        self.clock = Clock(self._steps_between())
        self.chunk = max(1, CHUNK // count_multiply_adds(spec))
        self._stop = texts.target.numbers.get(STOP, -1)

    def _steps_between(self) -> int:
        training = self.spec.training
        return max(1, min(LOOK_STEPS, training.epochs * self.texts.per_epoch // 20)) if training.reproducible else 0

    def is_due(self, step: int, last: int) -> bool:
        """Whether to look after `step` of a training that ends with step `last`."""
        return step != self.looked and (step == 0 or self.is_whole(step, last) or self.clock.look_is_due(step))

    def is_whole(self, step: int, last: int) -> bool:
        """Whether to read all that is held out: where the training ends."""
        return step >= last

    def examine(self, model: Model, precision: torch.dtype, whole: bool) -> Iterator[dict]:
        """Yield after every piece of work what is known by then: the measures "held_..." (and "test_...")."""
        sums, exact, answers = np.zeros(4), 0, 0
        for batch in self.texts.held if whole else self.texts.looked():
            for first in range(0, len(batch.inputs), self.chunk):
                part = batch.part(first, first + self.chunk)
                sums += self._read(model, part, precision)
                yield {}
                if part.source is not None:
                    exact, answers = exact + self._exact(model, part), answers + len(part.inputs)
                    yield {}
        told = measured(self.spec.data, "held", *sums.tolist())
        if self.spec.data.translates:
            told["held_exact"] = exact / answers
        tested = {name.replace("held", "test"): value for name, value in told.items()} if whole else {}
        yield told | tested

    @torch.inference_mode()
    def _read(self, model: Model, part: TokenBatch, precision: torch.dtype) -> np.ndarray:
        """Return the sums over a part: loss, tokens told right, tokens asked for, their characters."""
        batch = to_device(part, self.device)
        with mode(model, training=False), autocast(self.device, precision):
            logits = pass_on(model, batch).float()
        asked = part.targets[part.targets >= 0]
        return np.array([add_up(logits, batch[2]).item(), count_right(logits, batch[2]).item(), len(asked),
                         self.texts.target.characters[asked].sum()])

    def _exact(self, model: Model, part: TokenBatch) -> int:
        """Return how many answers of a part are right to the last token."""
        source, _, targets = to_device(part, self.device)
        with mode(model, training=False):
            return int(are_exact(answer(model, source), targets, self._stop).sum())


def are_exact(told: Tensor, targets: Tensor, stop: int) -> Tensor:
    """Return (batch,) whether told tokens (batch, time) are the targets, up to and with the one that ends them."""
    length = max(told.shape[1], targets.shape[1])
    told = torch.nn.functional.pad(told, (0, length - told.shape[1]), value=stop)
    targets = torch.nn.functional.pad(targets, (0, length - targets.shape[1]), value=-1)
    return ((told == targets) | (targets < 0)).all(1)
