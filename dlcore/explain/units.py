"""What a unit stands for: the places of the held-out text where it is on as it is in a chosen span.

A unit is on where it has the sign of its mean over the span and at least half of that mean's size.

Source of the idea: Strobelt et al., "LSTMVis", 2017 (arXiv:1606.07461).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dlcore.data.sequences import IGNORED
from dlcore.errors import N_, EngineError, SpecError
from dlcore.explain.gates import unroll
from dlcore.explain.recurrent_snapshot import RecurrentSnapshot

ROW = 512            # symbols of a play that are read in one go
SHOWN = 40           # places
BEFORE, AFTER = 24, 12
SELDOM = 10          # a symbol that comes less often is not counted
FAINT = 0.02


@dataclass(frozen=True)
class Unit:
    """A unit of a cell's layer; `of` is its hidden or its cell state."""

    cell: str | None
    layer: int
    of: str
    unit: int

    def values(self, snapshot: RecurrentSnapshot, inputs: torch.Tensor) -> NDArray[np.float32]:
        """Return what the unit is (rows, time) while its cell reads symbols (rows, time)."""
        network = snapshot.cell(self.cell)
        with torch.inference_mode():
            run = unroll(network, network.embed(inputs))[self.layer]
        return (run.cell if self.of == "cell" else run.hidden)[:, :, self.unit].numpy()


def read_unit(snapshot: RecurrentSnapshot, request: dict) -> Unit:
    """Return the unit that a request means; EngineError where the network has none there."""
    unit = Unit(request.get("cell"), int(request.get("layer", 0)), request.get("of", "hidden"), int(request["unit"]))
    layers = snapshot.cell(unit.cell).recurrent
    named = unit.of == "hidden" or unit.of == "cell" and snapshot.cell(unit.cell).cell == "lstm"
    if not (named and 0 <= unit.layer < layers.num_layers and 0 <= unit.unit < layers.hidden_size):
        raise EngineError(N_("The network has no {name} there."), name=f"{unit.of} {unit.layer + 1}.{unit.unit + 1}")
    return unit


def read_level(snapshot: RecurrentSnapshot, unit: Unit, request: dict) -> float:
    """Return the level from which the unit counts as on, with its sign; SpecError where it is never on."""
    values = unit.values(snapshot, snapshot.read(request).inputs[None])[0]
    span = values[int(request["first"]): int(request["last"]) + 1]
    level = float(span.mean()) / 2 if len(span) else 0.0
    if abs(level) < FAINT:
        raise SpecError("first", N_("The unit is hardly on in this span. Choose one where it is bluer or more orange."))
    return level


def held_rows(snapshot: RecurrentSnapshot) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the held-out text as rows of symbols, and which of them are there (the others fill up)."""
    held = snapshot.sequences.held
    if snapshot.data.task != "shakespeare":
        return held.inputs, held.targets != IGNORED
    text = held.inputs.ravel()
    rows = text[: len(text) // ROW * ROW].reshape(-1, ROW)
    return rows, np.ones(rows.shape, bool)


def find_places(on: NDArray[np.bool_], values: NDArray[np.float32]) -> Iterator[tuple[int, int, int, float]]:
    """Yield (row, first, last, mean size) of every stretch of steps in which the unit is on, the largest first."""
    padded = np.pad(on, ((0, 0), (1, 1))).astype(np.int8)
    rows, first = np.nonzero(np.diff(padded, axis=1) == 1)
    _, last = np.nonzero(np.diff(padded, axis=1) == -1)
    sums = np.pad(np.abs(values).cumsum(1), ((0, 0), (1, 0)))
    means = (sums[rows, last] - sums[rows, first]) / np.maximum(last - first, 1)
    for index in np.argsort(-means, kind="stable"):
        yield int(rows[index]), int(first[index]), int(last[index]) - 1, float(means[index])


def tell_places(snapshot: RecurrentSnapshot, values: NDArray[np.float32], level: float) -> dict:
    """Return where a unit with these values (rows, time) of the first held-out rows is on.

    {"level", "share": of all symbols, "places": [{"before", "on", "after", "mean"}], "symbols": [(symbol, share of its
    places where the unit is on, how often it comes)], the likeliest first, "positions": for names, the share of names
    in which the unit is on behind the start and each letter}
    """
    rows, there = (part[: len(values)] for part in held_rows(snapshot))
    on = (values * np.sign(level) >= abs(level)) & there
    found = [place for place, _ in zip(find_places(on, values), range(SHOWN))]
    return {"level": level, "share": float(on.sum() / there.sum()),
            "places": [_show(snapshot, rows[row], there[row], first, last, mean) for row, first, last, mean in found],
            "symbols": _by_symbol(snapshot, rows[there], on[there]),
            "positions": (on.sum(0) / np.maximum(there.sum(0), 1)).astype(np.float32)
            if snapshot.data.task == "names" else None}


def _show(snapshot: RecurrentSnapshot, row: NDArray, there: NDArray, first: int, last: int, mean: float) -> dict:
    shown, joint = snapshot.vocabulary.shown(row[there]), " " if snapshot.vocabulary.words else ""
    return {"before": joint.join(shown[max(0, first - BEFORE): first]), "on": joint.join(shown[first: last + 1]),
            "after": joint.join(shown[last + 1: last + 1 + AFTER]), "mean": mean}


def _by_symbol(snapshot: RecurrentSnapshot, symbols: NDArray, on: NDArray[np.bool_]) -> list[tuple[str, float, int]]:
    names = snapshot.vocabulary.shown(range(len(snapshot.vocabulary.symbols)))
    counts = np.bincount(symbols, minlength=len(names))
    shares = np.bincount(symbols, on, minlength=len(names)) / np.maximum(counts, 1)
    return [(names[number], float(shares[number]), int(counts[number])) for number in np.argsort(-shares, kind="stable")
            if counts[number] >= SELDOM]
