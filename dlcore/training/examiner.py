"""When a training is looked at, and what it has learned by then."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from dlcore.data import images
from dlcore.data.batches import Batches, generator
from dlcore.seeds import derive
from dlcore.specs.experiment import Experiment
from dlcore.specs.shapes import count_multiply_adds
from dlcore.training.clock import LOOK_PAUSE, Clock
from dlcore.training.evaluation import Evaluation, Evaluator

FIT_DIGITS = 500        # training digits that are evaluated as the held-out ones are, to measure the gap
LOOK_DIGITS = 6_000     # training digits between two looks that come by steps
WHOLE_DIGITS = 30_000   # training digits after which it pays to evaluate all held-out digits
HEAVY = 20_000_000      # multiply-adds a picture from which the first evaluation is put off, for it takes seconds
HEAVY_PAUSE = 5.0       # seconds of training before it


class Examiner:
    """Evaluates the network of one training on held-out and on training digits, chunk by chunk, when it is due."""

    def __init__(self, experiment: Experiment, batches: Batches, loaded: images.Images, device: torch.device):
        training = experiment.training
        self.seed, self.batches, self.loaded, self.device = training.seed, batches, loaded, device
        self.heavy = count_multiply_adds(experiment.network, experiment.data) > HEAVY
        self.looked = -1  # the step of the last look
        self._fit = torch.randperm(len(batches.labels), generator=generator(training.seed, "fit"))[:FIT_DIGITS]
        self.clock = Clock(self._steps_between(experiment), first=HEAVY_PAUSE if self.heavy else LOOK_PAUSE)

    def _steps_between(self, experiment: Experiment) -> int:
        """Return after how many steps to look where that may not depend on the clock, else 0."""
        training = experiment.training
        every = min(LOOK_DIGITS // training.batch_size, training.epochs * self.batches.per_epoch // 20)
        return max(1, every) if training.reproducible or not training.eval_mode else 0

    def is_due(self, step: int, last: int) -> bool:
        """Whether to look after `step` of a training that ends with step `last`."""
        first = step == 0 and not self.heavy
        return step != self.looked and (first or self._ends_epoch(step, last) or self.clock.look_is_due(step))

    def is_whole(self, step: int, last: int) -> bool:
        """Whether to evaluate all test pictures: where an epoch (or several small ones), or the training, ends.

        Always, where there are no more than the 2,000 that are read anyway.
        """
        count = len(self.loaded.test_labels)
        return len(images.held_out(count)) == count or self._ends_epoch(step, last)

    def _ends_epoch(self, step: int, last: int) -> bool:
        epochs, rest = divmod(step, self.batches.per_epoch)
        every = -(-WHOLE_DIGITS // len(self.batches.labels))
        return step >= last or (epochs > 0 and rest == 0 and epochs % every == 0)

    def examine(self, module: nn.Module, settings: Experiment, precision: torch.dtype, step: int, whole: bool
                ) -> Iterator[dict[str, Evaluation | None]]:
        """Yield after every chunk what is known by then: "held" (2,000 test pictures, or all) and "fit"."""
        results: dict[str, Evaluation | None] = {}
        for part, pictures, labels in self._parts(whole):
            evaluator = Evaluator(settings, pictures, labels)
            for result in evaluator.run(module, precision, derive(self.seed, "look", step)):
                results[part] = result
                yield results

    def _parts(self, whole: bool) -> Iterator[tuple[str, Tensor, Tensor]]:
        held = slice(None) if whole else images.held_out(len(self.loaded.test_labels))
        yield "held", self._tensor(self.loaded.test_images[held]), self._tensor(self.loaded.test_labels[held])
        yield "fit", self.batches.images[self._fit], self.batches.labels[self._fit]

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.device)
