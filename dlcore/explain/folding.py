"""A batch norm in eval() is a scaling and a shift: it can be folded into the layer before it, which changes nothing."""

import copy

import torch
from torch import Tensor, nn

from dlcore.explain.snapshot import Snapshot
from dlcore.models.build import BlockNetwork
from dlcore.specs.model import named_blocks

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


@torch.no_grad()
def fold_norms(snapshot: Snapshot) -> BlockNetwork:
    """Return a deep copy in which every batch norm that can be is part of the layer before it.

    Those stay that follow an activation, or a max pool whose order the scaling would turn round (a negative one). What
    hands on what it is given, as a dropout does in eval(), is torch's own Dropout: LRP knows no other.
    """
    module = copy.deepcopy(snapshot.module)
    before, pooled = None, False
    for name, block in named_blocks(snapshot.experiment.network.blocks):
        layer = module._modules.get(name)
        if isinstance(layer, nn.Conv2d | nn.Linear):
            before, pooled = layer, False
        elif isinstance(layer, NORMS) and before is not None and not (pooled and (layer.weight < 0).any()):
            _fold(before, layer)
            module.register_module(name, nn.Dropout())
        elif block.kind == "dropout":
            module.register_module(name, nn.Dropout())
        elif block.kind == "pool":
            pooled |= block.mode == "max"
        elif block.kind in ("activation", "batch_norm", "flatten"):
            before = None
    return module.eval()


def _fold(layer: nn.Conv2d | nn.Linear, norm: nn.Module) -> None:
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    layer.weight.mul_(_along_outputs(scale, layer.weight))
    layer.bias.sub_(norm.running_mean).mul_(scale).add_(norm.bias)


def _along_outputs(scale: Tensor, weights: Tensor) -> Tensor:
    return scale.reshape(-1, *(1,) * (weights.dim() - 1))


def has_norm(module: nn.Module) -> bool:
    """Whether a batch norm is left in a network."""
    return any(isinstance(layer, NORMS) for layer in module.modules())
