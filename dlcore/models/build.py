"""A network spec as a torch module."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from dlcore.models.layers import Dropout
from dlcore.seeds import derive
from dlcore.specs.data import ImageData
from dlcore.specs.model import Block, Network, named_blocks
from dlcore.specs.shapes import layer_table

ACTIVATIONS = {"relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "gelu": nn.GELU, "silu": nn.SiLU, "elu": nn.ELU,
               "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "softplus": nn.Softplus}


class BlockNetwork(nn.Module):
    """Layers one after the other; every place has a module of its own, and nothing works in place."""

    def __init__(self, network: Network, data: ImageData):
        super().__init__()
        self.order = [name for name, _ in named_blocks(network.blocks)]
        for name, layer in _layers(network, data):
            self.add_module(name, layer)

    def forward(self, x: Tensor) -> Tensor:  # (batch, channels, size, size)
        for name in self.order:
            layer = self._modules.get(name)
            x = torch.flatten(x, 1) if layer is None else layer(x)
        return x  # (batch, classes)


def build(network: Network, data: ImageData, seed: int) -> BlockNetwork:
    """Return the network with initial weights that depend on the seed alone; raise NetworkError where impossible."""
    layer_table(network, data)
    torch.default_generator.manual_seed(derive(seed, "weights"))
    return BlockNetwork(network, data).to(memory_format=torch.channels_last)


def outline(network: Network, data: ImageData) -> BlockNetwork:
    """Return the network without weights, for those that load theirs; it costs no memory and no time."""
    with torch.device("meta"):
        return BlockNetwork(network, data)


def _layers(network: Network, data: ImageData) -> Iterator[tuple[str, nn.Module]]:
    shape = (data.channels, data.size, data.size)
    for (name, block), row in zip(named_blocks(network.blocks), layer_table(network, data), strict=True):
        if block.kind != "flatten":
            yield name, _layer(block, shape)
        shape = row.shape


def _layer(block: Block, shape: tuple[int, ...]) -> nn.Module:
    """Return one block's module for inputs of a shape: (channels, side, side) or (features,)."""
    inputs = shape[0]
    match block.kind:
        case "conv":
            return nn.Conv2d(inputs, block.channels, block.kernel, block.stride, block.padding, block.dilation)
        case "activation":
            return ACTIVATIONS[block.function]()
        case "pool":
            return (nn.MaxPool2d if block.mode == "max" else nn.AvgPool2d)(block.size, block.stride)
        case "batch_norm":
            return (nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(inputs)
        case "dropout":
            return Dropout(block.p)
        case _:
            return nn.Linear(inputs, block.features)
