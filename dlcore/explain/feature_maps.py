"""What the first layers of a network look for in a picture, and what they see."""

import numpy as np
import torch
from torch import Tensor

from dlcore.explain.snapshot import Snapshot
from dlcore.explain.taps import capture
from dlcore.specs.data import ImageData
from dlcore.specs.model import named_blocks

MOST = 8  # filters, and maps of a layer


def first_filters(snapshot: Snapshot) -> np.ndarray:
    """Return the weights of the first layer as pictures, at most 8: (filters, height, width), in colour (..., 3).

    The colours of a grey picture are equal, so a filter's effect on it is the sum over the input channels. A linear
    layer that sees the picture directly has filters as large as the picture; otherwise there are none.
    """
    data = snapshot.experiment.data
    for name, block in named_blocks(snapshot.experiment.network.blocks):
        if block.kind == "conv":
            return as_pictures(snapshot.module.get_submodule(name).weight[:MOST], data)
        if block.kind == "linear":
            weights = snapshot.module.get_submodule(name).weight[:MOST]
            if weights.shape[1] == data.channels * data.size**2:
                return as_pictures(weights.reshape(-1, data.channels, data.size, data.size), data)
            break
    return np.zeros((0, 1, 1), np.float32)


def as_pictures(weights: Tensor, data: ImageData) -> np.ndarray:
    """Return weights (filters, channels, height, width) in the colours of the pictures they are laid on."""
    coloured = data.channels == data.told.channels == 3
    return _array(weights.permute(0, 2, 3, 1) if coloured else weights.sum(1))


def convolution_maps(snapshot: Snapshot, image: np.ndarray, layers: int = 2) -> list[tuple[str, np.ndarray]]:
    """Return (layer name, maps (channels, height, width)) of the first convolutions for a uint8 picture.

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
