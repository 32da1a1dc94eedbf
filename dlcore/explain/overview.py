"""Every layer of a network as a row of its maps, all in one sheet of bytes."""

import numpy as np

from dlcore.data.batches import column
from dlcore.explain.layer_walk import array, fold
from dlcore.explain.passing import Passing
from dlcore.plots.theme import encode_magnitude, encode_signed, find_limit
from dlcore.specs.datasets import normalisation

INPUT, SCORES = "input", "scores"


def show_layers(passing: Passing) -> dict:
    """Return the "layers" and their "sheet" of bytes.

    Of each layer, in order: name, kind, shape (maps, height, width), scale and limit (what a byte means, one for the
    whole layer), count (numbers in it). The sheet holds their maps one after the other. The first is the network's
    "input", as grey pixels; the last its class "scores".
    """
    rows = [_input(passing), *(_row(name, kind, passing.made[name][0]) for name, kind in passing.kinds.items()),
            _row(SCORES, SCORES, passing.scores)]
    sheet = np.concatenate([row.pop("bytes").ravel() for row in rows])
    return {"layers": rows, "sheet": sheet}


def _input(passing: Passing) -> dict:
    """Return the row of the network's input, with its normalisation taken back."""
    data = passing.snapshot.experiment.data
    given = passing.given[passing.module.order[0]][:1]
    mean, deviation = (column(values, given) for values in normalisation(data.dataset, data.channels))
    pixels = array((given * deviation + mean)[0])
    bytes_ = np.rint(255 * np.clip(pixels, 0, 1)).astype(np.uint8)
    return {"name": INPUT, "kind": INPUT, "shape": bytes_.shape, "scale": "grey", "limit": 1.0,
            "count": bytes_.size, "bytes": bytes_}


def _row(name: str, kind: str, made) -> dict:
    maps = array(made) if made.dim() == 3 else fold(array(made))[None]
    limit, signed = find_limit(maps), bool((maps < 0).any())
    return {"name": name, "kind": kind, "shape": maps.shape, "scale": "diverging" if signed else "sequential",
            "limit": limit, "count": made.numel(),
            "bytes": encode_signed(maps, limit) if signed else encode_magnitude(maps, limit)}
