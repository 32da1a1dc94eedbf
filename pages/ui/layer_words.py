"""Layers in words: their names, shapes, sizes and parameters, and the sentences of the microscope."""

from dlcore.specs.experiment import Experiment
from dlcore.specs.model import Block, named_blocks
from dlcore.specs.receptive import Spans, receptive_fields
from dlcore.specs.shapes import layer_table
from pages.ui import words
from pages.ui.language import N_, _, localise, number

KINDS = {"input": N_("Input"), "scores": N_("Classes")}


def describe_layers(experiment: Experiment, layers: list[dict]) -> list[dict]:
    """Return the rows of the overview: what the engine tells of each layer, and its entry in the shape table."""
    table = {row.name: row for row in layer_table(experiment.network, experiment.data)}
    seen = receptive_fields(experiment.network, experiment.data)
    blocks = dict(named_blocks(experiment.network.blocks))
    return [layer | _describe(layer, table.get(layer["name"]), seen, blocks.get(layer["name"]), experiment)
            for layer in layers]


def _describe(layer: dict, row, seen: dict[str, Spans], block, experiment: Experiment) -> dict:
    size = experiment.data.size
    field = min(row.receptive_field if row else 1 if layer["kind"] == "input" else size, size)
    shape = row.shape if row else layer["shape"] if layer["kind"] == "input" else (layer["count"],)
    name = layer["name"]
    return {
        "label": _label(block) if block else _(KINDS[name]),
        "size": "×".join(map(number, shape)),
        "parameters": f"{localise(row.formula)} = {number(row.parameters)}" if row and row.parameters else "",
        "spans": seen.get(name, [(0, size)]),
        "sees": f"{field}×{field}",
    }


def _label(block: Block) -> str:
    """Return what kind of layer a block is; in a network's short form a batch norm is only a norm."""
    return "BatchNorm" if block.kind == "batch_norm" else words.short_name(block)


def size_formula(experiment: Experiment, walk: dict) -> str:
    """Return the formula for the size of a layer's maps with its numbers; nothing where the size stays."""
    if walk["kind"] not in ("conv", "pool"):
        return ""
    rows = {row.name: row for row in layer_table(experiment.network, experiment.data)}
    names = list(rows)
    at = names.index(walk["layer"])
    side = rows[names[at - 1]].shape[-1] if at else experiment.data.size
    return write_size(side, walk["size"], walk["stride"], walk["padding"], walk["dilation"])


def write_size(side: int, size: int, stride: int, padding: int, dilation: int) -> str:
    """Return how many windows fit in a line, as a formula with its numbers and its result."""
    span = dilation * (size - 1) + 1
    left = (side + 2 * padding - span) // stride + 1
    around = f" + 2·{padding}" if padding else ""
    width = f"({dilation}·({size} − 1) + 1)" if dilation > 1 else f"{size}"
    return f"⌊({side}{around} − {width}) / {stride}⌋ + 1 = {left}"


def walk_words() -> dict:
    """Return the sentences of the microscope."""
    return {
        "waking": _("Waking, {seconds} s"), "starting": _("Waking for {seconds} s"),
        "input": _("input"), "scores": _("scores"), "map": _("map {n} of {count}"),
        "unit": _("unit {n} of {count}"), "layer": _("Layer"), "maps": _("Maps"),
        "play": _("Play"), "pause": _("Pause"),
        "back": _("One step back"), "next": _("Next step"), "sees": _("sees {size} pixels"),
        "more": _("{n} more"), "less": _("less"), "shape": _("Size"), "parameters": _("Parameters"),
        "field": _("Sees"), "layers": _("Layers"), "map_before": _("Map before"), "map_after": _("Next map"),
        "off": _("Switch this filter off"), "on": _("Switch it on again"), "is_off": _("switched off: the map is 0"),
        "eval": "eval()", "train": "train()", "again": _("Draw again"),
        "size_formula": _("Size: {formula}"), "patch": _("picture under the stamp"), "kernel": _("stamp"),
        "products": _("products"), "its_map": _("its map"), "window": _("window"), "channel": _("channel {n}"),
        "sum": _("sum"), "bias": _("bias"), "all_channels": _("all {n} channels"),
        "checked": _("checked against PyTorch: off by at most {share} of the largest number"),
        "exact": _("checked against PyTorch: exactly equal"),
        "largest": _("the largest"), "mean": _("the mean"), "weights": _("weights of unit {n}"),
        "so_far": _("sum so far"), "contribution": _("input × weight"),
        "running": _("running figures, from the training"), "batch": _("figures of this batch of {n} pictures"),
        "dropped": _("dropped: set to 0"), "kept": _("kept: multiplied by {factor}"),
        "all_kept": _("eval(): everything passes unchanged"),
        "is": _("{layer}, {map}, row {row}, column {column}: {value}"),
        "keys": _("Arrow keys move the stamp, Space plays, Page up and Page down change the map."),
        "in": _("in"), "out": _("out"),
        "map_function": _("Each number of the map: what came in across, what went out up"),
    }
