"""Layer-wise relevance propagation: the score is handed back from layer to layer, to each input its share of the sum.

Bach et al., 10.1371/journal.pone.0130140; which rule holds where is the composite of Montavon et al. 2019,
10.1007/978-3-030-28954-6_10: zᴮ at the pixels, the picked rule in the convolutions, ε in all other layers.
"""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlcore.explain.folding import NORMS
from dlcore.models.build import ACTIVATIONS

GAMMA = 0.25
EPSILON = 1e-6  # keeps 0 / 0 apart; what it takes away is not seen
FUNCTIONS = tuple(ACTIVATIONS.values())


@torch.no_grad()
def hand_back(layers: list[nn.Module], picture: Tensor, black: Tensor, white: Tensor, target: int, rule: str
              ) -> Iterator[Tensor]:
    """Yield the relevance of the outputs, then that of each layer's inputs, down to that of the pixels.

    Biases keep their share, so that a sum can be smaller than the one before it by these. All three pictures as the
    network gets them (1, channels, side, side).
    """
    inputs = [torch.cat([picture, black, white])]
    for layer in layers:
        inputs.append(layer(inputs[-1]))
    first = next((at for at, layer in enumerate(layers) if isinstance(layer, nn.Conv2d | nn.Linear)), len(layers))
    scores = inputs.pop()[:1]
    relevance = F.one_hot(torch.tensor([target]), scores.shape[1]) * scores
    yield relevance
    for at in reversed(range(len(layers))):
        layer, (x, *box) = layers[at], inputs[at].split(1)
        if at <= first and rule != "epsilon":
            relevance = _through_pixels(layer, x, *box, relevance)
        else:
            relevance = _through(layer, x, relevance, rule)
        yield relevance


def _through(layer: nn.Module, x: Tensor, relevance: Tensor, rule: str) -> Tensor:
    """Return the relevance of a layer's inputs, given that of its outputs."""
    if isinstance(layer, FUNCTIONS):
        return relevance
    if isinstance(layer, nn.Flatten):
        return relevance.reshape(x.shape)
    if isinstance(layer, nn.MaxPool2d):
        return _to_largest(layer, x, relevance)
    if not isinstance(layer, nn.Conv2d) or rule == "epsilon":
        return _share([x], layer, relevance)
    return {"gamma": _gamma, "alpha1_beta0": _alpha1_beta0}[rule](layer, x, relevance)


def _through_pixels(layer: nn.Module, x: Tensor, black: Tensor, white: Tensor, relevance: Tensor) -> Tensor:
    """Return the relevance of inputs that lie between what black and what white would be here: zᴮ (arXiv 1512.02479).

    The shares are x·w − low·w⁺ − high·w⁻, none of which is negative.
    """
    low, high = torch.minimum(black, white), torch.maximum(black, white)
    above, below = (x.clamp(low, high) - end for end in (low, high))
    if isinstance(layer, NORMS):
        return relevance  # one input each
    if isinstance(layer, nn.AvgPool2d):
        return _share([above], layer, relevance)
    if isinstance(layer, nn.Conv2d | nn.Linear):
        rising, falling = _halves(layer.weight)
        return _share([above, below], lambda a, b: _apply(layer, a, rising) + _apply(layer, b, falling), relevance)
    return _through(layer, x, relevance, "epsilon")


def _gamma(layer: nn.Conv2d, x: Tensor, relevance: Tensor) -> Tensor:
    """γ: what has the sign of the sum counts 1 + γ times, so that no sum can cancel out.

    For inputs that are not negative and a positive sum these are the weights w + γ·w⁺ of Montavon et al.
    """
    rising, falling = (layer.weight + GAMMA * half for half in _halves(layer.weight))
    more, less = (layer.bias + GAMMA * half for half in _halves(layer.bias))
    negative = layer(x) < 0
    found = _share_signed(layer, x, (rising, falling, more), relevance.masked_fill(negative, 0))
    below = relevance.masked_fill(~negative, 0)
    return found + _share_signed(layer, x, (falling, rising, less), below) if below.any() else found


def _alpha1_beta0(layer: nn.Conv2d, x: Tensor, relevance: Tensor) -> Tensor:
    """α1β0: only what is positive of the sum counts."""
    return _share_signed(layer, x, (*_halves(layer.weight), layer.bias.clamp(min=0)), relevance)


def _share_signed(layer: nn.Conv2d, x: Tensor, weights: tuple[Tensor, Tensor, Tensor], relevance: Tensor) -> Tensor:
    """Return the shares where positive inputs have other weights than negative ones: (those, these, the biases)."""
    positive, negative, bias = weights
    plus, minus = _halves(x)
    if not minus.any():
        return _share([plus], lambda plus: _apply(layer, plus, positive, bias), relevance)
    return _share([plus, minus], lambda plus, minus: _apply(layer, plus, positive, bias)
                  + _apply(layer, minus, negative), relevance)


def _halves(values: Tensor) -> tuple[Tensor, Tensor]:
    return values.clamp(min=0), values.clamp(max=0)


def _apply(layer: nn.Conv2d | nn.Linear, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return what a layer would give with other weights."""
    if isinstance(layer, nn.Linear):
        return F.linear(x, weight, bias)
    return F.conv2d(x, weight, bias, layer.stride, layer.padding, layer.dilation)


def _share(parts: list[Tensor], total: Callable[..., Tensor], relevance: Tensor) -> Tensor:
    """Return Σ part · (∂total/∂part)ᵀ (R / total): what each part adds to a total that is linear in them."""
    with torch.enable_grad():
        parts = [part.detach().requires_grad_() for part in parts]
        sums = total(*parts)
    ratio = relevance / (sums.detach() + EPSILON * torch.where(sums >= 0, 1, -1))
    slopes = torch.autograd.grad(sums, parts, ratio)
    return sum(part.detach() * slope for part, slope in zip(parts, slopes, strict=True))


def _to_largest(layer: nn.MaxPool2d, x: Tensor, relevance: Tensor) -> Tensor:
    """Hand each window's relevance to the largest number in it."""
    _largest, places = F.max_pool2d(x, layer.kernel_size, layer.stride, return_indices=True)
    found = torch.zeros_like(x).flatten(2)
    return found.scatter_add(2, places.flatten(2), relevance.flatten(2)).reshape(x.shape)
