"""What the Convolution page asks of the explainer."""

import numpy as np

from dlcore.explain.bench import try_kernel
from dlcore.explain.feature_maps import as_pictures
from dlcore.explain.layer_walk import walk_layer
from dlcore.explain.overview import SCORES, show_layers
from dlcore.explain.passing import run_through
from dlcore.explain.snapshot import Snapshot
from dlcore.specs.model import named_blocks


def look_inside(snapshot: Snapshot, request: dict) -> dict:
    """Return what a network makes of "image", a uint8 picture: class scores, the step, and the walk of one map.

    "layer" and "channel" say which map; "off" is a list of (convolution, channel) that are switched off, "draw" a
    number that puts the network into train(). With "maps" also every layer's maps, see `show_layers`.
    """
    layer, off = request.get("layer"), [tuple(pair) for pair in request.get("off", ())]
    passing = run_through(snapshot, request["image"], known(snapshot, off), request.get("draw"))
    answer = {"scores": passing.scores.numpy().astype(np.float32), "step": snapshot.step}
    name = layer if layer in passing.made or layer == SCORES else first_convolution(snapshot)
    answer["walk"] = {"layer": name} | walk_layer(passing, name, max(0, int(request.get("channel", 0))))
    if request.get("maps", True):
        answer |= show_layers(passing)
    return answer


def known(snapshot: Snapshot, off: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return those of some filters that the network has."""
    channels = {name: block.channels for name, block in named_blocks(snapshot.experiment.network.blocks)
                if block.kind == "conv"}
    return [(name, channel) for name, channel in off if 0 <= channel < channels.get(name, 0)]


def first_convolution(snapshot: Snapshot) -> str:
    """Return the name of the first convolution, or of the first layer where there is none."""
    blocks = list(named_blocks(snapshot.experiment.network.blocks))
    return next((name for name, block in blocks if block.kind == "conv"), blocks[0][0])


def show_stamps(snapshot: Snapshot, request: dict) -> dict:
    """Return the kernels of the first convolution, "layer": "stamps" (filters, side, side), added up over their
    "channels", or (filters, side, side, 3) for pictures in colour.
    """
    weight = snapshot.module.get_submodule(request["layer"]).weight
    return {"stamps": as_pictures(weight, snapshot.experiment.data), "channels": weight.shape[1]}


QUESTIONS = {"inside": look_inside, "bench": try_kernel, "stamps": show_stamps}
