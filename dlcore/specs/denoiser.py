"""The network that un-noises: what it tells, what it is made of, and how large each part is."""

from dataclasses import dataclass
from typing import Literal

from dlcore.specs.fields import choice, kind, switch, whole

TARGETS = ("flow", "v", "x0", "noise")        # what the network tells: dlcore.diffusion.parameterization
CURVES = ("linear", "cosine", "sigmoid")      # of ᾱ: dlcore.diffusion.schedules
CONDITIONS = ("class", "prompt", "none")
CLASSES = 10
SIDE, PATCH = 28, 2                           # a picture is folded by PATCH: 14 x 14 places of 4 pixels
WORDS, WORD_WIDTH, TEXT_LAYERS, TEXT_HEADS = 12, 64, 2, 2  # of a prompt with its start; of the text encoder
SYMBOLS = 51                                  # that a prompt can hold: dlcore.diffusion.prompts (a test compares)


@dataclass(frozen=True)
class Process:
    """How noise is added, and what the network tells of a noisy x; `curve` is that of ᾱ, unless `target` is "flow"."""

    kind: Literal["process"] = kind("process")
    target: str = choice("flow", *TARGETS)
    curve: str = choice("cosine", *CURVES)

    @property
    def path(self) -> str:
        """The way from data to noise, as dlcore.diffusion.schedules names it."""
        return "flow" if self.target == "flow" else self.curve


@dataclass(frozen=True)
class Denoiser:
    """The network: a U-Net for pictures, dense layers for points.

    U-Net: `width` channels at 14 x 14 and twice as many at 7 x 7, `blocks` residual blocks on each of its three parts,
    self-`attention` at 7 x 7, the time as `time` sines and cosines. `condition` says what it is told of the picture.
    Points: `layers` of `hidden` neurons.
    """

    kind: Literal["denoiser"] = kind("denoiser")
    width: int = choice(32, 8, 16, 24, 32, 48, 64, 80)
    blocks: int = whole(2, 1, 4)
    attention: bool = switch(False)
    time: int = choice(64, 16, 32, 64, 128)
    condition: str = choice("class", *CONDITIONS)
    hidden: int = whole(128, 8, 512)
    layers: int = whole(3, 1, 6)


@dataclass(frozen=True)
class Part:
    """A part of the network for a diagram: what it is, its output (channels, side, side) or (features,), its size."""

    name: str
    role: str
    shape: tuple[int, ...]
    parameters: int


def list_parts(network: Denoiser, condition: str, on_plane: bool, words: int = SYMBOLS) -> list[Part]:
    """Return the parts of a network in the order of computing; `words` is the size of the prompts' vocabulary.

    Roles: time, class, text, stem, block, attention, cross_attention, down, up, out, dense.
    """
    return _dense_parts(network) if on_plane else _unet_parts(network, condition, words)


def count_parameters(network: Denoiser, condition: str, on_plane: bool, words: int = SYMBOLS) -> int:
    """Return the number of trainable parameters."""
    return sum(part.parameters for part in list_parts(network, condition, on_plane, words))


def _dense_parts(network: Denoiser) -> list[Part]:
    inputs, parts = 2 + network.time, [Part("time", "time", (network.time,), 0)]
    for number in range(network.layers):
        parts.append(Part(f"layer{number + 1}", "dense", (network.hidden,), (inputs + 1) * network.hidden))
        inputs = network.hidden
    return [*parts, Part("out", "out", (2,), (inputs + 1) * 2)]


def _unet_parts(network: Denoiser, condition: str, words: int) -> list[Part]:
    width, told, pixels, side = network.width, 4 * network.width, PATCH**2, SIDE // PATCH
    wide, low = 2 * width, side // 2
    parts = [Part("time", "time", (told,), (network.time + 1) * told + (told + 1) * told)]
    if condition == "class":
        parts.append(Part("label", "class", (told,), (CLASSES + 1) * told))
    if condition == "prompt":
        parts.append(Part("text", "text", (WORDS, WORD_WIDTH), _text(words)))
    parts.append(Part("stem", "stem", (width, side, side), (9 * pixels + 1) * width))
    parts += [Part(f"down{number + 1}", "block", (width, side, side), _block(width, width, told))
              for number in range(network.blocks)]
    parts.append(Part("shrink", "down", (wide, low, low), (9 * width + 1) * wide))
    for number in range(network.blocks + 1):
        parts.append(Part(f"middle{number + 1}", "block", (wide, low, low), _block(wide, wide, told)))
        if network.attention and number == 0:
            parts.append(Part("attention", "attention", (wide, low, low), _attention(wide, wide)))
        if condition == "prompt":
            parts.append(Part(f"words{number + 1}", "cross_attention", (wide, low, low), _attention(wide, WORD_WIDTH)))
    parts.append(Part("grow", "up", (width, side, side), (9 * wide + 1) * width))
    parts += [Part(f"up{number + 1}", "block", (width, side, side), _block(wide, width, told))
              for number in range(network.blocks)]
    if condition == "prompt":
        parts.append(Part("words", "cross_attention", (width, side, side), _attention(width, WORD_WIDTH)))
    return [*parts, Part("out", "out", (1, SIDE, SIDE), 2 * width + (9 * width + 1) * pixels)]


def _block(inputs: int, outputs: int, told: int) -> int:
    convolutions = (9 * inputs + 1) * outputs + (9 * outputs + 1) * outputs
    skip = (inputs + 1) * outputs if inputs != outputs else 0
    return convolutions + skip + 2 * inputs + 2 * outputs + (told + 1) * 2 * outputs


def _attention(channels: int, width: int) -> int:
    return 2 * channels + channels**2 + 2 * width * channels + (channels + 1) * channels


def _text(words: int) -> int:
    width = WORD_WIDTH
    layer = 4 * width**2 + 4 * width + 2 * 4 * width**2 + 5 * width + 4 * width
    return (words + WORDS) * width + TEXT_LAYERS * layer + 2 * width
