"""The numbers of one token on its way through one attention, its layer and the whole network, and whether they add up.

What is told is what went in and out of the network's modules in a real pass. The checks work every step out again from
the numbers told, in numpy, and set the result beside what the network has.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from dlcore.errors import N_, EngineError
from dlcore.explain.transformer.maps import SIDES
from dlcore.explain.transformer.passing import PLACES, Passed, name_of, read_head
from dlcore.explain.transformer.reading import Reading, read
from dlcore.explain.transformer.snapshot import TransformerSnapshot, offered
from dlcore.explain.transformer.spelling_out import check_all

LOGITS = 10  # likeliest tokens that are told
Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Spot:
    """One row of one head, and one of the columns that it looks at."""

    passed: Passed
    part: str
    layer: int
    head: int
    row: int
    column: int

    @property
    def stack(self) -> str:
        """The stack that the part belongs to: "encoder" or "decoder"."""
        return PLACES[self.part][0]

    @property
    def layer_name(self) -> str:
        """The name of the layer's module."""
        return f"{self.stack}.layers.{self.layer}"

    @property
    def pre(self) -> bool:
        """Whether the norm comes before a sublayer."""
        return self.passed.network.get_submodule(self.layer_name).pre

    @property
    def layers(self) -> int:
        """How many layers the stack has."""
        return len(self.passed.network.get_submodule(self.stack).layers)

    def sublayers(self) -> list[str]:
        """Return the names of a layer's sublayers, in order."""
        crosses = self.stack == "decoder" and self.passed.network.encoder is not None
        return ["attention", "cross", "feed_forward"] if crosses else ["attention", "feed_forward"]

    def taken(self, name: str) -> Vector:
        """Return what a module got for the row."""
        return self.passed.inputs[name][0][0, self.row].numpy()

    def given(self, name: str) -> Vector:
        """Return what a module made of the row."""
        return self.passed.outputs[name][0, self.row].numpy()

    def weights(self, name: str) -> tuple[Vector, Vector]:
        """Return a module's weights and biases."""
        module = self.passed.network.get_submodule(name)
        return module.weight.detach().numpy(), module.bias.detach().numpy()

    def after(self, layer: int, sublayer: str) -> Vector:
        """Return the residual stream behind a sublayer (and behind its norm, where that comes last)."""
        name, order = f"{self.stack}.layers.{layer}", self.sublayers()
        if not self.pre:
            return self.given(f"{name}.{sublayer}_norm")
        if sublayer == order[-1]:
            return self.given(name)
        return self.taken(f"{name}.{order[order.index(sublayer) + 1]}_norm")


def show_inside(snapshot: TransformerSnapshot, request: dict) -> dict:
    """Return the numbers of "row" of a head, with those of its "column" term by term."""
    reading = read(snapshot, request)
    head = read_head(snapshot.module, [request["part"], request["layer"], request["head"]])
    rows, columns = (reading.names(side) for side in SIDES[head[0]])
    row, column = int(request.get("row", len(rows) - 1)), int(request.get("column", 0))
    if not (0 <= row < len(rows) and 0 <= column < len(columns)):
        raise EngineError(N_("The text has no token {row} or {column}. Choose one from it."), row=row, column=column)
    spot = Spot(reading.run(), *head, row, column)
    told = {"token": rows[row], "columns": columns, "step": snapshot.step, "off": head in reading.off}
    told |= tell_beginning(spot) | tell_attention(spot) | tell_layer(spot)
    told["stream"], told["logits"] = tell_stream(spot), tell_logits(reading, spot)
    told["offered"] = snapshot.texts.target.used
    return told | {"checks": check_all(spot, told)}


def tell_beginning(spot: Spot) -> dict:
    """Return the token's embedding as it is added, and the position that is added to it."""
    stack = spot.passed.network.get_submodule(spot.stack)
    table = stack.waves if stack.positions is None else stack.positions
    return {"embedding": spot.given(f"{spot.stack}.embedding") * np.float32(sqrt(stack.width)),
            "position": None if table is None else table[spot.row].detach().numpy()}


def tell_attention(spot: Spot) -> dict:
    """Return query, keys, values, products, weights and their sum of the head, and the output projection."""
    inside, name = spot.passed.inside(spot.part, spot.layer), name_of(spot.part, spot.layer)
    query, keys, values = (each[0, spot.head].numpy() for each in (inside.query, inside.key, inside.value))
    query, count = query[spot.row], inside.query.shape[1]
    masked = np.zeros(len(keys), bool) if inside.mask is None else inside.mask[spot.row].numpy()
    return {"read": spot.taken(name), "query": query, "keys": keys, "values": values,
            "terms": query * keys[spot.column], "products": keys @ query, "scale": 1 / sqrt(len(query)),
            "scaled": inside.scores[0, spot.head, spot.row].numpy(), "masked": masked,
            "weights": inside.weights[0, spot.head, spot.row].numpy(),
            "sum": inside.mixed[0, spot.head, spot.row].numpy(),
            "heads": spot.given(f"{name}.heads").reshape(count, -1), "projected": spot.given(name)}


def tell_layer(spot: Spot) -> dict:
    """Return the residual stream around the sublayer, its norm, and the layer's feed-forward."""
    order, sublayer, name = spot.sublayers(), PLACES[spot.part][1], spot.layer_name
    at, forward = order.index(sublayer), f"{name}.feed_forward"
    before = spot.after(spot.layer, order[at - 1]) if at else spot.taken(name)
    return {"before": before, "after": spot.after(spot.layer, sublayer),
            "norm": tell_norm(spot, f"{name}.{sublayer}_norm"),
            "feed_forward": {"read": spot.taken(forward), "hidden": spot.given(f"{forward}.widen"),
                             "active": spot.given(f"{forward}.activation"), "output": spot.given(forward)}}


def tell_norm(spot: Spot, name: str) -> dict:
    """Return what a layer norm does to the row."""
    norm, read = spot.passed.network.get_submodule(name), spot.taken(name)
    gain, shift = spot.weights(name)
    mean, deviation = read.mean(), np.sqrt(read.var() + np.float32(norm.eps))
    return {"input": read, "mean": float(mean), "deviation": float(deviation), "normalised": (read - mean) / deviation,
            "gain": gain, "shift": shift, "output": spot.given(name)}


def tell_stream(spot: Spot) -> list[dict]:
    """Return the residual stream of the row from its beginning to the end of its stack."""
    names = {"attention": "encoder" if spot.stack == "encoder" else "decoder"}
    stream = [{"name": "embedding", "layer": 0, "values": spot.taken(f"{spot.stack}.layers.0")}]
    stream += [{"name": names.get(sublayer, sublayer), "layer": layer, "values": spot.after(layer, sublayer)}
               for layer in range(spot.layers) for sublayer in spot.sublayers()]
    if spot.pre:
        stream.append({"name": "final", "layer": spot.layers - 1, "values": spot.given(f"{spot.stack}.norm")})
    return stream


def tell_logits(reading: Reading, spot: Spot) -> list[tuple[str, float, float]] | None:
    """Return the row's likeliest tokens with their logits and probabilities; None of the encoder, which tells none."""
    if spot.stack == "encoder":
        return None
    logits = offered(reading.snapshot, spot.passed.logits[0, spot.row])
    best, shares = logits.argsort(descending=True)[:LOGITS].tolist(), logits.softmax(-1)
    return list(zip(reading.snapshot.texts.target.shown(best), logits[best].tolist(), shares[best].tolist()))
