"""Augmentation of a whole batch at once: every picture is turned, moved, scaled, thickened and relit by chance."""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from dlcore.specs.data import Augment


def augment(pictures: Tensor, spec: Augment, size: int, generator: Generator) -> Tensor:
    """Return changed copies of pictures (batch, colours, side, side) in 0..1, at their own or at a larger size.

    Shifts are in pixels of the pictures as they come.

    Turning, moving, scaling and enlarging are one bilinear sampling, so nothing is blurred twice; making smaller is
    left to `prepare`, which does not skip pixels.
    """
    draw = _Draw(len(pictures), generator, pictures.device)
    if spec.thickness:
        pictures = _thicken(pictures, draw.between(-spec.thickness, spec.thickness))
    if spec.rotation or spec.shift or spec.scale:
        pictures = _move(pictures, spec, max(size, pictures.shape[-1]), draw)
    if spec.brightness:
        pictures = (pictures * draw.between(1 - spec.brightness, 1 + spec.brightness)).clamp_(0, 1)
    if spec.contrast:
        factor, mean = draw.between(1 - spec.contrast, 1 + spec.contrast), pictures.mean((1, 2, 3), keepdim=True)
        pictures = (mean + factor * (pictures - mean)).clamp_(0, 1)
    return pictures


class _Draw:
    """Uniform draws, one a picture, shaped (batch, 1, 1, 1)."""

    def __init__(self, count: int, generator: Generator, device: torch.device):
        self.count, self.generator, self.device = count, generator, device

    def between(self, low: float, high: float) -> Tensor:
        drawn = torch.rand(self.count, 1, 1, 1, generator=self.generator)
        return (low + (high - low) * drawn).to(self.device)


def _thicken(pictures: Tensor, amount: Tensor) -> Tensor:
    """Mix every picture with its dilation (amount > 0) or its erosion (amount < 0) over 3×3 pixels."""
    dilated, eroded = F.max_pool2d(pictures, 3, 1, 1), -F.max_pool2d(-pictures, 3, 1, 1)
    return pictures + amount.clamp(min=0) * (dilated - pictures) + amount.clamp(max=0) * (pictures - eroded)


def _move(pictures: Tensor, spec: Augment, size: int, draw: _Draw) -> Tensor:
    angle = draw.between(-spec.rotation, spec.rotation).flatten() * math.pi / 180
    scale = 1 / draw.between(1 - spec.scale, 1 + spec.scale).flatten()
    shift = [draw.between(-spec.shift, spec.shift).flatten() * 2 / pictures.shape[-1] for _ in range(2)]
    cos, sin = angle.cos() * scale, angle.sin() * scale
    theta = torch.stack([torch.stack([cos, -sin, shift[0]], 1), torch.stack([sin, cos, shift[1]], 1)], 1)
    grid = F.affine_grid(theta, [*pictures.shape[:2], size, size], align_corners=False)
    return F.grid_sample(pictures, grid, align_corners=False)
