"""Cells that learn the same sequences side by side: one step trains each of them on the same batch."""

import time
from collections.abc import Iterator

import torch
from torch import Tensor

from dlcore.data.sequences import Batch, Sequences
from dlcore.models.recurrent import RecurrentCell, build_cells, set_dropout
from dlcore.seeds import derive
from dlcore.specs.recurrent import Recurrent
from dlcore.training import state
from dlcore.training.divergence import are_numbers
from dlcore.training.draws import seed_draws
from dlcore.training.events import finite
from dlcore.training.files import Weights
from dlcore.training.optimizers import make_optimizer
from dlcore.training.precision import autocast, open_device
from dlcore.training.sequence_examiner import SequenceExaminer
from dlcore.training.sequence_tasks import add_up, choose_precisions, gradient_norm, measured
from dlcore.training.trainer import SMALL, Trainer

SUMS = ("loss", "right", "count", "gradient", "steps", "peak", "after")  # what is added up between two points
LARGEST = slice(5, 7)                                                     # of these the largest is kept


class RecurrentTrainer(Trainer):
    """Trains the cells of one spec; with `start`, goes on from that step of its recording.

    A step gives every cell the same batch, one after the other, and each its own gradient, clipping and update. The
    events are told in dlcore.explain.recurrent.
    """

    def _prepare(self) -> None:
        spec: Recurrent = self.experiment
        self.device, self.precisions = open_device(spec.training.device), choose_precisions(spec)
        home = self.recording.folder.parents[1] if self.recording is not None else None
        self.batches = Sequences(spec, home)
        self.module = build_cells(spec).to(self.device)
        self.optimizer = make_optimizer(self.module, spec.training)
        self._small = sum(weight.numel() for weight in self.module.parameters()) < SMALL
        self._examiner = SequenceExaminer(spec, self.batches, self.device)
        self._clock = self._examiner.clock
        self.idle: set[str] = set()      # cells that learn no further ...
        self.exploded: set[str] = set()  # ... because their weights are no numbers any more
        self.seconds = dict.fromkeys(spec.network.cells, 0.0)
        self._sums = {cell: self._no_sums() for cell in spec.network.cells}

    def _no_sums(self) -> Tensor:
        return torch.zeros(len(SUMS), dtype=torch.float64, device=self.device)

    @property
    def items_seen(self) -> int:
        """Symbols that each cell has read so far."""
        epochs, steps = divmod(self.step, self.batches.per_epoch)
        return round((epochs + steps / self.batches.per_epoch) * self.batches.symbols_per_epoch)

    # a step

    def _train_step(self) -> None:
        """Train every cell on one batch: forward, loss, backward, clipping, update."""
        begun = time.thread_time()
        self._apply_due()
        self._set_rates()
        batch = self._to_device(self.batches.batch(self.step))
        for name, cell in self.module.items():
            if name not in self.idle:
                self._train_cell(name, cell, *batch)
        self.step += 1
        self._end_step(time.thread_time() - begun)

    def _end_step(self, spent: float) -> None:
        super()._end_step(spent)
        self._fail_without_cells()

    def _fail_without_cells(self) -> None:
        """End the training where no cell is left: the others learn on beside one that exploded."""
        if len(self.exploded) == len(self.module) and not self.over:
            self.fail(self.step)

    def _to_device(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return tuple(torch.from_numpy(array).to(self.device) for array in (batch.inputs, batch.targets))

    def _train_cell(self, name: str, cell: RecurrentCell, inputs: Tensor, targets: Tensor) -> None:
        begun = time.thread_time()
        seed_draws(derive(self.settings.training.seed, "step", self.step, name), self.device)
        with autocast(self.device, self.precisions[name]):
            outputs, _ = cell(inputs)
        loss, right, count = add_up(outputs.float(), targets)
        (loss / count).backward()
        norm, after = gradient_norm(cell, self.settings.training.clip)
        self.optimizer.step()       # updates this cell alone: the others have no gradients
        self.optimizer.zero_grad()
        self._count(name, loss.detach(), right, count, norm, after)
        self.seconds[name] += time.thread_time() - begun

    def _count(self, name: str, loss: Tensor, right: Tensor, count: Tensor, norm: Tensor, after: Tensor) -> None:
        sums, one = self._sums[name], torch.ones_like(norm)
        new = torch.stack([value.double() for value in (loss, right, count, norm, one, norm, after)])
        largest = torch.maximum(sums[LARGEST], new[LARGEST])
        sums += new
        sums[LARGEST] = largest
        if not are_numbers((norm, loss)):
            self._give_up(name, self.step + 1)

    def _give_up(self, name: str, step: int) -> None:
        """Let a cell learn no further, and tell that its numbers were lost at a step."""
        self.idle.add(name)
        self.exploded.add(name)
        self._tell({"kind": "exploded", "step": step, "cell": name})

    def _training_point(self) -> dict:
        """Return the training curves' next point: of each cell, over the batches since the last one."""
        point = {"kind": "metric", "step": self.step, "epoch": round(self.epoch, 5)}
        for name in self.module:
            loss, right, count, gradient, steps, peak, after = self._sums[name].tolist()
            self._sums[name] = self._no_sums()
            if steps:
                found = measured(self.settings.data, "train", loss, right, count) | {
                    "gradient_mean": finite(gradient / steps), "gradient_peak": finite(peak),
                    "gradient_after": finite(after)}
                point |= {f"{name}.{measure}": value for measure, value in found.items()}
            point[f"{name}.seconds"] = round(self.seconds[name], 3)
        return point

    def _adopt(self, settings: Recurrent) -> None:
        self.settings = settings
        set_dropout(list(self.module.values()), settings.network.dropout)

    # looking and keeping

    def _examine(self) -> Iterator[dict]:
        return self._examiner.examine(self.module, self.precisions, self._whole)

    def _accept(self, found: dict) -> bool:
        for name, cell in self.module.items():
            if name not in self.exploded and not are_numbers([found[f"{name}.held_loss"], *cell.parameters()]):
                self._give_up(name, self.step)
        self._fail_without_cells()
        return not self.over

    def _are_weights_numbers(self) -> bool:
        return all(are_numbers(cell.parameters()) for name, cell in self.module.items() if name not in self.exploded)

    def _keep(self, found: dict) -> None:
        self._tell(self._training_point() | found)
        self._snapshot(None)

    def _full_state(self) -> tuple[Weights, dict]:
        return state.full_state(self.module, self.optimizer), {
            "seconds": self.seconds, "idle": sorted(self.exploded),
            "sums": {name: sums.tolist() for name, sums in self._sums.items()}}

    def _was_looked_at(self) -> bool:
        return any(event["kind"] == "metric" and event["step"] == self.step and any(".held_" in name for name in event)
                   for event in self.recording.events())

    def _take_full_state(self, arrays: Weights, about: dict) -> None:
        state.load_full_state(self.module, self.optimizer, arrays)
        self.seconds, self.idle, self.exploded = about["seconds"], set(about["idle"]), set(about["idle"])
        self._sums = {name: torch.tensor(sums, dtype=torch.float64, device=self.device)
                      for name, sums in about["sums"].items()}
