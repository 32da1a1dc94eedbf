"""DeepLift with the Rescale rule (arXiv 1704.02685): how much of each layer's change comes from which of its inputs.

Every number is compared with what it is at the baseline; m is by how much the score changes for each unit of a
number's own change. Summed over the pixels, m · (x − x′) is the change in score, whatever the layers are.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlcore.models.build import ACTIVATIONS

FUNCTIONS = tuple(ACTIVATIONS.values())
SAME = 1e-6  # changes that rounding makes of nothing: there the slope is taken


@torch.no_grad()
def rescale(layers: list[nn.Module], picture: Tensor, baseline: Tensor, target: int) -> Tensor:
    """Return m · (x − x′) of the pixels (1, channels, side, side); both pictures as the network gets them."""
    pairs = [torch.cat([picture, baseline])]
    for layer in layers:
        pairs.append(layer(pairs[-1]))
    multipliers = F.one_hot(torch.tensor([target]), pairs[-1].shape[1]).to(pairs[-1].dtype)
    for layer, before, after in zip(reversed(layers), pairs[-2::-1], pairs[:0:-1], strict=True):
        multipliers = _back(layer, before, after, multipliers)
    return multipliers * (picture - baseline)


def _back(layer: nn.Module, before: Tensor, after: Tensor, multipliers: Tensor) -> Tensor:
    """Return the multipliers of a layer's inputs, given those of its outputs; `before` and `after` are (2, ...)."""
    if isinstance(layer, FUNCTIONS):
        change, made = before[:1] - before[1:], after[:1] - after[1:]
        slopes = _slopes(layer, before[:1], multipliers)
        return torch.where(change.abs() > SAME, multipliers * made / change, slopes)
    if isinstance(layer, nn.MaxPool2d):
        return _back_to_largest(layer, before, after, multipliers)
    return _slopes(layer, before[:1], multipliers)


def _slopes(layer: nn.Module, x: Tensor, multipliers: Tensor) -> Tensor:
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(layer(x), x, multipliers)[0]


def _back_to_largest(layer: nn.MaxPool2d, before: Tensor, after: Tensor, multipliers: Tensor) -> Tensor:
    """Hand the change of each window's largest number to the place that it comes from.

    Where one place holds the largest of both pictures, that is it; else, of the two, that of the larger one, for there
    the change is at least as large (so do SHAP and Captum).
    """
    _largest, places = F.max_pool2d(before, layer.kernel_size, layer.stride, return_indices=True)
    (x, baseline), (here, there) = (values.flatten(2).split(1) for values in (before, places))
    (most, most_before), multipliers = after.flatten(2).split(1), multipliers.flatten(2)
    stays = most_before - baseline.gather(2, here) <= SAME
    stood = ~stays & (most - x.gather(2, there) <= SAME)
    place = torch.where(stays | ~stood & (most > most_before), here, there)
    share = torch.where(stays | stood, 1, (most - most_before) / (x - baseline).gather(2, place))
    return torch.zeros_like(x).scatter_add(2, place, multipliers * share).reshape(before[:1].shape)
