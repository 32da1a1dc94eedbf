"""A transformer that learns: one step trains on one batch of translations or of windows of a text."""

import time
from collections.abc import Iterator

import torch
from torch import Tensor

from dlcore.data.corpus import check_length
from dlcore.data.texts import open_texts
from dlcore.models.transformer import build_transformer, set_dropout
from dlcore.seeds import derive
from dlcore.specs.transformer import Transformer
from dlcore.training import state
from dlcore.training.draws import seed_draws
from dlcore.training.events import finite
from dlcore.training.files import Weights
from dlcore.training.optimizers import make_optimizer
from dlcore.training.precision import open_device
from dlcore.training.schedules import warmed
from dlcore.training.trainer import SMALL, Trainer
from dlcore.training.transformer_examiner import TransformerExaminer
from dlcore.training.transformer_tasks import choose_precision, count_right, learn, measured, to_device

SUMS = ("loss", "right", "count", "characters", "gradient", "steps")  # what is added up between two points


class TransformerTrainer(Trainer):
    """Trains the network of one spec; with `start`, goes on from that step of its recording.

    Metric events have "step", "epoch", the measures of dlcore.specs.texts.measures as "train_loss", "train_accuracy"
    ... over the batches since the last one, "gradient" (the mean norm before clipping), "rate" (the learning rate as
    the schedule has it) and "seconds" learned; those of a look also "held_loss", "held_exact" ..., the last one
    "test_loss" ... of all that is held out.
    """

    def _prepare(self) -> None:
        spec: Transformer = self.experiment
        self.device, self.precision = open_device(spec.training.device), choose_precision(spec)
        home = self.recording.folder.parents[1] if self.recording is not None else None
        check_length(spec, home)
        self.batches = open_texts(spec, home)
        self.module = build_transformer(spec).to(self.device)
        self.optimizer = make_optimizer(self.module, spec.training)
        self._small = sum(weight.numel() for weight in self.module.parameters()) < SMALL
        self._examiner = TransformerExaminer(spec, self.batches, self.device)
        self._clock = self._examiner.clock
        self._lengths = torch.from_numpy(self.batches.target.characters).to(self.device)
        self.seconds = 0.0
        self._sums = torch.zeros(len(SUMS), dtype=torch.float64, device=self.device)

    @property
    def items_seen(self) -> int:
        """Tokens that were asked for so far, about."""
        return round(self.step / self.batches.per_epoch * self.batches.tokens_per_epoch)

    # a step

    def _train_step(self) -> None:
        """Train on one batch: forward, loss, backward, clipping, update."""
        begun = time.thread_time()
        self._apply_due()
        self._set_rates()
        batch = to_device(self.batches.batch(self.step), self.device)
        seed_draws(derive(self.settings.training.seed, "step", self.step), self.device)
        logits, loss, norm = learn(self.module, self.optimizer, batch, self.settings.training.clip, self.precision)
        self._count(logits, batch[2], loss, norm)
        self.seconds += time.thread_time() - begun
        self._end_step(time.thread_time() - begun, loss, norm)

    def _count(self, logits: Tensor, targets: Tensor, loss: Tensor, norm: Tensor) -> None:
        self.step += 1
        asked = targets[targets >= 0]
        self._sums += torch.stack([value.double() for value in (
            loss, count_right(logits, targets), torch.tensor(asked.numel()), self._lengths[asked].sum(), norm,
            torch.tensor(1.0))])

    def _rate(self) -> float:
        training = self.settings.training
        return training.learning_rate * warmed(training.schedule, self.step, self.total_steps, training.warmup)

    def _set_rates(self) -> None:
        training = self.settings.training
        for group in self.optimizer.param_groups:
            group["lr"], group["weight_decay"] = self._rate(), training.weight_decay
            if "momentum" in group and training.optimizer == "sgd":
                group["momentum"] = training.momentum

    def _training_point(self) -> dict:
        """Return the training curve's next point: over the batches since the last one."""
        loss, right, count, characters, gradient, steps = self._sums.tolist()
        self._sums.zero_()
        point = {"kind": "metric", "step": self.step, "epoch": round(self.epoch, 5), "rate": self._rate(),
                 "seconds": round(self.seconds, 3)}
        if steps:
            point |= measured(self.settings.data, "train", loss, right, count, characters)
            point["gradient"] = finite(gradient / steps)
        return point

    def _adopt(self, settings: Transformer) -> None:
        self.settings = settings
        set_dropout(self.module, settings.network.dropout)

    # looking and keeping

    def _examine(self) -> Iterator[dict]:
        return self._examiner.examine(self.module, self.precision, self._whole)

    def _losses(self, found: dict) -> list[float | None]:
        return [found["held_loss"]]

    def _keep(self, found: dict) -> None:
        self._tell(self._training_point() | found)
        self._snapshot(None)

    def _full_state(self) -> tuple[Weights, dict]:
        return state.full_state(self.module, self.optimizer), {"seconds": self.seconds, "sums": self._sums.tolist()}

    def _was_looked_at(self) -> bool:
        return any(event["kind"] == "metric" and event["step"] == self.step and "held_loss" in event
                   for event in self.recording.events())

    def _take_full_state(self, arrays: Weights, about: dict) -> None:
        state.load_full_state(self.module, self.optimizer, arrays)
        self.seconds = about["seconds"]
        self._sums = torch.tensor(about["sums"], dtype=torch.float64, device=self.device)
