"""A network as the plain list of what it computes, which is what rules that go back layer by layer walk along.

What hands on what it is given is left out: a dropout in eval(), which is none. A batch norm in eval() is a scaling and
a shift: it can be folded into the layer before it, which changes nothing.
"""

import copy

import torch
from torch import Tensor, nn

from dlcore.models.build import BlockNetwork

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def plain_layers(network: BlockNetwork) -> list[nn.Module]:
    """Return the network's own layers in the order in which they compute; none may be changed."""
    layers = (network._modules.get(name) or nn.Flatten() for name in network.order)
    return [layer for layer in layers if not isinstance(layer, nn.Dropout)]


@torch.no_grad()
def fold_norms(network: BlockNetwork) -> list[nn.Module]:
    """Return the layers, every batch norm that can be made part of the layer before it; the network stays as it is.

    Those stay that follow an activation, or a max pool whose order the scaling would turn round (a negative one).
    """
    layers, before, pooled = [], None, False
    for layer in plain_layers(network):
        if isinstance(layer, NORMS) and before is not None and not (pooled and (layer.weight < 0).any()):
            layers[before] = _fold(layers[before], layer)
            continue
        if isinstance(layer, nn.Conv2d | nn.Linear):
            before, pooled = len(layers), False
        elif isinstance(layer, nn.MaxPool2d):
            pooled = True
        elif not isinstance(layer, nn.AvgPool2d):
            before = None
        layers.append(layer)
    return layers


def _fold(layer: nn.Conv2d | nn.Linear, norm: nn.Module) -> nn.Conv2d | nn.Linear:
    """Return a layer of its own that does what the two do one after the other."""
    folded = copy.deepcopy(layer)
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    folded.weight.mul_(_along_outputs(scale, folded.weight))
    folded.bias.sub_(norm.running_mean).mul_(scale).add_(norm.bias)
    return folded


def _along_outputs(scale: Tensor, weights: Tensor) -> Tensor:
    return scale.reshape(-1, *(1,) * (weights.dim() - 1))
