"""Every step of a token's way worked out again from the numbers that are told, beside what the network has."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcore.explain.transformer.passing import name_of

if TYPE_CHECKING:
    from dlcore.explain.transformer.inside import Spot

Numbers = NDArray[np.float64]


def check_all(spot: "Spot", told: dict) -> list[dict]:
    """Return for each step {"name", "spelled", "network", "apart"}: its largest number both ways, and how far apart
    the furthest of all its numbers lie."""
    steps = [*_beginning(spot, told), *_attention(spot, told), *_layer(spot, told), *_end(spot, told)]
    return [_compare(name, np.asarray(spelled, np.float64), np.asarray(network, np.float64))
            for name, spelled, network in steps]


def _compare(name: str, spelled: Numbers, network: Numbers) -> dict:
    largest = np.abs(network).argmax()
    return {"name": name, "spelled": float(spelled.flat[largest]), "network": float(network.flat[largest]),
            "apart": float(np.abs(spelled - network).max())}


Step = tuple[str, ArrayLike, ArrayLike]


def _beginning(spot: "Spot", told: dict) -> Iterator[Step]:
    position = 0 if told["position"] is None else _exact(told["position"])
    yield "embedding", _exact(told["embedding"]) + position, told["stream"][0]["values"]
    norm = told["norm"]
    yield "norm", _exact(norm["normalised"]) * norm["gain"] + norm["shift"], norm["output"]


def _attention(spot: "Spot", told: dict) -> Iterator[Step]:
    name = name_of(spot.part, spot.layer)
    width, attention = len(told["read"]), spot.passed.network.get_submodule(name)
    weight, bias = (each.detach().double().numpy() for each in (attention.project_in.weight, attention.project_in.bias))
    mine = slice(spot.head * attention.head_width, (spot.head + 1) * attention.head_width)
    query = weight[:width][mine] @ told["read"] + bias[:width][mine]
    yield "query", turn(query, spot.row) if attention.rotary else query, told["query"]
    yield "product", [_exact(told["terms"]).sum() * told["scale"]], [told["scaled"][spot.column]]
    yield "scaled", _exact(told["products"]) * told["scale"], told["scaled"]
    yield "softmax", softmax(np.where(told["masked"], -np.inf, _exact(told["scaled"]))), told["weights"]
    mixed = _exact(told["weights"]) @ told["values"]
    yield "sum", mixed * (not told["off"]), told["heads"][spot.head]
    weight, bias = spot.weights(f"{name}.project_out")
    yield "projected", _exact(weight) @ told["heads"].ravel() + bias, told["projected"]


def _layer(spot: "Spot", told: dict) -> Iterator[Step]:
    stream = _exact(told["before"]) + told["projected"]
    yield "residual", stream if spot.pre else _normalise(stream, told["norm"]), told["after"]
    forward = told["feed_forward"]
    weight, bias = spot.weights(f"{spot.layer_name}.feed_forward.widen")
    yield "widen", _exact(weight) @ forward["read"] + bias, forward["hidden"]
    weight, bias = spot.weights(f"{spot.layer_name}.feed_forward.narrow")
    yield "narrow", _exact(weight) @ forward["active"] + bias, forward["output"]


def _end(spot: "Spot", told: dict) -> Iterator[Step]:
    if spot.pre:
        added = [spot.given(f"{spot.stack}.layers.{layer}.{sublayer}") for layer in range(spot.layers)
                 for sublayer in spot.sublayers()]
        yield "stream", np.sum([told["stream"][0]["values"], *added], 0, np.float64), spot.taken(f"{spot.stack}.norm")
    if told["logits"] is not None:
        network = spot.passed.network
        weight, bias = (each.detach().numpy() for each in (network.decoder.embedding.weight, network.head.bias))
        logits = _exact(weight) @ told["stream"][-1]["values"] + bias
        yield "logits", logits, spot.given("head")
        best = np.sort(softmax(logits[: told["offered"]]))[::-1][: len(told["logits"])]
        yield "probabilities", best, [share for _token, _logit, share in told["logits"]]


def _normalise(stream: Numbers, norm: dict) -> Numbers:
    return (stream - norm["mean"]) / norm["deviation"] * norm["gain"] + norm["shift"]


def softmax(scores: Numbers) -> Numbers:
    """Return e to each score, divided by their sum."""
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def turn(query: Numbers, place: int) -> Numbers:
    """Return a query with each pair of numbers turned by its place's angle (arXiv:2104.09864, eq. 34)."""
    angles = place * 10_000.0 ** (-np.arange(0, len(query), 2) / len(query))
    pairs = (query[0::2] + 1j * query[1::2]) * np.exp(1j * angles)
    return np.stack([pairs.real, pairs.imag], -1).ravel()


def _exact(values: ArrayLike) -> Numbers:
    return np.asarray(values, np.float64)
