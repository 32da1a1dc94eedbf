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
from dlcore.training.transformer_tasks import Model, add_up, are_right, measured, pass_on, to_device

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
        self.by_text = np.zeros((2, 0), int)  # of the last examination: what is right and what was asked, text by text

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
        sums, right, exact = np.zeros(4), [], []
        for batch in self.texts.held if whole else self.texts.looked():
            for first in range(0, len(batch.inputs), self.chunk):
                part = batch.part(first, first + self.chunk)
                found, tokens = self._read(model, part, precision)
                sums += found
                right.append(tokens)
                yield {}
                if part.source is not None:
                    exact.append(self._exact(model, part))
                    yield {}
        told = measured(self.spec.data, "held", *sums.tolist())
        self.by_text = np.concatenate(exact or right, axis=1)
        if self.spec.data.translates:
            told["held_exact"] = float(self.by_text[0].mean())
        tested = {name.replace("held", "test"): value for name, value in told.items()} if whole else {}
        yield told | tested

    @torch.inference_mode()
    def _read(self, model: Model, part: TokenBatch, precision: torch.dtype) -> tuple[np.ndarray, np.ndarray]:
        """Return the sums over a part (loss, tokens told right, tokens asked for, their characters), and by text.

        By text (2, texts): the tokens told right, and those asked for.
        """
        batch = to_device(part, self.device)
        with mode(model, training=False), autocast(self.device, precision):
            logits = pass_on(model, batch).float()
        asked = part.targets >= 0
        by_text = np.stack([are_right(logits, batch[2]).sum(1).cpu().numpy(), asked.sum(1)])
        return np.array([add_up(logits, batch[2]).item(), *by_text.sum(1),
                         self.texts.target.characters[part.targets[asked]].sum()]), by_text

    def _exact(self, model: Model, part: TokenBatch) -> np.ndarray:
        """Return (2, texts) whether the answers of a part are right to the last token, and one asked of each."""
        source, _, targets = to_device(part, self.device)
        with mode(model, training=False):
            exact = are_exact(answer(model, source), targets, self._stop).cpu().numpy()
        return np.stack([exact, np.ones_like(exact)]).astype(int)


def are_exact(told: Tensor, targets: Tensor, stop: int) -> Tensor:
    """Return (batch,) whether told tokens (batch, time) are the targets, up to and with the one that ends them."""
    length = max(told.shape[1], targets.shape[1])
    told = torch.nn.functional.pad(told, (0, length - told.shape[1]), value=stop)
    targets = torch.nn.functional.pad(targets, (0, length - targets.shape[1]), value=-1)
    return ((told == targets) | (targets < 0)).all(1)
