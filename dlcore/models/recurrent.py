"""Recurrent networks: an embedding, torch's fused recurrent layers, and a linear head."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dlcore.models.layers import Dropout
from dlcore.seeds import derive
from dlcore.specs.recurrent import GATES, Recurrent, RecurrentNetwork, gate_biases
from dlcore.specs.sequences import widths

State = Tensor | tuple[Tensor, Tensor]


class RecurrentCell(nn.Module):
    """What one of the cells learns with: embedding (of symbols), recurrent layers, head."""

    def __init__(self, cell: str, network: RecurrentNetwork, inputs: int, outputs: int, takes_numbers: bool):
        super().__init__()
        self.cell = cell
        self.embedding = None if takes_numbers else nn.Embedding(inputs, network.embedding)
        width = inputs if takes_numbers else network.embedding
        self.recurrent = make_layers(cell, width, network.hidden, network.layers, network.dropout)
        self.drop = Dropout(network.dropout)
        self.head = nn.Linear(network.hidden, outputs)

    def embed(self, x: Tensor) -> Tensor:
        """Return what the first layer gets: (batch, time, width) for symbols (batch, time) or numbers as they are."""
        return x if self.embedding is None else self.embedding(x)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return outputs (batch, time, outputs) and the state behind the last step."""
        hidden, state = self.recurrent(self.embed(x), state)  # (batch, time, hidden)
        return self.head(self.drop(hidden)), state


def make_layers(cell: str, width: int, hidden: int, layers: int, dropout: float) -> nn.RNNBase:
    """Return torch's recurrent layers of a kind, batch first."""
    between = dropout if layers > 1 else 0.0
    match cell:
        case "lstm":
            return nn.LSTM(width, hidden, layers, batch_first=True, dropout=between)
        case "gru":
            return nn.GRU(width, hidden, layers, batch_first=True, dropout=between)
        case _:
            return nn.RNN(width, hidden, layers, cell.removeprefix("rnn_"), batch_first=True, dropout=between)


def build_cells(spec: Recurrent) -> nn.ModuleDict:
    """Return the network of each cell, with initial weights that depend on the seed and the cell alone.

    So a cell begins the same, whoever learns beside it.
    """
    cells = nn.ModuleDict()
    for cell in spec.network.cells:
        torch.default_generator.manual_seed(derive(spec.training.seed, "weights", cell))
        cells[cell] = make_cell(spec, cell)
        for gate, bias in gate_biases(spec.network, cell).items():
            add_bias(cells[cell].recurrent, GATES[cell].index(gate), bias)
    return cells


def outline_cells(spec: Recurrent) -> nn.ModuleDict:
    """Return the cells without weights, for those that load theirs."""
    with torch.device("meta"):
        return nn.ModuleDict({cell: make_cell(spec, cell) for cell in spec.network.cells})


def make_cell(spec: Recurrent, cell: str) -> RecurrentCell:
    """Return the network of one cell."""
    return RecurrentCell(cell, spec.network, *widths(spec.data), spec.data.takes_numbers)


@torch.no_grad()
def add_bias(layers: nn.LSTM | nn.GRU, gate: int, bias: float) -> None:
    """Add a number to the biases of a gate, in every layer."""
    for name, parameter in layers.named_parameters():
        if name.startswith("bias_ih"):
            parameter.view(-1, layers.hidden_size)[gate] += bias


def set_dropout(cells: Sequence[RecurrentCell], p: float) -> None:
    """Change the share of units that is left out."""
    for cell in cells:
        cell.drop.p = p
        if cell.recurrent.num_layers > 1:
            cell.recurrent.dropout = p
