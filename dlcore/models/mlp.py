"""Small dense networks: linear layers with an activation between them."""

from collections import OrderedDict

import torch
from torch import nn

from dlcore.models.build import ACTIVATIONS
from dlcore.seeds import derive


def build_mlp(sizes: tuple[int, ...], activation: str, seed: int, *, on_outputs: bool = False) -> nn.Sequential:
    """Return linear layers fc1, fc2 ... of these sizes with activations act1, act2 ... between them, in float64.

    PyTorch's own initial weights, which depend on the seed alone; `on_outputs` puts an activation after the last
    layer too, and "none" leaves them all out.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    count = len(sizes) - 1
    torch.default_generator.manual_seed(derive(seed, "weights"))
    for layer, (inputs, outputs) in enumerate(zip(sizes, sizes[1:]), 1):
        layers[f"fc{layer}"] = nn.Linear(inputs, outputs, dtype=torch.float64)
        if activation != "none" and (layer < count or on_outputs):
            layers[f"act{layer}"] = ACTIVATIONS[activation]()
    return nn.Sequential(layers)
