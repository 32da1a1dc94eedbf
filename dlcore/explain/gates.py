"""What goes on inside a recurrent cell, step by step, from the weights that torch's fused layers have learned.

The equations, with σ the logistic function and ⊙ the product of each number with its partner:

    RNN    h_t = tanh(W x_t + b + U h_t-1 + b_u), or ReLU instead of tanh
    LSTM   i, f, o = σ(W x_t + b + U h_t-1 + b_u) each with its own weights; g with tanh instead of σ
           c_t = f ⊙ c_t-1 + i ⊙ g        h_t = o ⊙ tanh(c_t)
    GRU    r, z = σ(W x_t + b + U h_t-1 + b_u)
           n = tanh(W x_t + b + r ⊙ (U h_t-1 + b_u))        h_t = (1 - z) ⊙ n + z ⊙ h_t-1

torch multiplies the GRU's reset gate in after the matrix product, as here; the first paper (Cho et al., 2014,
arXiv:1406.1078) before it: n = tanh(W x_t + U (r ⊙ h_t-1)). The LSTM is that of Gers et al. (2000), with a forget gate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from dlcore.models.recurrent import RecurrentCell, make_layers
from dlcore.specs.recurrent import GATES

Clamp = Callable[[str, Tensor], Tensor]  # (gate's name, its values (batch, units)) -> the values that are used


@dataclass(frozen=True)
class Weights:
    """One layer: W (gates·units, width), U (gates·units, units) and their biases, as torch stacks them."""

    cell: str
    w: Tensor
    u: Tensor
    b: Tensor
    b_u: Tensor

    @property
    def units(self) -> int:
        """The width of the hidden state."""
        return self.u.shape[1]


@dataclass
class LayerRun:
    """What a layer did: hidden (batch, time, units), the LSTM's cell state, and each gate."""

    hidden: Tensor
    cell: Tensor | None = None
    gates: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """A layer at one step: hidden (batch, units), the LSTM's cell state, and the gates that led there."""

    hidden: Tensor
    cell: Tensor | None = None
    gates: dict[str, Tensor] = field(default_factory=dict)


def layer_weights(network: RecurrentCell, layer: int) -> Weights:
    """Return the weights of one of a network's layers."""
    layers = network.recurrent
    return Weights(network.cell, *(getattr(layers, f"{name}_l{layer}").detach()
                                   for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")))


# the whole sequence at once

@torch.inference_mode()
def unroll(network: RecurrentCell, x: Tensor) -> list[LayerRun]:
    """Return what each layer does with embedded inputs (batch, time, width).

    One pass of the fused layer, then all its gates by two batched matrix products.
    """
    runs = []
    for layer in range(network.recurrent.num_layers):
        weights = layer_weights(network, layer)
        hidden, _ = _fused(weights)(x)
        runs.append(GATHER[network.cell](weights, x, hidden))
        x = hidden
    return runs


def _fused(weights: Weights) -> nn.RNNBase:
    """Return torch's layer with these weights."""
    with torch.device("meta"):
        layer = make_layers(weights.cell, weights.w.shape[1], weights.units, 1, 0.0)
    layer.load_state_dict({"weight_ih_l0": weights.w, "weight_hh_l0": weights.u, "bias_ih_l0": weights.b,
                           "bias_hh_l0": weights.b_u}, assign=True)
    return layer.eval()


def _sums(weights: Weights, x: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """Return W x_t + b and U h_t-1 + b_u of all steps, (batch, time, gates·units) each."""
    before = torch.cat([torch.zeros_like(hidden[:, :1]), hidden[:, :-1]], 1)
    return nn.functional.linear(x, weights.w, weights.b), nn.functional.linear(before, weights.u, weights.b_u)


def _gather_rnn(weights: Weights, x: Tensor, hidden: Tensor) -> LayerRun:
    return LayerRun(hidden)


def _gather_lstm(weights: Weights, x: Tensor, hidden: Tensor) -> LayerRun:
    from_x, from_h = _sums(weights, x, hidden)
    i, f, g, o = (from_x + from_h).chunk(4, -1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    added, kept, states = (i * g).unbind(1), f.unbind(1), []
    cell = torch.zeros_like(hidden[:, 0])
    for new, share in zip(added, kept):
        cell = torch.addcmul(new, share, cell)
        states.append(cell)
    return LayerRun(hidden, torch.stack(states, 1), dict(zip(GATES["lstm"], (i, f, g, o))))


def _gather_gru(weights: Weights, x: Tensor, hidden: Tensor) -> LayerRun:
    (x_r, x_z, x_n), (h_r, h_z, h_n) = (part.chunk(3, -1) for part in _sums(weights, x, hidden))
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    return LayerRun(hidden, None, dict(zip(GATES["gru"], (r, z, (x_n + r * h_n).tanh()))))


GATHER = {"rnn_tanh": _gather_rnn, "rnn_relu": _gather_rnn, "lstm": _gather_lstm, "gru": _gather_gru}


# one step at a time

def unclamped(name: str, values: Tensor) -> Tensor:
    """Leave a gate as it is."""
    return values


def advance(weights: Weights, x: Tensor, before: Moment, clamp: Clamp = unclamped) -> Moment:
    """Return a layer's next moment for its input x (batch, width)."""
    from_x = nn.functional.linear(x, weights.w, weights.b)
    from_h = nn.functional.linear(before.hidden, weights.u, weights.b_u)
    match weights.cell:
        case "lstm":
            return _advance_lstm(from_x + from_h, before, clamp)
        case "gru":
            return _advance_gru(from_x, from_h, before, clamp)
        case "rnn_relu":
            return Moment((from_x + from_h).relu())
        case _:
            return Moment((from_x + from_h).tanh())


def _advance_lstm(sums: Tensor, before: Moment, clamp: Clamp) -> Moment:
    i, f, g, o = sums.chunk(4, -1)
    gates = {"input": i.sigmoid(), "forget": f.sigmoid(), "candidate": g.tanh(), "output": o.sigmoid()}
    gates = {name: clamp(name, values) for name, values in gates.items()}
    cell = gates["forget"] * before.cell + gates["input"] * gates["candidate"]
    return Moment(gates["output"] * cell.tanh(), cell, gates)


def _advance_gru(from_x: Tensor, from_h: Tensor, before: Moment, clamp: Clamp) -> Moment:
    (x_r, x_z, x_n), (h_r, h_z, h_n) = from_x.chunk(3, -1), from_h.chunk(3, -1)
    r, z = clamp("reset", (x_r + h_r).sigmoid()), clamp("update", (x_z + h_z).sigmoid())
    n = clamp("candidate", (x_n + r * h_n).tanh())
    return Moment((1 - z) * n + z * before.hidden, None, {"reset": r, "update": z, "candidate": n})


def begin(weights: Weights, batch: int = 1) -> Moment:
    """Return a layer before the first step: all its states are zero."""
    zeros = weights.w.new_zeros(batch, weights.units)
    return Moment(zeros, zeros if weights.cell == "lstm" else None)


def walk(weights: Weights, x: Tensor, clamp_at: Callable[[int], Clamp] = lambda step: unclamped) -> list[Moment]:
    """Return the moments of a layer that goes through its inputs (batch, time, width) one step at a time."""
    moment, moments = begin(weights, len(x)), []
    for step, now in enumerate(x.unbind(1)):
        moment = advance(weights, now, moment, clamp_at(step))
        moments.append(moment)
    return moments


@dataclass(frozen=True)
class HeldGate:
    """A gate that is held open (1) or shut (0), or anywhere: of one unit or (None) all, from step `first` to `last`."""

    layer: int
    gate: str
    value: float
    unit: int | None = None
    first: int = 0
    last: int = 2**31


@torch.inference_mode()
def unroll_clamped(network: RecurrentCell, x: Tensor, held: Sequence[HeldGate]) -> list[LayerRun]:
    """Return what each layer does with some gates held, by the same equations one step at a time."""
    runs = []
    for layer in range(network.recurrent.num_layers):
        here = [gate for gate in held if gate.layer == layer]
        moments = walk(layer_weights(network, layer), x, lambda step, here=here: _clamp(here, step))
        runs.append(_joined(moments))
        x = runs[-1].hidden
    return runs


def _clamp(held: Sequence[HeldGate], step: int) -> Clamp:
    now = [gate for gate in held if gate.first <= step <= gate.last]

    def hold(name: str, values: Tensor) -> Tensor:
        for gate in now:
            if gate.gate == name:
                values = values.clone()
                values[:, slice(None) if gate.unit is None else gate.unit] = gate.value
        return values
    return hold


def _joined(moments: list[Moment]) -> LayerRun:
    cell = torch.stack([moment.cell for moment in moments], 1) if moments[0].cell is not None else None
    gates = {name: torch.stack([moment.gates[name] for moment in moments], 1) for name in moments[0].gates}
    return LayerRun(torch.stack([moment.hidden for moment in moments], 1), cell, gates)
