"""When the cells of a training are looked at, and what they make of held-out sequences."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from dlcore.data.sequences import Batch, Sequences
from dlcore.models.recurrent import RecurrentCell
from dlcore.specs.recurrent import Recurrent
from dlcore.training.clock import Clock
from dlcore.training.evaluation import mode
from dlcore.training.events import finite
from dlcore.training.precision import autocast
from dlcore.training.sequence_tasks import add_up, forecast, measured

LOOK_STEPS = 200          # steps between two looks that come by steps, at most
CHUNK = 400_000_000       # multiply-adds of one chunk: it fits into a turn
FORETOLD = 64             # series that are foretold at a look


class SequenceExaminer:
    """Evaluates the cells of one training on held-out sequences, chunk by chunk, when it is due."""

    heavy = False

    def __init__(self, spec: Recurrent, sequences: Sequences, device: torch.device):
        self.spec, self.sequences, self.device = spec, sequences, device
        self.looked = -1  # the step of the last look
        self.clock = Clock(self._steps_between())
        self._some = sequences.looked()
        weights = spec.network.layers * spec.network.hidden**2 * 8
        self.chunk = max(1, CHUNK // (weights * self._some.targets.shape[1]))

    def _steps_between(self) -> int:
        training = self.spec.training
        return max(1, min(LOOK_STEPS, training.epochs * self.sequences.per_epoch // 20)) if training.reproducible else 0

    def is_due(self, step: int, last: int) -> bool:
        """Whether to look after `step` of a training that ends with step `last`."""
        return step != self.looked and (step == 0 or self.is_whole(step, last) or self.clock.look_is_due(step))

    def is_whole(self, step: int, last: int) -> bool:
        """Whether to read all held-out sequences: where the training ends."""
        return step >= last

    def examine(self, cells: nn.ModuleDict, precisions: dict[str, torch.dtype], whole: bool) -> Iterator[dict]:
        """Yield after every chunk what is known by then, as flat measures "CELL.held_..." (and "CELL.test_...")."""
        known: dict[str, float | None] = {}
        for name, cell in cells.items():
            sums = torch.zeros(3, dtype=torch.float64, device=self.device)
            for part in self._parts(self.sequences.held if whole else self._some):
                sums += self._read(cell, part, precisions[name])
                yield known
            found = measured(self.spec.data, "held", *sums.tolist()) | self._foretell(cell)
            known |= {f"{name}.{measure}": value for measure, value in found.items()}
            if whole:
                known |= {f"{name}.{measure.replace('held', 'test')}": value for measure, value in found.items()}
        yield known

    def _parts(self, batch: Batch) -> Iterator[Batch]:
        for first in range(0, len(batch.targets), self.chunk):
            yield batch.part(first, first + self.chunk)

    @torch.inference_mode()
    def _read(self, cell: RecurrentCell, batch: Batch, precision: torch.dtype) -> Tensor:
        inputs, targets = (torch.from_numpy(array).to(self.device) for array in (batch.inputs, batch.targets))
        with mode(cell, training=False), autocast(self.device, precision):
            outputs, _ = cell(inputs)
        return torch.stack([value.double() for value in add_up(outputs.float(), targets)])

    def _foretell(self, cell: RecurrentCell) -> dict[str, float | None]:
        if self.spec.data.task != "series":
            return {}
        data = self.spec.data
        series = torch.from_numpy(self.sequences.held_series()[:FORETOLD]).to(self.device)
        with mode(cell, training=False):
            told = forecast(cell, series[:, : data.length], data.horizon)
        return {"held_error": finite((told - series[:, data.length:]).square().mean().sqrt().item())}
