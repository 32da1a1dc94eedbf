"""The arithmetic of one map of one layer: every number that goes into it, taken from the real module.

A walk is a dict of plain values and arrays. All have "kind", "channel", "channels" (how many maps, or for a linear
layer units, there are to choose from), "out" float32 (height, width), the layer's own map, and "difference": how far
the same sums, made here by another way, are from what the module gave, as a share of the largest number in the map. A
row of numbers is folded into a map of several rows, the last filled up with zeros; "count" says how many there are.
"""

from collections.abc import Callable
from math import ceil, sqrt

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlcore.explain.passing import Passing
from dlcore.plots.theme import encode_signed, find_limit

Walk = dict
NARROW = 16  # numbers up to which a row is not folded


def fold(row: np.ndarray) -> np.ndarray:
    """Return a row of numbers as a map about twice as wide as high, filled up with zeros."""
    columns = len(row) if len(row) <= NARROW else ceil(sqrt(2 * len(row)))
    rows = ceil(len(row) / columns)
    return np.pad(row, (0, rows * columns - len(row))).reshape(rows, columns)


def walk_layer(passing: Passing, name: str, channel: int) -> Walk:
    """Return the walk of a map; a channel that there is not becomes the last one."""
    kind = passing.kinds.get(name, "scores")
    channels = count_channels(passing, name)
    channel = min(channel, channels - 1)
    with torch.inference_mode():
        walk = WALKS[kind](passing, name, channel)
    return {"kind": kind, "channel": channel, "channels": channels} | walk


def count_channels(passing: Passing, name: str) -> int:
    """Return how many maps of a layer, or units of a linear one, there are to choose from."""
    if name not in passing.made:
        return 1
    made = passing.made[name]
    return made.shape[1] if made.dim() == 4 or passing.kinds[name] == "linear" else 1


def _conv(passing: Passing, name: str, channel: int) -> Walk:
    layer, given = passing.module.get_submodule(name), passing.given[name][:1]
    kernel, made = layer.weight[channel], passing.made[name][0, channel]
    parts = F.conv2d(given, kernel[:, None], None, layer.stride, layer.padding, layer.dilation, len(kernel))[0]
    limit = find_limit(parts.numpy())
    return {"in": array(given[0]), "kernel": array(kernel), "bias": layer.bias[channel].item(), "out": array(made),
            "parts": encode_signed(array(parts), limit), "parts_limit": limit, **_geometry(layer),
            "difference": _distance(parts.double().sum(0) + layer.bias[channel].double(), made)}


def _geometry(layer: nn.Conv2d) -> dict[str, int]:
    return {"size": layer.kernel_size[0], "stride": layer.stride[0], "padding": layer.padding[0],
            "dilation": layer.dilation[0]}


def _pool(passing: Passing, name: str, channel: int) -> Walk:
    layer, given = passing.module.get_submodule(name), passing.given[name][0, channel]
    made = passing.made[name][0, channel]
    windows = given.unfold(0, layer.kernel_size, layer.stride).unfold(1, layer.kernel_size, layer.stride)
    largest = isinstance(layer, nn.MaxPool2d)
    expected = windows.amax((2, 3)) if largest else windows.double().mean((2, 3))
    return {"in": array(given[None]), "out": array(made), "mode": "max" if largest else "avg",
            "size": layer.kernel_size, "stride": layer.stride, "padding": 0, "dilation": 1,
            "difference": _distance(expected, made)}


def _activation(passing: Passing, name: str, channel: int) -> Walk:
    given, made = _maps(passing, name, channel)
    function = name.rstrip("0123456789")
    difference = _distance(torch.from_numpy(given).clamp(min=0), torch.from_numpy(made)) if function == "relu" else None
    return {"in": given[None], "out": made, "function": function, "count": _count(passing, name),
            "difference": difference}


def _batch_norm(passing: Passing, name: str, channel: int) -> Walk:
    """Return the walk of batch norm: with the running figures in eval(), with those of the batch in train()."""
    layer, given, made = passing.module.get_submodule(name), passing.given[name], passing.made[name]
    axes = (0, 2, 3) if given.dim() == 4 else (0,)
    training = passing.module.training
    mean = given.double().mean(axes) if training else layer.running_mean
    variance = given.double().var(axes, correction=0) if training else layer.running_var
    inputs, outputs = _maps(passing, name, channel)
    chosen = slice(channel, channel + 1) if given.dim() == 4 else slice(None)
    figures = {"mean": mean, "variance": variance, "gamma": layer.weight, "beta": layer.bias}
    figures = {key: array(value[chosen]) for key, value in figures.items()}
    shape = (1, -1, 1, 1)[: given.dim()]
    expected = ((given[:1] - mean.view(shape)) / (variance.view(shape) + layer.eps).sqrt()
                * layer.weight.view(shape) + layer.bias.view(shape))
    return {"in": inputs[None], "out": outputs, **figures, "epsilon": layer.eps, "training": training,
            "batch": len(given), "count": _count(passing, name), "difference": _distance(expected[0], made[0])}


def _dropout(passing: Passing, name: str, channel: int) -> Walk:
    """Return the walk of dropout: nothing happens in eval(); in train() the mask is what the layer really drew."""
    layer, training = passing.module.get_submodule(name), passing.module.training
    given, made = _maps(passing, name, channel)
    mask = passing.masks[name][0] if training else torch.ones_like(passing.given[name][0])
    difference = _distance(passing.given[name][0] * mask, passing.made[name][0])
    return {"in": given[None], "out": made, "mask": _folded(mask, channel), "p": layer.p, "training": training,
            "count": _count(passing, name), "difference": difference}


def _flatten(passing: Passing, name: str, channel: int) -> Walk:
    given, made = passing.given[name][0], array(passing.made[name][0])
    return {"in": array(given if given.dim() == 3 else given[None, None]), "out": fold(made), "count": len(made),
            "difference": None}


def _linear(passing: Passing, name: str, channel: int) -> Walk:
    layer, given, made = passing.module.get_submodule(name), passing.given[name][0], passing.made[name][0]
    expected = (layer.weight[channel].double() * given.double()).sum() + layer.bias[channel]
    return {"in": fold(array(given))[None], "weights": fold(array(layer.weight[channel])), "out": fold(array(made)),
            "bias": layer.bias[channel].item(), "value": made[channel].item(), "count": len(given),
            "units": len(made), "difference": _distance(expected, made[channel])}


def _scores(passing: Passing, name: str, channel: int) -> Walk:
    loss = passing.snapshot.experiment.training.loss
    outputs, scores = array(passing.outputs), array(passing.scores)
    return {"in": outputs[None, None], "out": scores[None], "function": loss, "count": len(scores),
            "difference": None}


WALKS: dict[str, Callable[[Passing, str, int], Walk]] = {
    "conv": _conv, "pool": _pool, "activation": _activation, "batch_norm": _batch_norm, "dropout": _dropout,
    "flatten": _flatten, "linear": _linear, "scores": _scores,
}


def _maps(passing: Passing, name: str, channel: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what a layer was given and gave for one channel, or all of it where that is a row of numbers."""
    return _folded(passing.given[name][0], channel), _folded(passing.made[name][0], channel)


def _folded(values: Tensor, channel: int) -> np.ndarray:
    return array(values[channel]) if values.dim() == 3 else fold(array(values))


def _count(passing: Passing, name: str) -> int:
    """Return how many numbers a map of a layer has."""
    made = passing.made[name][0]
    return made[0].numel() if made.dim() == 3 else made.numel()


def _distance(expected: Tensor, made: Tensor) -> float:
    made = made.double()
    return ((expected.double() - made).abs().max() / made.abs().max().clamp(min=1e-12)).item()


def array(tensor: Tensor) -> np.ndarray:
    """Return a tensor as an array of floats of its own."""
    return tensor.detach().float().contiguous().numpy()
