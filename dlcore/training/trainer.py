"""A spec that learns: one Trainer is one training, advanced a little at a time."""

import time
from collections.abc import Iterator
from dataclasses import replace
from math import isfinite

import torch
from torch import Tensor

from dlcore.data import images
from dlcore.data.batches import Batches
from dlcore.models.build import build
from dlcore.seeds import derive
from dlcore.specs.experiment import Change, Experiment, apply_change, check, check_change, in_effect
from dlcore.specs.model import named_blocks
from dlcore.training import state
from dlcore.training.clock import Clock
from dlcore.training.evaluation import Evaluation, Evaluator
from dlcore.training.optimizers import make_optimizer
from dlcore.training.precision import autocast, choose_precision
from dlcore.training.recording import Predictions, Recording
from dlcore.training.schedules import factor
from dlcore.training.tasks import LOSSES

FIT_DIGITS = 500  # training digits that are evaluated as the held-out ones are, to measure the gap

SMALL = 100_000   # parameters up to which every snapshot comes with the full state


class Trainer:
    """Trains one experiment; with `start`, goes on from that step of its recording."""

    def __init__(self, experiment: Experiment, recording: Recording | None = None, *, start: int | None = None):
        check(experiment)
        self.experiment, self.settings, self.recording = experiment, in_effect(experiment, -1), recording
        self.step, self.items_seen, self.finished = 0, 0, False
        self._events: list[dict] = []
        self._looking = False
        self._prepare()
        if start is not None:
            self._restore(start)
        self._life = self._live()

    def _prepare(self) -> None:
        data, training = self.experiment.data, self.experiment.training
        self.device, self.precision = torch.device(training.device), choose_precision(self.experiment)
        self.loaded = images.load(data.dataset)
        self.batches = Batches(data, self.loaded, training.batch_size, training.seed, training.device)
        self.module = build(self.experiment.network, data, training.seed).to(self.device)
        self.optimizer = make_optimizer(self.module, training)
        self._small = sum(weight.numel() for weight in self.module.parameters()) < SMALL
        self._sums = torch.zeros(3, dtype=torch.float64, device=self.device)
        by_steps = training.reproducible or not training.eval_mode
        self._clock = Clock(fixed=max(1, self.batches.per_epoch // 10) if by_steps else 0)

    # what the engine asks of it

    @property
    def total_steps(self) -> int:
        """Steps until the end of the last epoch."""
        return self.settings.training.epochs * self.batches.per_epoch

    @property
    def epoch(self) -> float:
        """Epochs done, with their fraction."""
        return self.step / self.batches.per_epoch

    def advance(self, seconds: float) -> None:
        """Train for about that long: at least one step, or one part of an evaluation."""
        end = time.perf_counter() + seconds
        while not self.finished:
            next(self._life, None)
            if time.perf_counter() >= end:
                return

    def step_once(self) -> None:
        """Train one single step and look at what it changed."""
        while self._looking:
            next(self._life)
        if self.step < self.total_steps:
            self._train_step()
            for _ in self._look():
                pass
        if self.step >= self.total_steps:
            self.advance(0)

    def change(self, field: str, value: object) -> Change:
        """Change a setting from the next step on; raise SpecError where that cannot be."""
        change = Change(self.step, field, value)
        check_change(change)
        changes = sorted((*self.experiment.changes, change), key=lambda made: made.step)
        self.experiment = replace(self.experiment, changes=tuple(changes))
        self._apply(change)
        return change

    def take_events(self) -> list[dict]:
        """Return what happened since this was last asked."""
        events, self._events = self._events, []
        return events

    def weights(self) -> dict[str, Tensor]:
        """Return the network's state dict."""
        return self.module.state_dict()

    def publish(self) -> None:
        """Publish the weights of this moment in the recording."""
        self.recording.save_live(self.step, state.to_arrays(self.weights()))

    def save(self) -> None:
        """Keep a snapshot and the full state of this moment."""
        if self.recording is not None and self.step not in self.recording.snapshots():
            self._snapshot(None)
        self._save_state()

    # how it lives

    def _live(self) -> Iterator[None]:
        if self.step == 0:
            yield from self._look()
        while self.step < self.total_steps:
            self._train_step()
            yield
            if self._clock.look_is_due(self.step) or self.step % self.batches.per_epoch == 0:
                yield from self._look()
        self.save()
        self._tell({"kind": "finished", "step": self.step})
        self.finished = True

    def _train_step(self) -> None:
        """Train on one batch: forward, loss, backward, update."""
        begun = time.thread_time()
        self._apply_due()
        training = self.settings.training
        pictures, labels = self.batches.batch(self.step)
        self._set_rates()
        seed_everything(derive(training.seed, "step", self.step), self.device)
        if training.zero_grad:
            self.optimizer.zero_grad(set_to_none=True)
        with autocast(self.device, self.precision):
            outputs = self.module(pictures)
        loss = LOSSES[training.loss](outputs.float(), labels)
        loss.backward()
        self.optimizer.step()
        self._count(loss.detach(), outputs.detach(), labels)
        self._clock.add_step(time.thread_time() - begun)
        if self._clock.metric_is_due():
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
        self.items_seen += count

    def _training_point(self) -> dict:
        """Return the training curve's next point: the mean over the batches since the last one."""
        loss, right, count = self._sums.tolist()
        self._sums.zero_()
        point = {"kind": "metric", "step": self.step, "epoch": round(self.epoch, 5)}
        return point | ({"train_loss": finite(loss / count), "train_accuracy": right / count} if count else {})

    # changes on the way

    def _apply_due(self) -> None:
        for change in self.experiment.changes:
            if self._last_applied < change.step <= self.step:
                self._apply(change)
        self._last_applied = self.step

    def _apply(self, change: Change) -> None:
        self._adopt(apply_change(self.settings, change))
        self._tell({"kind": "change", "step": change.step, "field": change.field, "value": change.value})

    def _adopt(self, settings: Experiment) -> None:
        self.settings = settings
        for name, block in named_blocks(settings.network.blocks):
            if block.kind == "dropout":
                self.module.get_submodule(name).p = block.p

    # looking

    def _look(self) -> Iterator[None]:
        """Evaluate held-out digits (all of them where an epoch ends) and keep a snapshot."""
        self._looking, spent = True, 0.0
        whole = self.step > 0 and self.step % self.batches.per_epoch == 0
        begun, results = time.thread_time(), {}
        for part, evaluator in self._evaluators(whole):
            for result in evaluator.run(self.module, self.precision):
                results[part] = result
                spent += time.thread_time() - begun
                yield
                begun = time.thread_time()
        self._tell(self._training_point() | measured(results["held"], results["fit"], whole))
        self._snapshot(Predictions(results["held"].scores.numpy(), whole))
        if self._clock.state_is_due() or self._small:
            self._save_state()
        self._clock.add_look(spent + time.thread_time() - begun)
        self._looking = False

    def _evaluators(self, whole: bool) -> Iterator[tuple[str, Evaluator]]:
        seed_everything(derive(self.experiment.training.seed, "look", self.step), self.device)
        held = slice(None) if whole else images.HELD_OUT
        yield "held", Evaluator(self.settings, *self._on_device(self.loaded.test_images[held],
                                                                self.loaded.test_labels[held]))
        fit = slice(0, None, max(1, len(self.batches.labels) // FIT_DIGITS))
        yield "fit", Evaluator(self.settings, self.batches.images[fit], self.batches.labels[fit])

    def _on_device(self, *arrays) -> list[Tensor]:
        return [torch.from_numpy(array).to(self.device) for array in arrays]

    # keeping

    def _snapshot(self, predictions: Predictions | None) -> None:
        if self.recording is not None:
            self.recording.save_snapshot(self.step, state.to_arrays(self.weights()), predictions)
            self._tell({"kind": "snapshot", "step": self.step})

    def _save_state(self) -> None:
        if self.recording is None:
            return
        begun = time.thread_time()
        changes = [[made.step, made.field, made.value] for made in self.experiment.changes]
        self.recording.save_state(self.step, state.full_state(self.module, self.optimizer),
                                  {"items_seen": self.items_seen, "changes": changes})
        self._clock.add_state(time.thread_time() - begun)

    def _restore(self, start: int) -> None:
        """Go on from the nearest full state at or before `start`, or from the snapshot's weights alone."""
        self.step = self.recording.nearest_state(start)
        if self.step is None:
            self.step, weights = self.recording.weights(start)
            state.load_weights(self.module, weights)
        else:
            arrays, about = self.recording.state(self.step)
            state.load_full_state(self.module, self.optimizer, arrays)
            self.items_seen = about["items_seen"]
            changes = tuple(Change(*made) for made in about["changes"])
            self.experiment = replace(self.experiment, changes=changes)
        self.recording.cut(self.step)
        self._adopt(in_effect(self.experiment, self.step - 1))
        self._last_applied = self.step - 1

    _last_applied = -1

    def _tell(self, event: dict) -> None:
        self._events.append(event)
        if self.recording is not None:
            self.recording.append(event)


def measured(held: Evaluation, fit: Evaluation, whole: bool) -> dict:
    """Return the part of a metric that an evaluation gives; `test_` where all held-out digits were read."""
    point = {"held_loss": finite(held.loss), "held_accuracy": held.accuracy,
             "fit_loss": finite(fit.loss), "fit_accuracy": fit.accuracy}
    return point | ({"test_loss": finite(held.loss), "test_accuracy": held.accuracy} if whole else {})


def finite(number: float) -> float | None:
    """Return a number, or None where it is none (JSON has no NaN)."""
    return number if isfinite(number) else None


def seed_everything(seed: int, device: torch.device) -> None:
    """Seed the draws of dropout on a device."""
    torch.default_generator.manual_seed(seed)
    if device.type != "cpu":
        torch.manual_seed(seed)
