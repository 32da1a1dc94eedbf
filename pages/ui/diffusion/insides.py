"""What a part of the denoiser is made of: its layers with their outputs' shapes and their parameters."""

from typing import NamedTuple

from dlcore.specs.denoiser import (
    CLASSES,
    PATCH,
    SIDE,
    SYMBOLS,
    TEXT_HEADS,
    TEXT_LAYERS,
    WORD_WIDTH,
    WORDS,
    Denoiser,
    Part,
)
from pages.ui.language import _


class Layer(NamedTuple):
    """A layer: what it does, the shape of its output, the number of its parameters."""

    title: str
    shape: tuple[int, ...]
    parameters: int


def list_layers(part: Part, network: Denoiser) -> list[Layer]:
    """Return the layers of a part of a U-Net, in the order of computing."""
    width, shape = network.width, part.shape
    match part.role:
        case "time":
            return _time(network.time, shape)
        case "class":
            return [Layer(_("A row for each class, and one for none"), shape, (CLASSES + 1) * shape[0])]
        case "text":
            return _text()
        case "block":
            return _block(2 * width if part.name.startswith("up") else shape[0], shape, 4 * width)
        case "attention" | "cross_attention":
            return _attention(shape, *((WORDS, WORD_WIDTH) if part.role == "cross_attention" else
                                       (shape[1] * shape[2], shape[0])))
        case "stem":
            return [Layer(_("{n} × {n} pixels folded into channels").format(n=PATCH), (PATCH**2, *shape[1:]), 0),
                    _convolution(PATCH**2, shape)]
        case "down":
            return [_convolution(width, shape, _("Convolution 3 × 3, stride 2"))]
        case "up":
            return [Layer(_("Every place becomes 2 × 2"), (2 * width, *shape[1:]), 0), _convolution(2 * width, shape)]
    return _out(width)


def _convolution(inputs: int, shape: tuple[int, ...], title: str = "") -> Layer:
    return Layer(title or _("Convolution 3 × 3"), shape, (9 * inputs + 1) * shape[0])


def _norm(shape: tuple[int, ...], title: str) -> Layer:
    return Layer(title, shape, 2 * shape[0])


def _time(features: int, shape: tuple[int, ...]) -> list[Layer]:
    told = shape[0]
    return [Layer(_("Sines and cosines of t"), (features,), 0),
            Layer(_("Linear, SiLU"), shape, (features + 1) * told), Layer(_("Linear"), shape, (told + 1) * told)]


def _block(inputs: int, shape: tuple[int, ...], told: int) -> list[Layer]:
    outputs, given = shape[0], (inputs, *shape[1:])
    skip = Layer(_("Added: what came, by a convolution 1 × 1"), shape, (inputs + 1) * outputs) \
        if inputs != outputs else Layer(_("Added: what came"), shape, 0)
    return [_norm(given, "GroupNorm, SiLU"), _convolution(inputs, shape),
            Layer(_("FiLM: a scale and a shift for each channel, out of the time"), (2 * outputs,),
                  (told + 1) * 2 * outputs),
            _norm(shape, _("GroupNorm, × (1 + scale) + shift, SiLU")), _convolution(outputs, shape), skip]


def _attention(shape: tuple[int, ...], seen: int, width: int) -> list[Layer]:
    channels, places = shape[0], shape[1] * shape[2]
    return [_norm(shape, "GroupNorm"), Layer(_("Queries, one a place"), (places, channels), channels**2),
            Layer(_("Keys"), (seen, channels), width * channels),
            Layer(_("Values"), (seen, channels), width * channels),
            Layer(_("softmax(q·k / √d) · v, linear, added"), shape, (channels + 1) * channels)]


def _text() -> list[Layer]:
    width, shape = WORD_WIDTH, (WORDS, WORD_WIDTH)
    layers = [Layer(_("A vector for each word and for each place, added"), shape, (SYMBOLS + WORDS) * width)]
    for number in range(1, TEXT_LAYERS + 1):
        layers += [
            Layer(_("Layer {n}: LayerNorm, self-attention of {heads} heads").format(n=number, heads=TEXT_HEADS), shape,
                  2 * width + (width + 1) * 3 * width + (width + 1) * width),
            Layer(_("Layer {n}: LayerNorm, dense with GELU").format(n=number), shape,
                  2 * width + (width + 1) * 4 * width + (4 * width + 1) * width)]
    return [*layers, Layer("LayerNorm", shape, 2 * width)]


def _out(width: int) -> list[Layer]:
    side = SIDE // PATCH
    return [_norm((width, side, side), "GroupNorm, SiLU"), _convolution(width, (PATCH**2, side, side)),
            Layer(_("Channels unfolded into {n} × {n} pixels").format(n=PATCH), (1, SIDE, SIDE), 0)]
