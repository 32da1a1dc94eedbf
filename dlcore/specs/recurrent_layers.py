"""Shapes, counts and costs of recurrent cells, layer by layer, computed without building them (and without torch)."""

from collections.abc import Iterator
from dataclasses import asdict

from dlcore.specs.recurrent import GATES, Recurrent, count_parameters, estimate_memory, steps_per_epoch
from dlcore.specs.sequences import widths
from dlcore.specs.shapes import LayerRow


def layer_table(spec: Recurrent, cell: str) -> tuple[LayerRow, ...]:
    """Return one row a layer of one of the cells' networks: its `shape` and its costs are those of one time step."""
    return tuple(_rows(spec, cell))


def _rows(spec: Recurrent, cell: str) -> Iterator[LayerRow]:
    (inputs, outputs), network, block = widths(spec.data), spec.network, 0
    below, hidden, gates = inputs, network.hidden, max(1, len(GATES[cell]))
    if not spec.data.takes_numbers:
        below, block = network.embedding, 1
        yield LayerRow("embedding", 0, "embedding", (below,), inputs * below, f"{inputs}·{below}")
    for layer in range(network.layers):
        yield LayerRow(f"recurrent.{layer}", block + layer, cell, (hidden,), gates * hidden * (below + hidden + 2),
                       f"{gates}·{hidden}·({below}+{hidden}+2)", gates * hidden * (below + hidden))
        below = hidden
    if network.dropout:
        yield LayerRow("drop", block + network.layers, "dropout", (hidden,))
    yield LayerRow("head", block + network.layers, "linear", (outputs,), (hidden + 1) * outputs,
                   f"({hidden}+1)·{outputs}", hidden * outputs)


def describe_cells(spec: Recurrent) -> dict:
    """Return of each cell its gates, layers, parameters and multiply-adds a step, and the memory of a training."""
    inputs, outputs = widths(spec.data)
    return {"inputs": inputs, "outputs": outputs, "steps_per_epoch": steps_per_epoch(spec),
            "cells": {cell: _describe(spec, cell) for cell in spec.network.cells},
            "training_memory": estimate_memory(spec)}


def _describe(spec: Recurrent, cell: str) -> dict:
    rows = layer_table(spec, cell)
    told = ("name", "kind", "shape", "parameters", "formula", "multiply_adds")
    return {"gates": list(GATES[cell]), "parameters": count_parameters(spec, cell),
            "multiply_adds": sum(row.multiply_adds for row in rows),
            "layers": [{name: value for name, value in asdict(row).items() if name in told} for row in rows]}
