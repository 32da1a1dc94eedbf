"""The training digits that look most like a picture, pixel by pixel."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dlcore.data import images

CHUNK = 1_000  # pictures that are turned into numbers at a time: they fit into the processor's cache


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest training pictures, the nearest first.

    `distances` are Euclidean over the pixels in 0..1: the root of the summed squared differences.
    """

    indices: NDArray[np.int64]
    distances: NDArray[np.float32]
    labels: NDArray[np.uint8]
    pictures: NDArray[np.uint8]  # (count, side, side) or (count, side, side, 3)


@torch.inference_mode()
def find_neighbours(picture: NDArray[np.uint8], dataset: str = "mnist", count: int = 8) -> Neighbours:
    """Return the `count` training pictures nearest to a uint8 picture of their shape."""
    data = images.load(dataset)
    wanted = torch.from_numpy(np.ascontiguousarray(picture)).flatten().float() / 255
    squares = _squares(dataset) - 2 / 255 * _products(_training(dataset), wanted) + wanted.square().sum()
    nearest = squares.topk(min(count, len(squares)), largest=False)
    chosen = nearest.indices.numpy()
    return Neighbours(chosen, nearest.values.clamp(min=0).sqrt().numpy(), data.train_labels[chosen],
                      data.train_images[chosen])


def _training(dataset: str) -> Tensor:
    return torch.from_numpy(images.load(dataset).train_images).flatten(1)


@cache
def _squares(dataset: str) -> Tensor:
    """Return |a|² for every training picture a."""
    return torch.cat([(chunk.float() / 255).square().sum(1) for chunk in _training(dataset).split(CHUNK)])


def _products(pictures: Tensor, wanted: Tensor) -> Tensor:
    """Return the product of each uint8 picture (n, pixels) with one of floats, without keeping 60,000 as floats."""
    numbers = torch.empty(CHUNK, pictures.shape[1])
    return torch.cat([numbers[:len(chunk)].copy_(chunk) @ wanted for chunk in pictures.split(CHUNK)])
