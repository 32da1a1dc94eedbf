"""The cells of a Recurrent run as they were at one moment, and the sequences that they are asked about."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from dlcore.data.memory_tasks import symbols_of
from dlcore.data.sequences import IGNORED, Sequences
from dlcore.data.text import Vocabulary, vocabulary
from dlcore.errors import N_, EngineError
from dlcore.models.recurrent import RecurrentCell, build_cells, outline_cells
from dlcore.specs.recurrent import Recurrent
from dlcore.specs.sequences import SequenceData
from dlcore.training.files import Weights
from dlcore.training.recording import Recording
from dlcore.training.state import load_weights


@dataclass(frozen=True)
class RecurrentSnapshot:
    """The cells of a spec in eval() on the CPU, and the step that their weights are from."""

    spec: Recurrent
    module: nn.ModuleDict
    step: int
    home: Path

    @property
    def data(self) -> SequenceData:
        """The task."""
        return self.spec.data

    @cached_property
    def sequences(self) -> Sequences:
        """The task's sequences; made when first needed."""
        return Sequences(self.spec, self.home)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The symbols of a text task."""
        return vocabulary(self.data)

    def answers(self) -> list[str]:
        """Return the names of the outputs."""
        if self.data.is_text:
            return self.vocabulary.shown(range(len(self.vocabulary.symbols)))
        return list(symbols_of(self.data))

    def cells(self, request: dict) -> dict[str, RecurrentCell]:
        """Return the cells that a request asks about: "cells", or all."""
        return {name: self.cell(name) for name in request.get("cells") or self.module}

    def cell(self, name: str | None) -> RecurrentCell:
        """Return one cell, or the first."""
        name = name or next(iter(self.module))
        if name not in self.module:
            raise EngineError(N_("There is no cell {name} in this run."), name=str(name)[:20])
        return self.module[name]

    def read(self, request: dict, field: str = "text") -> "Question":
        """Return the sequence that a request is about: its text behind the start symbol, or a held-out example."""
        if not self.data.is_text:
            return self._example(int(request.get("example", 0)))
        numbers = np.concatenate([[self.vocabulary.start], self.vocabulary.encode(request.get(field) or "")])
        targets = np.append(numbers[1:], IGNORED)
        return Question(torch.from_numpy(numbers), torch.from_numpy(targets), self.vocabulary.shown(numbers))

    def _example(self, index: int) -> "Question":
        held = self.sequences.held
        index %= len(held.targets)
        inputs, targets = held.inputs[index], held.targets[index]
        names = inputs if self.data.takes_numbers else [symbols_of(self.data)[number] for number in inputs]
        return Question(torch.from_numpy(inputs), torch.from_numpy(targets), names)


@dataclass(frozen=True)
class Question:
    """A sequence: inputs (time,) or (time, width), what each step is asked (targets), and how the inputs are shown."""

    inputs: Tensor
    targets: Tensor
    names: list[str] | np.ndarray

    def __len__(self) -> int:
        return len(self.targets)

    def embedded(self, network: RecurrentCell) -> Tensor:
        """Return what a cell's first layer gets, (1, time, width)."""
        with torch.inference_mode():
            return network.embed(self.inputs[None])


def open_cells(spec: Recurrent, weights: Weights | None, step: int, home: Path, recording: Recording | None
               ) -> RecurrentSnapshot:
    """Return the cells of a spec with some weights, or (None) their initial ones."""
    if weights is None:
        return RecurrentSnapshot(spec, build_cells(spec).eval(), step, Path(home))
    module = outline_cells(spec).eval()
    load_weights(module, weights, assign=True)
    return RecurrentSnapshot(spec, module, step, Path(home))
