"""What the cells make of a sequence at one moment, as topics for the panels.

Topics, besides those of pages/ui/live.py:

    unroll    count, inputs [text] (or float32 (time, width) of that name), cells [{name, title, layers, maps}] with
              maps [{name, symbol, title, scale, limit}], uint8 "CELL.LAYER.MAP" (units, time), float32 "CELL.surprise"
              (time - 1), expected {cell: [[text, share or None] ...] a step}, truth [text], asked [bool] or None,
              beside [{name, title}] (others that expect something), means {cell: text}, joint (what stands between
              two symbols), readout (the name of the row of inputs)
    gradient  count, inputs, cells, float32 "CELL.hidden", "CELL.input", "CELL.cell" (time,), NaN behind the step,
              findings {series: text}, note
    equation  see pages.ui.recurrent.equations
    forecast  float32 given, truth, "CELL.forecast"; cells [{name, title, error}]
"""

from collections.abc import Sequence

import numpy as np

from dlcore.data.grammar import grammar
from dlcore.data.memory_tasks import symbols_of
from dlcore.data.text import vocabulary
from dlcore.plots.theme import encode_magnitude, encode_signed, find_limit
from pages.ui.explaining import explain
from pages.ui.language import _, number
from pages.ui.recurrent.equations import equation_topic
from pages.ui.recurrent.names import cell_name, map_name, maps_of, symbol
from pages.ui.recurrent.sight import Place, Sight

Topics = dict[str, dict]
TOLD = 6       # probabilities of a step that are shown
GREY = "grey"  # the colour of what no cell tells


def ask(kind: str, sight: Sight, sequence: dict, **how: object) -> dict:
    """Ask the explainer; SpecError with the field "text" where the sequence cannot be read, EngineError."""
    request = {"kind": f"recurrent_{kind}", "model": sight.model, "cells": list(sight.cells), **sequence, **how}
    return explain(request)


def moment(sight: Sight, sequence: dict, at: Place) -> Topics:
    """Return all topics of a moment."""
    answers = {cell: ask("unroll", sight, sequence, cell=cell, after=TOLD) for cell in sight.cells}
    targets = ask("example", sight, sequence)["targets"] if sight.spec.data.is_memory else None
    topics = {"unroll": unroll_topic(sight, answers, targets)} | pointed(sight, sequence, at)
    if sight.spec.data.task == "series":
        topics["forecast"] = forecast_topic(sight, ask("forecast", sight, sequence))
    return topics


def pointed(sight: Sight, sequence: dict, at: Place) -> Topics:
    """Return the topics of a place: the gradient through time from its step, and the equation of its unit."""
    step = {} if at.step is None else {"at": at.step}
    gradients = ask("gradients", sight, sequence, **step)
    found = ask("equation", sight, sequence, cell=at.cell, layer=at.layer, unit=at.unit, at=gradients["at"])
    return {"gradient": gradient_topic(sight, gradients),
            "equation": equation_topic(at, gradients["at"], gradients["inputs"], found)}


# the maps

def unroll_topic(sight: Sight, answers: dict[str, dict], targets: Sequence | None = None) -> dict:
    """Return the topic "unroll" of the cells' answers, and with what a memory task asks for at each step."""
    data, first = sight.spec.data, next(iter(answers.values()))
    topic = inputs_of(first) | {
        "cells": [_describe(cell, answer) for cell, answer in answers.items()],
        "joint": " " if data.task == "grammar" else "", "surprised": data.is_text, "readout": _readout(sight),
        "expected": {cell: _expected(sight, answer) for cell, answer in answers.items()},
        "truth": _truth(sight, first, targets), "beside": [],
        "asked": [step == len(first["inputs"]) - 1 for step in range(len(first["inputs"]))] if data.is_memory else None,
        "means": {cell: number(float(np.mean(answer["surprise"])), 2) for cell, answer in answers.items()
                  if data.is_text and len(answer["surprise"])},
    }
    if data.task == "grammar":
        topic["beside"], topic["expected"][GREY] = [{"name": GREY, "title": _("the grammar")}], _true(sight, first)
    for cell, answer in answers.items():
        topic |= _sprites(cell, answer)
        if data.is_text:
            topic[f"{cell}.surprise"] = np.asarray(answer["surprise"], np.float32)
    return topic


def inputs_of(answer: dict) -> dict:
    """Return the steps' names, or their numbers, and how many they are."""
    inputs = answer["inputs"]
    return {"count": len(inputs), "inputs": np.asarray(inputs, np.float32) if isinstance(inputs, np.ndarray)
            else list(inputs)}


def _readout(sight: Sight) -> str:
    return _("series") if sight.spec.data.task == "series" else _("input") if sight.spec.data.is_memory else _("text")


def _describe(cell: str, answer: dict) -> dict:
    maps = [_map(cell, name, [_values(layer, name) for layer in answer["layers"]]) for name in maps_of(cell)]
    return {"name": cell, "title": cell_name(cell), "layers": len(answer["layers"]), "maps": maps}


def _map(cell: str, name: str, layers: list[np.ndarray]) -> dict:
    """Return how a map is drawn: gates from shut to open, what is bounded to ±1, and the rest by its largest value."""
    signed = name in ("hidden", "cell", "candidate") and (cell, name) != ("rnn_relu", "hidden")
    bounded = not (name == "cell" or (cell, name) == ("rnn_relu", "hidden"))
    return {"name": name, "symbol": symbol(cell, name), "title": map_name(name),
            "scale": "diverging" if signed else "sequential",
            "limit": 1.0 if bounded else [find_limit(values) for values in layers]}


def _values(layer: dict, name: str) -> np.ndarray:
    return layer[name] if name in ("hidden", "cell") else layer["gates"][name]


def _sprites(cell: str, answer: dict) -> dict[str, np.ndarray]:
    """Return every map of a cell as one byte a value, a row a unit and a column a step."""
    found = {}
    for index, layer in enumerate(answer["layers"]):
        for name in maps_of(cell):
            values = _values(layer, name)
            drawn = _map(cell, name, [values])
            limit = 1.0 if drawn["limit"] == 1.0 else drawn["limit"][0]
            encode = encode_signed if drawn["scale"] == "diverging" else encode_magnitude
            found[f"{cell}.{index}.{name}"] = np.ascontiguousarray(encode(values, limit).T)
    return found


def _expected(sight: Sight, answer: dict) -> list[list]:
    """Return what a cell tells at every step: its likeliest symbols with their shares, or the number."""
    if sight.spec.data.takes_numbers:
        return [[[number(float(told[0]), 3), None]] for told in answer["outputs"]]
    if "top" in answer:
        return [[[text, float(share)] for text, share in told] for told in answer["top"]]
    names = symbols_of(sight.spec.data)
    return [[[names[index], float(told[index])] for index in np.argsort(-told, kind="stable")[:TOLD]]
            for told in answer["outputs"]]


def _true(sight: Sight, answer: dict) -> list[list]:
    """Return what the grammar itself says at every step, as what cells tell; nothing where it would not come so far."""
    words = vocabulary(sight.spec.data)
    shares = grammar(sight.spec.data.language).follow(words.encode(list(answer["inputs"])))
    return [[[words.symbols[index], float(told[index])] for index in np.argsort(-told, kind="stable")[:TOLD]
             if told[index] > 0] for told in shares]


def _truth(sight: Sight, answer: dict, targets: Sequence | None) -> list[str]:
    """Return what really came behind every step, or is the right answer there."""
    if targets is not None:
        return [_write_target(target) for target in targets]
    if sight.spec.data.is_text:
        return [*answer["inputs"][1:], ""]
    if sight.spec.data.task == "series":
        return [*(number(float(value[0]), 3) for value in answer["inputs"][1:]), ""]
    return [""] * len(answer["inputs"])


def _write_target(target: object) -> str:
    """Write what a step asks for; "" where it asks nothing."""
    if isinstance(target, str):
        return target
    return number(float(target), 3) if np.isfinite(target) else ""


# the gradient

def gradient_topic(sight: Sight, answer: dict) -> dict:
    """Return the topic "gradient": how much the output at a step feels every step before it."""
    shown = inputs_of(answer)
    topic = shown | {"cells": [{"name": cell, "title": cell_name(cell)} for cell in answer["cells"]],
                     "findings": {series: _per_step(answer, series) for series in ("hidden", "input")},
                     "note": _of_what(sight, answer)}
    for cell, found in answer["cells"].items():
        for series in ("hidden", "input", "cell"):
            if found.get(series) is not None:
                topic[f"{cell}.{series}"] = pad(found[series], shown["count"])
    return topic


def pad(values: np.ndarray, count: int) -> np.ndarray:
    """Return values (steps,) as float32 (count,), with NaN behind the last of them."""
    padded = np.full(count, np.nan, np.float32)
    padded[: len(values)] = values
    return padded


def _per_step(answer: dict, series: str) -> str:
    """Say what a step back does to the gradient of each cell."""
    if series != "hidden" or answer["at"] < 1:
        return ""
    factors = [f"{cell_name(cell)} ×{number(found['factor'], 2)}" for cell, found in answer["cells"].items()
               if np.isfinite(found["factor"])]
    return _("Per step back: {factors}").format(factors=" · ".join(factors)) if factors else ""


def _of_what(sight: Sight, answer: dict) -> str:
    if sight.spec.data.takes_numbers:
        return _("y = the output")
    of = sorted({found["of"] for found in answer["cells"].values()})
    if len(of) > 1:
        return _("y = log p(likeliest)")
    return _("y = log p(“{symbol}”)").format(symbol=of[0])


# series

def forecast_topic(sight: Sight, answer: dict) -> dict:
    """Return the topic "forecast": what was given, how it went on, and how each cell goes on by itself."""
    scale, mean = answer.get("deviation", 1.0), answer.get("mean", 0.0)
    topic = {"given": np.asarray(answer["given"], np.float32) * scale + mean,
             "truth": np.asarray(answer["truth"], np.float32) * scale + mean,
             "cells": [{"name": cell, "title": cell_name(cell), "error": number(found["error"], 3)}
                       for cell, found in answer["cells"].items()]}
    for cell, found in answer["cells"].items():
        topic[f"{cell}.forecast"] = np.asarray(found["forecast"], np.float32) * scale + mean
    return topic
