"""Backpropagation of one example through a small network, as the page of that name shows it."""

from dataclasses import asdict, replace
from math import isfinite

import torch

from dlcore.errors import N_, EngineError
from dlcore.explain.chain import Path, find_paths, place_id
from dlcore.explain.finite_difference import Check, Function, check_gradient, rounding_of
from dlcore.explain.replay import Replay, last_finite, names_of, read_scalar, replay, update_once, write_scalar
from dlcore.explain.symbols import slope, symbol
from dlcore.explain.tape import Tape, record
from dlcore.explain.update_rules import Line, Update
from dlcore.explain.walk import walk
from dlcore.specs.backprop import Backprop, check

MOST_PATHS = 8  # that are listed; the rest is summed


def explain_backprop(spec: Backprop, checked: bool = False) -> dict:
    """Return all numbers of one pass after `spec.updates` updates, the update that follows, and the picked weight's.

    With `checked` its gradient is compared with a finite difference. SpecError for an impossible spec.
    """
    check(spec)
    spec, played, diverged = _play(spec)
    kept = {name: read_scalar(played.module, name, "grad") or 0.0 for name in names_of(played.module)}
    played.clear()
    compared = _compare(spec, played) if checked else None
    tape = record(played.module, played.loss_of, played.inputs, played.target)
    weights = _weights(spec, played, tape, kept)
    before = {name: weight["value"] for name, weight in weights.items()}
    updates = update_once(played)
    for name, update in updates.items():
        weights[name]["after"] = update.weight
    return {
        "sizes": list(spec.sizes), "update": spec.updates, "diverged": diverged, "loss": tape.loss,
        "loss_after": played.loss().item(), "losses": played.losses, "scalars": _scalars(spec, tape),
        "weights": weights, "steps": [asdict(step) for step in walk(spec, tape, updates)],
        "nodes": [stage.node.name() for stage in tape.stages], "difference": tape.difference,
        "picked": _picked(spec, tape, weights[spec.picked], updates[spec.picked]), "check": compared,
        "hand_set": [name for name, _value in spec.weights], "start": before,
    }


def _play(spec: Backprop) -> tuple[Backprop, Replay, bool]:
    """Return the network after its updates, or where the loss stopped being a number, after the last that was."""
    played = replay(spec)
    last = last_finite(played.losses)
    if last < 0:
        raise EngineError(N_("The loss is too large to be computed. Use smaller inputs or weights."))
    if last == spec.updates:
        return spec, played, False
    spec = replace(spec, updates=last)
    return spec, replay(spec), True


def _scalars(spec: Backprop, tape: Tape) -> dict[str, dict]:
    """Return the value, the gradient and the symbol of every input, sum, activation, and of the loss."""
    found = {}
    for index, stage in enumerate(tape.stages):
        for source in range(len(stage.given)):
            found[place_id(tape, index - 1, source)] = (stage.given[source].item(), stage.passed[source].item())
    found["L"] = (tape.loss, 1.0)
    told = {name: {"value": value, "gradient": gradient, "symbol": symbol(name)}
            for name, (value, gradient) in found.items()}
    for index, target in enumerate(spec.targets, 1):
        told[f"t{index}"] = {"value": target, "gradient": None, "symbol": symbol(f"t{index}")}
    return told


def _weights(spec: Backprop, played: Replay, tape: Tape, kept: dict[str, float]) -> dict[str, dict]:
    """Return of every weight its value, this pass's gradient, and the one that the optimiser gets."""
    told = {}
    for name in names_of(played.module):
        total = read_scalar(played.module, name, "grad")
        told[name] = {"value": read_scalar(played.module, name), "gradient": _this_pass(tape, name), "total": total,
                      "kept": 0.0 if spec.zero_grad else kept[name], "symbol": symbol(name)}
    return told


def _this_pass(tape: Tape, name: str) -> float:
    letter, layer, neuron, *source = name[0], *(int(number) - 1 for number in name[1:].split("."))
    stage = tape.layers[layer]
    return (stage.weight_grad[neuron, source[0]] if letter == "w" else stage.bias_grad[neuron]).item()


def _compare(spec: Backprop, played: Replay) -> dict:
    """Compare the picked weight's gradient with a finite difference on a network of its own."""
    other = replay(spec)
    gradient = _this_pass(record(other.module, other.loss_of, other.inputs, other.target), spec.picked)
    weight = read_scalar(other.module, spec.picked)
    return _told(check_gradient(*functions_of(other, spec.picked), weight, gradient))


def functions_of(played: Replay, name: str) -> tuple[Function, Function]:
    """Return the loss of a network as a function of one weight, and how far rounding may have put that off."""
    def loss_at(value: float) -> float:
        write_scalar(played.module, name, value)
        with torch.no_grad():
            return played.loss().item()

    def rounding_at(value: float) -> float:
        write_scalar(played.module, name, value)
        return rounding_of(record(played.module, played.loss_of, played.inputs, played.target))

    return loss_at, rounding_at


def _told(compared: Check) -> dict:
    return asdict(compared) | {name: getattr(compared, name) for name in ("relative", "digits", "shown", "verdict")}


def _picked(spec: Backprop, tape: Tape, weight: dict, update: Update) -> dict:
    """Return the picked weight's gradient as products along its paths, and its update line by line."""
    paths = find_paths(tape, spec.picked)
    listed, rest = paths[:MOST_PATHS], paths[MOST_PATHS:]
    lines = list(update.lines)
    if not spec.zero_grad:
        lines.insert(0, Line("g", f"g + {slope('L', spec.picked)}", "[0] + [1]", (weight["kept"], weight["gradient"]),
                             weight["total"]))
    return {
        "name": spec.picked, "symbol": symbol(spec.picked), "slope": slope("L", spec.picked),
        "paths": [_path(path) for path in listed],
        "more": {"count": len(rest), "sum": sum(path.product for path in rest)},
        "sum": sum(path.product for path in paths), "dead": _is_dead(spec, paths),
        "lines": [asdict(line) for line in lines], "finite": all(isfinite(line.result) for line in lines),
    }


def _path(path: Path) -> dict:
    factors = [{"symbol": slope(factor.of, factor.by), "value": factor.value} for factor in path.factors]
    return {"factors": factors, "product": path.product, "through": [factor.of for factor in path.factors]}


def _is_dead(spec: Backprop, paths: list[Path]) -> bool:
    """Whether a ReLU that passes nothing on lies on every way."""
    return spec.activation == "relu" and all(
        any(factor.of[0] == "a" and factor.value == 0 for factor in path.factors) for path in paths)
