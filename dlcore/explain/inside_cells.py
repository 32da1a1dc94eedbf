"""What goes on inside the cells while they read: states and gates, one step's equation, what an edit changes."""

import numpy as np
import torch
from torch import Tensor

from dlcore.errors import N_, EngineError, SpecError
from dlcore.explain.gates import HeldGate, LayerRun, Moment, layer_weights, unroll, unroll_clamped
from dlcore.explain.recurrent_snapshot import Question, RecurrentSnapshot
from dlcore.explain.through_time import gradients_back
from dlcore.models.recurrent import RecurrentCell
from dlcore.specs.recurrent import GATES

MOST_TOLD = 20       # likeliest symbols of a step
TANH_GATES = ("candidate",)
ACTIVATION = {"rnn_tanh": "tanh", "rnn_relu": "relu"}


def show_unrolled(snapshot: RecurrentSnapshot, request: dict) -> dict:
    """Return states, gates and outputs of one cell at every step; with "clamps" also those with gates held."""
    network, question = snapshot.cell(request.get("cell")), snapshot.read(request)
    x = question.embedded(network)
    told = _tell(snapshot, network, unroll(network, x), question, request)
    answer = {"step": snapshot.step, "inputs": _plain(question.names), **told}
    if held := _held_gates(request.get("clamps") or (), network):
        clamped = _tell(snapshot, network, unroll_clamped(network, x, held), question, request)
        answer |= {"clamped": clamped, "change": distance(told["outputs"], clamped["outputs"], snapshot)}
    return answer


def _tell(snapshot: RecurrentSnapshot, network: RecurrentCell, runs: list[LayerRun], question: Question,
          request: dict) -> dict:
    outputs = read_out(snapshot, network, runs[-1].hidden[0])
    told = {"layers": [_layer(run) for run in runs], "outputs": outputs}
    if snapshot.data.is_text:
        symbols, after = snapshot.vocabulary, min(int(request.get("after", 5)), MOST_TOLD)
        told |= {"top": [likeliest(row, symbols.shown(range(len(row))), after) for row in outputs],
                 "surprise": surprise(outputs[:-1], question.targets[:-1].numpy())}
    return told


def _layer(run: LayerRun) -> dict:
    return {"hidden": _array(run.hidden), "cell": None if run.cell is None else _array(run.cell),
            "gates": {name: _array(values) for name, values in run.gates.items()}}


@torch.inference_mode()
def read_out(snapshot: RecurrentSnapshot, network: RecurrentCell, hidden: Tensor) -> np.ndarray:
    """Return what the head makes of hidden states (..., units): probabilities, or the numbers that are told."""
    outputs = network.head(hidden)
    return (outputs if snapshot.data.takes_numbers else outputs.softmax(-1)).numpy()


def likeliest(row: np.ndarray, names: list[str], count: int) -> list[tuple[str, float]]:
    """Return the likeliest symbols with their probabilities."""
    order = np.argsort(-row, kind="stable")[:count]
    return [(names[index], float(row[index])) for index in order]


def surprise(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return -log2 of the probability (time, symbols) of each target (time,), in bits."""
    with np.errstate(divide="ignore"):
        return -np.log2(outputs[np.arange(len(targets)), targets])


def distance(one: np.ndarray, other: np.ndarray, snapshot: RecurrentSnapshot) -> np.ndarray:
    """Return how far outputs (time, outputs) lie apart: total variation, of numbers the absolute difference."""
    apart = np.abs(one - other).sum(-1)
    return apart if snapshot.data.takes_numbers else apart / 2


def _held_gates(clamps: list[dict], network: RecurrentCell) -> list[HeldGate]:
    layers, units = network.recurrent.num_layers, network.recurrent.hidden_size
    held = [HeldGate(int(clamp.get("layer", 0)), clamp["gate"], float(clamp["value"]), clamp.get("unit"),
                     int(clamp.get("first", 0)), int(clamp.get("last", 2**31))) for clamp in clamps]
    for gate in held:
        if gate.gate not in GATES[network.cell] or not 0 <= gate.layer < layers or not 0 <= (gate.unit or 0) < units:
            raise EngineError(N_("The network has no {name} there."), name=f"{gate.gate} {gate.layer + 1}")
        if not -1 <= gate.value <= 1:
            raise SpecError("clamps", N_("A gate can be held at values from −1 to 1, not at {value}."),
                            value=gate.value)
    return held


def show_equation(snapshot: RecurrentSnapshot, request: dict) -> dict:
    """Return the numbers of one unit's equation at step "at" of "layer"."""
    network, question = snapshot.cell(request.get("cell")), snapshot.read(request)
    layer, at, unit = int(request.get("layer", 0)), int(request["at"]), int(request["unit"])
    weights = layer_weights(network, layer)
    if not (0 <= layer < network.recurrent.num_layers and 0 <= at < len(question) and 0 <= unit < weights.units):
        raise EngineError(N_("The network has no {name} there."), name=f"{layer + 1}.{unit + 1}")
    runs, x = unroll(network, question.embedded(network)), question.embedded(network)
    x = (runs[layer - 1].hidden if layer else x)[0, at]
    before = _moment(runs[layer], at - 1)
    now, terms, rows = _moment(runs[layer], at), [], {}
    for index, gate in enumerate(GATES[network.cell] or ("hidden",)):
        row = index * weights.units + unit
        rows[gate] = {"input": weights.w[row].numpy(), "recurrent": weights.u[row].numpy()}
        term = {"gate": gate, "input": (weights.w[row] @ x).item(),
                "recurrent": (weights.u[row] @ before.hidden).item(), "bias": weights.b[row].item(),
                "recurrent_bias": weights.b_u[row].item()}
        terms.append(term | _value(network.cell, gate, term, now, unit, terms))
    return {"terms": terms, "hidden_before": before.hidden[unit].item(), "hidden": now.hidden[unit].item(),
            "cell_before": _item(before.cell, unit), "cell": _item(now.cell, unit), "x": x.numpy(),
            "h": before.hidden.numpy(), "weights": rows}


def _moment(run: LayerRun, at: int) -> Moment:
    """Return one step of a run; before its first all is zero."""
    if at < 0:
        zeros = torch.zeros_like(run.hidden[0, 0])
        return Moment(zeros, None if run.cell is None else zeros)
    return Moment(run.hidden[0, at], None if run.cell is None else run.cell[0, at],
                  {name: values[0, at] for name, values in run.gates.items()})


def _value(cell: str, gate: str, term: dict, now: Moment, unit: int, earlier: list[dict]) -> dict:
    """Return a gate's sum before its activation function, the function, and its value."""
    recurrent = term["recurrent"] + term["recurrent_bias"]
    if cell == "gru" and gate == "candidate":
        recurrent *= earlier[0]["value"]  # the reset gate
    function = ACTIVATION.get(cell) or ("tanh" if gate in TANH_GATES else "sigmoid")
    value = now.hidden if gate == "hidden" else now.gates[gate]
    return {"sum": term["input"] + term["bias"] + recurrent, "function": function, "value": value[unit].item()}


def _item(state: Tensor | None, unit: int) -> float | None:
    return None if state is None else state[unit].item()


def show_edit(snapshot: RecurrentSnapshot, request: dict) -> dict:
    """Return what a changed text changes downstream, in each cell."""
    before, after = snapshot.read(request), snapshot.read(request, "edited")
    steps = min(len(before), len(after))
    differs = np.flatnonzero(before.inputs[:steps].numpy() != after.inputs[:steps].numpy())
    cells = {}
    for name, network in snapshot.cells(request).items():
        one, other = (unroll(network, question.embedded(network))[-1].hidden[0, :steps] for question in (before, after))
        moved = (one - other).norm(dim=-1) / one.norm(dim=-1).clamp(min=1e-12)
        outputs = [read_out(snapshot, network, hidden) for hidden in (one, other)]
        cells[name] = {"hidden": moved.numpy(), "outputs": distance(*outputs, snapshot)}
    return {"inputs": _plain(before.names), "edited_inputs": _plain(after.names),
            "first": int(differs[0]) if len(differs) else steps, "cells": cells}


def show_gradients(snapshot: RecurrentSnapshot, request: dict) -> dict:
    """Return how an output depends on each earlier step, in each cell."""
    question = snapshot.read(request)
    at = int(request.get("at", len(question) - 1))
    if not 0 <= at < len(question):
        raise SpecError("at", N_("The text has no step {step}. Choose one from 0 to {last}."), step=at,
                        last=len(question) - 1)
    told = {name: _gradients(snapshot, network, question, at, request.get("of"))
            for name, network in snapshot.cells(request).items()}
    return {"step": snapshot.step, "at": at, "inputs": _plain(question.names), "cells": told}


def _gradients(snapshot: RecurrentSnapshot, network: RecurrentCell, question: Question, at: int, of: str | None
               ) -> dict:
    number = None
    if of is not None and snapshot.data.is_text:
        number = int(snapshot.vocabulary.encode([of] if snapshot.vocabulary.words else of)[0])
    numbers = snapshot.data.takes_numbers
    found = gradients_back(network, question.embedded(network)[0], at, number, numbers)
    name = "" if numbers else snapshot.answers()[found.of]
    return {"of": name, "hidden": found.hidden.numpy(), "input": found.inputs.numpy(),
            "cell": None if found.cell is None else found.cell.numpy(), "factor": found.factor}


def _plain(names: list[str] | np.ndarray) -> list[str] | np.ndarray:
    return names if isinstance(names, list) else np.asarray(names, np.float32)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor[0].numpy()
