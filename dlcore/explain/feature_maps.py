"""What the first layers of a network look for in a picture, and what they see."""

import numpy as np
import torch
from torch import Tensor

from dlcore.explain.snapshot import Snapshot
from dlcore.explain.taps import capture
from dlcore.specs.model import named_blocks

MOST = 8  # filters, and maps of a layer


def first_filters(snapshot: Snapshot) -> np.ndarray:
    """Return the weights of the first layer as pictures (filters, height, width), at most 8.

    The colours of a grey picture are equal, so a filter's effect on it is the sum over the input channels. A linear
    layer that sees the picture directly has filters as large as the picture; otherwise there are none.
    """
    for name, block in named_blocks(snapshot.experiment.network.blocks):
        if block.kind == "conv":
            return _array(snapshot.module.get_submodule(name).weight.sum(1)[:MOST])
        if block.kind == "linear":
            data = snapshot.experiment.data
            weights = snapshot.module.get_submodule(name).weight[:MOST]
            if weights.shape[1] == data.channels * data.size**2:
                return _array(weights.reshape(-1, data.channels, data.size, data.size).sum(1))
            break
    return np.zeros((0, 1, 1), np.float32)


def convolution_maps(snapshot: Snapshot, image: np.ndarray, layers: int = 2) -> list[tuple[str, np.ndarray]]:
    """Return (layer name, maps (channels, height, width)) of the first convolutions for a uint8 picture (28, 28).

    Each is taken after its activation, where one follows before the next convolution.
    """
    names = list(seen_after(snapshot).values())[:layers]
    outputs = capture(snapshot.module, names, snapshot.inputs(torch.from_numpy(image)[None]))
    return [(name, _array(outputs[name][0, :MOST])) for name in names]


def seen_after(snapshot: Snapshot) -> dict[str, str]:
    """Return, for each convolution, the name of its activation, or its own where none follows."""
    names: dict[str, str] = {}
    last = ""
    for name, block in named_blocks(snapshot.experiment.network.blocks):
        if block.kind in ("flatten", "linear"):
            break
        if block.kind == "conv":
            last = name
            names[last] = name
        elif block.kind == "activation" and names.get(last) == last:
            names[last] = name
    return names


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().contiguous().numpy()
