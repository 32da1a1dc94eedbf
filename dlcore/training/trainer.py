"""A spec that learns: one Trainer is one training, advanced a little at a time."""

import time
from collections.abc import Iterator
from dataclasses import replace
from operator import attrgetter

import torch
from torch import Tensor

from dlcore.data import images
from dlcore.data.batches import Batches
from dlcore.models.build import build
from dlcore.seeds import derive
from dlcore.specs.changes import Change
from dlcore.specs.experiment import Experiment
from dlcore.specs.learning import apply_change, check, in_effect
from dlcore.specs.model import named_blocks
from dlcore.training import state
from dlcore.training.draws import seed_draws
from dlcore.training.events import finite, measured
from dlcore.training.examiner import Examiner
from dlcore.training.optimizers import make_optimizer
from dlcore.training.precision import autocast, choose_precision, open_device
from dlcore.training.recording import Predictions, Recording
from dlcore.training.schedules import factor
from dlcore.training.tasks import LOSSES

SMALL = 100_000   # parameters up to which every snapshot comes with the full state
BY_STEP = attrgetter("step")
STOPPED = object()


class Trainer:
    """Trains one experiment; with `start`, goes on from that step of its recording."""

    def __init__(self, experiment: Experiment, recording: Recording | None = None, *, start: int | None = None):
        check(experiment)
        self.experiment, self.settings, self.recording = experiment, experiment, recording
        self.step, self.finished = 0, False
        self._pending = sorted(experiment.changes, key=BY_STEP)
        self._events: list[dict] = []
        self._looking = False
        self._prepare()
        if start is not None:
            self._restore(start)
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
        return epochs * len(self.batches.labels) + steps * self.experiment.training.batch_size

    def advance(self, seconds: float) -> None:
        """Train for about that long: at least one step, or one part of an evaluation.

        RecordingError where something could not be kept; the next call goes on with the training.
        """
        end = time.perf_counter() + seconds
        while not self.finished:
            if next(self._life, STOPPED) is STOPPED and not self.finished:
                self._life = self._live()
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
        others = [made for made in self.experiment.changes if (made.step, made.field) != (self.step, field)]
        changed = replace(self.experiment, changes=tuple(sorted((*others, change), key=BY_STEP)))
        check(changed)
        self._apply_due()
        self.experiment = changed
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
        if self.recording is not None:
            self.recording.save_live(self.step, state.to_arrays(self.weights()))

    def save(self) -> None:
        """Keep a snapshot and the full state of this moment."""
        if self.recording is not None and self.step not in self.recording.snapshots():
            self._snapshot(None)
        self._save_state()

    # how it lives

    def _live(self) -> Iterator[None]:
        if self._examiner.heavy and self.step == 0:
            self._snapshot(None)
        while True:
            if self._examiner.is_due(self.step, self.total_steps):
                yield from self._look()
            if self.step >= self.total_steps:
                break
            self._train_step()
            yield
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
        seed_draws(derive(training.seed, "step", self.step), self.device)
        with autocast(self.device, self.precision):
            outputs = self.module(pictures)
        loss = LOSSES[training.loss](outputs.float(), labels)
        loss.backward()
        self.optimizer.step()
        if training.zero_grad:
            self.optimizer.zero_grad()  # here and not before backward(), so that no state has to keep gradients
        self._count(loss.detach(), outputs.detach(), labels)
        self._clock.add_step(time.thread_time() - begun)
        if self._clock.metric_is_due(self.step):
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

    def _apply_due(self) -> None:
        while self._pending and self._pending[0].step <= self.step:
            self._apply(self._pending.pop(0))

    def _apply(self, change: Change) -> None:
        self._adopt(apply_change(self.settings, change))
        self._tell({"kind": "change", "step": change.step, "field": change.field, "value": change.value})

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
        spent, begun = 0.0, time.thread_time()
        whole = self._examiner.is_whole(self.step, self.total_steps)
        examination = self._examiner.examine(self.module, self.settings, self.precision, self.step, whole)
        results = {}
        for known in examination:
            results = known
            spent += time.thread_time() - begun
            yield
            begun = time.thread_time()
        self._tell(self._training_point() | measured(results["held"], results["fit"], whole))
        self._snapshot(Predictions(results["held"].scores.numpy(), whole))
        if self._clock.state_is_due() or self._small:
            self._save_state()
        self._clock.add_look(spent + time.thread_time() - begun)

    # keeping

    def _snapshot(self, predictions: Predictions | None) -> None:
        if self.recording is not None:
            self.recording.save_snapshot(self.step, state.to_arrays(self.weights()), predictions)
            self._tell({"kind": "snapshot", "step": self.step})

    def _save_state(self) -> None:
        if self.recording is None:
            return
        begun = time.thread_time()
        self.recording.save_state(self.step, state.full_state(self.module, self.optimizer), self._notes())
        self._clock.add_state(time.thread_time() - begun)

    def _notes(self) -> dict:
        """Return what a full state holds besides tensors."""
        changes = [[made.step, made.field, made.value] for made in self.experiment.changes]
        return {"changes": changes, "sums": self._sums.tolist()}

    def _restore(self, start: int) -> None:
        """Go on from the nearest full state at or before `start`, or from the snapshot's weights alone."""
        nearest = self.recording.nearest_state(start)
        changes = self._restore_weights(start) if nearest is None else self._restore_state(nearest)
        self._examiner.looked = self.step if self._was_looked_at() else -1
        self.recording.cut(self.step)
        self.experiment = replace(self.experiment, changes=tuple(sorted(changes, key=BY_STEP)))
        self._pending = [made for made in self.experiment.changes if made.step >= self.step]
        self._adopt(in_effect(self.experiment, self.step - 1))

    def _was_looked_at(self) -> bool:
        return self.recording.predictions(self.step) is not None

    def _restore_state(self, step: int) -> list[Change]:
        """Take over a full state; return the changes made before it, and those that are planned."""
        self.step = step
        arrays, about = self.recording.state(step)
        state.load_full_state(self.module, self.optimizer, arrays)
        self._sums += torch.tensor(about["sums"], dtype=torch.float64, device=self.device)
        return [Change(*made) for made in about["changes"]]

    def _restore_weights(self, step: int) -> list[Change]:
        """Take over a snapshot (step 0 needs none); return the changes made up to it, and those that are planned."""
        self.step = step
        if step > 0:
            state.load_weights(self.module, self.recording.weights(step)[1])
        told = [Change(made["step"], made["field"], made["value"]) for made in self.recording.events()
                if made["kind"] == "change" and made["step"] <= step]
        return told + [made for made in self.experiment.changes if made.step > step]

    def _tell(self, event: dict) -> None:
        self._events.append(event)
        if self.recording is not None:
            self.recording.append(event)
