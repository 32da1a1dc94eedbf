"""Where tokens stand: the positions that are added or turned by, and what is lost when the order is shuffled."""

from math import pi

import numpy as np
import torch
from torch import Tensor

from dlcore.errors import N_, EngineError, SpecError
from dlcore.explain.inside_cells import likeliest
from dlcore.explain.transformer.passing import Passed, pass_through
from dlcore.explain.transformer.reading import Reading, own_answer, read
from dlcore.explain.transformer.snapshot import TransformerSnapshot, offered
from dlcore.models.attention import BASE, sinusoids, waves
from dlcore.models.generation import START
from dlcore.models.transformer import Stack
from dlcore.seeds import derive

SHOWN = 64  # positions of waves that are shown at least, though the network may not get so far
TOP = 5


def show_positions(snapshot: TransformerSnapshot, request: dict) -> dict:
    """Return the positions of a stack as a matrix, and one of its dimensions with its period."""
    stack = snapshot.module.get_submodule("encoder" if request.get("part") == "encoder" else "decoder")
    network, matrix = snapshot.spec.network, table_of(snapshot, stack)
    told = {"kind": network.positions, "most": stack.most, "matrix": matrix, "wave": None, "period": None,
            "dimension": None, "step": snapshot.step}
    if matrix is None:
        return told
    dimension = int(request.get("dimension", 0))
    if not 0 <= dimension < matrix.shape[1]:
        raise EngineError(N_("The network has no {name} there."), name=str(dimension + 1))
    periods = {"sinusoidal": 2 * pi * BASE ** (dimension // 2 * 2 / network.width),
               "rotary": 2 * pi * BASE ** (2 * dimension / network.head_width)}
    return told | {"dimension": dimension, "wave": matrix[:, dimension], "period": periods.get(network.positions)}


def table_of(snapshot: TransformerSnapshot, stack: Stack) -> np.ndarray | None:
    """Return what is added for each position (positions, width), or the cosines (positions, pairs) of rotary angles."""
    network, shown = snapshot.spec.network, max(stack.most, SHOWN)
    match network.positions:
        case "sinusoidal":
            return sinusoids(shown, network.width).numpy()
        case "learned":
            return stack.positions.detach().numpy()
        case "rotary":
            return waves(shown, network.head_width).cos().float().numpy()
        case _:
            return None


def show_shuffle(snapshot: TransformerSnapshot, request: dict) -> dict:
    """Return what a network makes of tokens in another order; 0 where it cannot tell the orders apart."""
    reading = read(snapshot, {**request, "target": ""})
    translates = reading.source is not None
    ids = reading.source[0] if translates else reading.target[0]
    order = read_order(request, len(ids) - 1)  # STOP, and the token that goes on, stay where they are
    moved = ids[torch.tensor([*order, len(ids) - 1])]
    passes = [_pass(reading, each) for each in (ids, moved)]
    shares = [offered(snapshot, passed.logits[0, 0 if translates else -1]).softmax(-1).numpy() for passed in passes]
    side, names = ("source", snapshot.texts.source) if translates else ("target", snapshot.texts.target)
    target = snapshot.texts.target
    texts = [target.decode(own_answer(snapshot, each[None], reading.off) if translates else each.tolist())
             for each in (ids, moved)]
    told = target.shown(range(len(shares[0])))
    return {"order": order, "tokens": reading.names(side), "shuffled": names.shown(moved.tolist()),
            "encoder" if translates else "decoder": _distances(passes, order, translates), "answers": texts,
            "change": float(np.abs(shares[0] - shares[1]).sum() / 2), "step": snapshot.step,
            "top": [likeliest(each, told, TOP) for each in shares]}


def read_order(request: dict, count: int) -> list[int]:
    """Return the given order of `count` tokens, or one drawn by the seed that moves some; SpecError."""
    if count < 2:
        raise SpecError("text", N_("There is no other order of one token. Type a longer text."))
    if request.get("order") is not None:
        order = [int(place) for place in request["order"]]
        if sorted(order) != list(range(count)):
            raise SpecError("order", N_("The order must name each of the {count} tokens once."), count=count)
        return order
    rng = np.random.default_rng(derive(int(request.get("seed", 0)), "shuffle"))
    order = rng.permutation(count)
    return (order if (order != np.arange(count)).any() else np.roll(order, 1)).tolist()


def _pass(reading: Reading, ids: Tensor) -> Passed:
    module = reading.snapshot.module
    if reading.source is None:
        return pass_through(module, None, ids[None], reading.off)
    return pass_through(module, ids[None], torch.tensor([[START]]), reading.off)


def _distances(passes: list[Passed], order: list[int], translates: bool) -> np.ndarray:
    """Return layer by layer how far the states of the shuffled tokens lie from the shuffled states of the tokens,
    relative to their size: of an encoder all of them, of a decoder the last one."""
    places = [*order, len(order)] if translates else [len(order)]
    stack, found = "encoder" if translates else "decoder", []
    for first, other in zip(*(_states(passed, stack) for passed in passes)):
        expected, got = first[places], other if translates else other[-1:]
        found.append((got - expected).norm().item() / expected.norm().item())
    return np.array(found, np.float32)


def _states(passed: Passed, stack: str) -> list[Tensor]:
    layers = passed.network.get_submodule(stack).layers
    return [passed.inputs[f"{stack}.layers.0"][0][0],
            *(passed.outputs[f"{stack}.layers.{layer}"][0] for layer in range(len(layers)))]
