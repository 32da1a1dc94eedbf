"""The networks that un-noise: a U-Net for pictures and dense layers for points.

Both are asked with x_t, the time t (in steps, 0 ... T) and what they are told of the picture (`Told`), and answer with
what their spec's target says: a noise, a picture, v or a velocity.
"""

from math import log
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlcore.models.prompt_encoder import Attention, PromptEncoder
from dlcore.seeds import derive
from dlcore.specs.denoiser import CLASSES, PATCH, SYMBOLS, Denoiser
from dlcore.specs.diffusion import Diffusion

GROUPS = 8


class Told(NamedTuple):
    """What a network is told of each picture: a vector (batch, width) of its class, or words (batch, words, width).

    `there` (batch, words) says which words there are; without a condition all are None.
    """

    vector: Tensor | None = None
    words: Tensor | None = None
    there: Tensor | None = None

    @property
    def anything(self) -> bool:
        """Whether there is a condition at all."""
        return self.vector is not None or self.words is not None

    def mixed(self, other: "Told", share: float) -> "Told":
        """Return what lies between two conditions; a word that only one of them has stays."""
        if self.vector is not None:
            return Told(self.vector.lerp(other.vector, share))
        if self.words is not None:
            return Told(None, self.words.lerp(other.words, share), self.there | other.there)
        return self

    def beside(self, other: "Told") -> "Told":
        """Return the batch of both, one after the other."""
        return Told(*(one if one is None else torch.cat([one, two]) for one, two in zip(self, other)))


class TimeFeatures(nn.Module):
    """Sines and cosines of the time with periods from 2π to 2π·10,000 steps (arXiv:2006.11239, appendix B)."""

    def __init__(self, width: int):
        super().__init__()
        self.register_buffer("rates", torch.exp(-log(10_000) * torch.arange(width // 2) / (width // 2)), False)

    def forward(self, t: Tensor) -> Tensor:  # (batch,)
        angle = t[:, None] * self.rates
        return torch.cat([angle.cos(), angle.sin()], 1)  # (batch, width)


class PointDenoiser(nn.Module):
    """Dense layers that get a point (batch, 2) and the features of the time."""

    def __init__(self, network: Denoiser):
        super().__init__()
        self.time = TimeFeatures(network.time)
        sizes = [2 + network.time, *[network.hidden] * network.layers]
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in zip(sizes, sizes[1:]))
        self.activations = nn.ModuleList(nn.SiLU() for _ in self.layers)
        self.out = nn.Linear(sizes[-1], 2)

    def tell(self, condition: Tensor | None) -> Told:
        """Return nothing: a point has no condition."""
        return Told()

    def forward(self, x: Tensor, t: Tensor, told: Told = Told()) -> Tensor:  # noqa: B008 (a constant)
        h = torch.cat([x, self.time(t)], 1)
        for layer, activation in zip(self.layers, self.activations):
            h = activation(layer(h))
        return self.out(h)  # (batch, 2)


class Block(nn.Module):
    """A residual block: normalise, SiLU, convolve, twice; the condition scales and shifts in between (FiLM)."""

    def __init__(self, inputs: int, outputs: int, told: int):
        super().__init__()
        self.norm1, self.act1 = nn.GroupNorm(GROUPS, inputs), nn.SiLU()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.film = nn.Linear(told, 2 * outputs)
        self.norm2, self.act2 = nn.GroupNorm(GROUPS, outputs), nn.SiLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        _begin_at_zero(self.conv2)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:  # (batch, inputs, side, side), (batch, told)
        h = self.conv1(self.act1(self.norm1(x)))
        scale, shift = self.film(told)[:, :, None, None].chunk(2, 1)
        h = self.norm2(h) * (1 + scale) + shift
        return self.skip(x) + self.conv2(self.act2(h))  # (batch, outputs, side, side)


class UNet(nn.Module):
    """Pictures (batch, 1, 28, 28) folded to 14 x 14, one level down to 7 x 7 and up again, with skips across."""

    def __init__(self, network: Denoiser, condition: str, words: int):
        super().__init__()
        width, wide, told, blocks = network.width, 2 * network.width, 4 * network.width, network.blocks
        self.time = TimeFeatures(network.time)
        self.clock = nn.Sequential(nn.Linear(network.time, told), nn.SiLU(), nn.Linear(told, told))
        self.act = nn.SiLU()
        self.label = nn.Embedding(CLASSES + 1, told) if condition == "class" else None
        self.text = PromptEncoder(words) if condition == "prompt" else None
        self.stem = nn.Conv2d(PATCH**2, width, 3, padding=1)
        self.down = nn.ModuleList(Block(width, width, told) for _ in range(blocks))
        self.shrink = nn.Conv2d(width, wide, 3, stride=2, padding=1)
        self.middle = nn.ModuleList(Block(wide, wide, told) for _ in range(blocks + 1))
        self.attention = Attention(wide, wide) if network.attention else None
        self.read = nn.ModuleList(Attention(wide) for _ in self.middle) if self.text else None
        self.grow = nn.Conv2d(wide, width, 3, padding=1)
        self.up = nn.ModuleList(Block(wide, width, told) for _ in range(blocks))
        self.read_fine = Attention(width) if self.text else None
        self.norm, self.last = nn.GroupNorm(GROUPS, width), nn.SiLU()
        self.out = nn.Conv2d(width, PATCH**2, 3, padding=1)
        _begin_at_zero(self.out)

    def tell(self, condition: Tensor | None) -> Told:
        """Return what the network makes of classes (batch,), 10 for none, or of prompts' symbols (batch, words)."""
        if self.label is not None:
            return Told(self.label(condition))
        return Told(None, *self.text(condition)) if self.text is not None else Told()

    def forward(self, x: Tensor, t: Tensor, told: Told = Told()) -> Tensor:  # noqa: B008 (a constant)
        clock = self.clock(self.time(t))
        clock = self.act(clock if told.vector is None else clock + told.vector)  # (batch, 4·width)
        h, skips = self.stem(F.pixel_unshuffle(x, PATCH)), []                    # (batch, width, 14, 14)
        for block in self.down:
            h = block(h, clock)
            skips.append(h)
        h = self._middle(self.shrink(h), clock, told)                            # (batch, 2·width, 7, 7)
        h = self.grow(F.interpolate(h, scale_factor=2))
        for block in self.up:
            h = block(torch.cat([h, skips.pop()], 1), clock)
        if self.read_fine is not None:
            h = self.read_fine(h, told.words, told.there)
        return F.pixel_shuffle(self.out(self.last(self.norm(h))), PATCH)         # (batch, 1, 28, 28)

    def _middle(self, h: Tensor, clock: Tensor, told: Told) -> Tensor:
        for number, block in enumerate(self.middle):
            h = block(h, clock)
            if self.attention is not None and number == 0:
                h = self.attention(h, None, None)
            if self.read is not None:
                h = self.read[number](h, told.words, told.there)
        return h


def _begin_at_zero(layer: nn.Conv2d) -> None:
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)


def _make(spec: Diffusion) -> nn.Module:
    if spec.data.on_plane:
        return PointDenoiser(spec.network)
    return UNet(spec.network, spec.condition, SYMBOLS)


def build_denoiser(spec: Diffusion) -> nn.Module:
    """Return the network with initial weights that depend on the seed alone."""
    torch.default_generator.manual_seed(derive(spec.training.seed, "weights"))
    return _make(spec)


def outline_denoiser(spec: Diffusion) -> nn.Module:
    """Return the network without trained weights, for those that load theirs."""
    return _make(spec)
