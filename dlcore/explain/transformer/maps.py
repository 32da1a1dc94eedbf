"""What is read off attention maps: one packed array of all, entropy, word alignment, rollout.

Maps are {part: float32 (layers, heads, rows, columns)}; heads that are switched off have a map too, but nobody hears
them: "on" is {part: bool (layers, heads)}.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Maps = Mapping[str, NDArray[np.float32]]
On = Mapping[str, NDArray[np.bool_]]
FULL = 255  # weight 1, in one byte

SIDES = {"encoder": ("source", "source"), "decoder": ("target", "target"), "cross": ("target", "source")}


def pack(maps: Maps) -> tuple[dict[str, dict], NDArray[np.uint8]]:
    """Return where each part's maps lie (see dlcore.explain.transformer.requests), and all of them, a byte a weight."""
    parts, first = {}, 0
    for part, weights in maps.items():
        layers, heads = weights.shape[:2]
        rows, columns = SIDES[part]
        parts[part] = {"layers": layers, "heads": heads, "rows": rows, "columns": columns, "first": first,
                       "shape": weights.shape}
        first += weights.size
    return parts, np.concatenate([squeeze(weights).ravel() for weights in maps.values()])


def squeeze(weights: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return weights (0 to 1) as one byte each."""
    return np.rint(weights * FULL).astype(np.uint8)


def entropy(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean entropy (...) of the rows of maps (..., rows, columns), in bits."""
    logs = np.log2(weights, where=weights > 0, out=np.zeros_like(weights))
    return -(weights * logs).sum(-1).mean(-1)


def mean_map(weights: NDArray[np.float32], on: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the mean map (rows, columns) of the heads (heads, rows, columns) that are on; NaN where none is."""
    return weights[on].mean(0) if on.any() else np.full(weights.shape[1:], np.nan, np.float32)


def link(weights: NDArray[np.float32]) -> list[tuple[int, int, float]]:
    """Return for every row of a map (rows, columns) the column with the largest weight: (row, column, weight)."""
    best = np.nan_to_num(weights).argmax(-1)
    return [(row, int(column), float(weights[row, column])) for row, column in enumerate(best)]


def roll_out(weights: NDArray[np.float32], on: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return where each layer's rows come from (layers, tokens, tokens), for self-attention alone.

    weights (layers, heads, tokens, tokens). A layer hands on half of what it gets and half of what its mean head
    gathers; all of what it gets, where every head is off. Source: Abnar and Zuidema, 2020, arXiv:2005.00928.
    """
    tokens = weights.shape[-1]
    return _climb([_through(layer, heard) for layer, heard in zip(weights, on)], np.eye(tokens, dtype=np.float32))


def roll_out_decoder(own: NDArray[np.float32], cross: NDArray[np.float32], source: NDArray[np.float32], on: On
                     ) -> NDArray[np.float32]:
    """Return where each decoder layer's rows come from: (layers, target, target + source).

    Each layer goes through its self-attention as in `roll_out`, then halves that with what its mean cross head gathers
    from the encoder's last layer, whose rows come from `source` (source, source).
    """
    target, columns = own.shape[-1], own.shape[-1] + source.shape[-1]
    state, reached = np.eye(target, columns, dtype=np.float32), []
    for layer in range(len(own)):
        state = _through(own[layer], on["decoder"][layer]) @ state
        if on["cross"][layer].any():
            gathered = np.pad(mean_map(cross[layer], on["cross"][layer]) @ source, ((0, 0), (target, 0)))
            state = (state + gathered) / 2
        reached.append(state)
    return np.stack(reached)


def _through(layer: NDArray[np.float32], on: NDArray[np.bool_]) -> NDArray[np.float32]:
    own = np.eye(layer.shape[-1], dtype=np.float32)
    return (mean_map(layer, on) + own) / 2 if on.any() else own


def _climb(steps: list[NDArray[np.float32]], state: NDArray[np.float32]) -> NDArray[np.float32]:
    reached = []
    for step in steps:
        state = step @ state
        reached.append(state)
    return np.stack(reached)
