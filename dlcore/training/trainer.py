"""A spec that learns: one Trainer is one training, advanced a little at a time."""

import time
from collections.abc import Iterator

import torch
from torch import Tensor

from dlcore.data import images
from dlcore.data.batches import Batches
from dlcore.models.build import build
from dlcore.seeds import derive
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import named_blocks
from dlcore.training import state
from dlcore.training.divergence import are_numbers
from dlcore.training.draws import seed_draws
from dlcore.training.events import finite, measured
from dlcore.training.examiner import Examiner
from dlcore.training.files import Weights
from dlcore.training.optimizers import make_optimizer
from dlcore.training.precision import autocast, choose_precision, open_device
from dlcore.training.recorded import Recorded
from dlcore.training.recording import Predictions, Recording
from dlcore.training.schedules import factor
from dlcore.training.tasks import LOSSES

SMALL = 100_000   # parameters up to which every snapshot comes with the full state
STOPPED = object()


class Trainer(Recorded):
    """Trains one experiment; with `start`, goes on from that step of its recording."""

    experiment: Experiment
    settings: Experiment

    def __init__(self, experiment: Experiment, recording: Recording | None = None, *, start: int | None = None):
        self._looking = False
        super().__init__(experiment, recording, start=start)
        self._life = self._live()

    def _prepare(self) -> None:
        data, training = self.experiment.data, self.experiment.training
        self.device, self.precision = open_device(training.device), choose_precision(self.experiment)
        loaded = images.load(data.dataset)
        self.batches = Batches(data, loaded, training.batch_size, training.seed, training.device)
        self.module = build(self.experiment.network, data, training.seed).to(self.device)
        self.optimizer = make_optimizer(self.module, training)
        self._small = sum(weight.numel() for weight in self.module.parameters()) < SMALL
        self._sums = torch.zeros(3, dtype=torch.float64, device=self.device)
        self._examiner = Examiner(self.experiment, self.batches, loaded, self.device)
        self._clock = self._examiner.clock

    # what the engine asks of it

    @property
    def total_steps(self) -> int:
        """Steps until the end of the last epoch."""
        return self.settings.training.epochs * self.batches.per_epoch

    @property
    def epoch(self) -> float:
        """Epochs done, with their fraction."""
        return self.step / self.batches.per_epoch

    @property
    def items_seen(self) -> int:
        """Digits shown so far, each as often as it was shown."""
        epochs, steps = divmod(self.step, self.batches.per_epoch)
        return epochs * self.batches.shown + steps * self.experiment.training.batch_size

    def advance(self, seconds: float) -> None:
        """Train for about that long: at least one step, or one part of an evaluation.

        RecordingError where something could not be kept; the next call goes on with the training.
        """
        end = time.perf_counter() + seconds
        while not self.over:
            if next(self._life, STOPPED) is STOPPED and not self.over:
                self._life = self._live()
            if time.perf_counter() >= end:
                return

    def step_once(self) -> None:
        """Train one single step and look at what it changed."""
        while self._looking and not self.over:
            next(self._life)
        self._keep_start()
        if self.step < self.total_steps and not self.over:
            self._train_step()
        if not self.over:
            for _ in self._look():
                pass
        if self.step >= self.total_steps:
            self.advance(0)

    def weights(self) -> dict[str, Tensor]:
        """Return the network's state dict."""
        return self.module.state_dict()

    # how it lives

    def _live(self) -> Iterator[None]:
        if self._examiner.heavy and self.step == 0:
            self._snapshot(None)
        while True:
            if self._examiner.is_due(self.step, self.total_steps):
                yield from self._look()
            if self.over or self.step >= self.total_steps:
                break
            self._train_step()
            yield
            yield from self._glance()
        if not self.over:
            self.save()
            self._tell({"kind": "finished", "step": self.step})
            self.finished = True

    def _glance(self) -> Iterator[None]:
        """Show something between two looks; most kinds show nothing."""
        yield from ()

    def _train_step(self) -> None:
        """Train on one batch: forward, loss, backward, update."""
        begun = time.thread_time()
        self._apply_due()
        training = self.settings.training
        pictures, labels = self.batches.batch(self.step)
        self._set_rates()
        seed_draws(derive(training.seed, "step", self.step), self.device)
        with autocast(self.device, self.precision):
            outputs = self.module(pictures)
        loss = LOSSES[training.loss](outputs.float(), labels)
        loss.backward()
        self.optimizer.step()
        if training.zero_grad:
            self.optimizer.zero_grad()  # here and not before backward(), so that no state has to keep gradients
        self._count(loss.detach(), outputs.detach(), labels)
        self._end_step(time.thread_time() - begun, loss)

    def _end_step(self, spent: float, *numbers: Tensor | float) -> None:
        """Count a step and the seconds spent on it; the training has failed where one of its numbers is none."""
        self._clock.add_step(spent)
        if not are_numbers(numbers):
            self.fail(self.step)
        elif self._clock.metric_is_due(self.step):
            self._tell(self._training_point())

    def _set_rates(self) -> None:
        training = self.settings.training
        for group in self.optimizer.param_groups:
            group["lr"] = training.learning_rate * factor(training.schedule, self.step, self.total_steps)
            group["weight_decay"] = training.weight_decay

    def _count(self, loss: Tensor, outputs: Tensor, labels: Tensor) -> None:
        right, count = (outputs.argmax(1) == labels).sum(), len(labels)
        self._sums += torch.stack((loss * count, right, torch.full_like(loss, count))).double()
        self.step += 1

    def _training_point(self) -> dict:
        """Return the training curve's next point: the mean over the batches since the last one."""
        loss, right, count = self._sums.tolist()
        self._sums.zero_()
        point = {"kind": "metric", "step": self.step, "epoch": round(self.epoch, 5)}
        return point | ({"train_loss": finite(loss / count), "train_accuracy": right / count} if count else {})

    # changes on the way

    def _adopt(self, settings: Experiment) -> None:
        self.settings = settings
        if settings.training.zero_grad:
            self.optimizer.zero_grad()
        for name, block in named_blocks(settings.network.blocks):
            if block.kind == "dropout":
                self.module.get_submodule(name).p = block.p

    # looking

    def _look(self) -> Iterator[None]:
        """Evaluate held-out digits and keep a snapshot."""
        self._looking = True
        try:
            yield from self._evaluate_and_keep()
        finally:
            self._looking, self._examiner.looked = False, self.step
        yield

    def _evaluate_and_keep(self) -> Iterator[None]:
        spent, begun, found = 0.0, time.thread_time(), {}
        for known in self._examine():
            found |= known
            spent += time.thread_time() - begun
            yield
            begun = time.thread_time()
        if not self._accept(found):
            return
        self._keep(found)
        if self._clock.state_is_due() or self._small:
            self._save_state()
        self._clock.add_look(spent + time.thread_time() - begun)

    def _accept(self, found: dict) -> bool:
        """Whether a look found numbers, and the weights are such; where not, the training has failed."""
        if not are_numbers(self._losses(found)) or not self._are_weights_numbers():
            self.fail(self.step)
        return not self.over

    def _losses(self, found: dict) -> list[float | None]:
        """Return the losses that a look has found."""
        return [part.loss for part in found.values()]

    @property
    def _whole(self) -> bool:
        """Whether all that is held out is read at this step."""
        return self._examiner.is_whole(self.step, self.total_steps)

    def _examine(self) -> Iterator[dict]:
        """Yield after every piece of an evaluation what is known by then."""
        return self._examiner.examine(self.module, self.settings, self.precision, self.step, self._whole)

    def _keep(self, found: dict) -> None:
        """Tell what an evaluation has found, and keep a snapshot."""
        self._tell(self._training_point() | measured(found["held"], found["fit"], self._whole))
        self._snapshot(Predictions(found["held"].scores.numpy(), self._whole))

    # keeping

    def _save_state(self, durable: bool = False) -> None:
        self._clock.add_state(*super()._save_state(durable))

    def _full_state(self) -> tuple[Weights, dict]:
        return state.full_state(self.module, self.optimizer), {"sums": self._sums.tolist()}

    def _take_full_state(self, arrays: Weights, about: dict) -> None:
        state.load_full_state(self.module, self.optimizer, arrays)
        self._sums += torch.tensor(about["sums"], dtype=torch.float64, device=self.device)

    def _take_weights(self, weights: Weights) -> None:
        state.load_weights(self.module, weights)

    def _restore(self, start: int) -> None:
        super()._restore(start)
        self._examiner.looked = self.step if self._was_looked_at() else -1

    def _was_looked_at(self) -> bool:
        return self.recording.predictions(self.step) is not None
