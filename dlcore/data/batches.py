"""Batches of pictures as the network gets them: chosen, augmented, resized, normalised, all at once."""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from dlcore.data.augment import augment
from dlcore.data.images import Images
from dlcore.seeds import derive
from dlcore.specs.data import ImageData, shuffle_seed
from dlcore.specs.datasets import GREY, describe, normalisation


class Batches:
    """The training pictures of a spec, in an order that depends on its seed and the epoch alone.

    `chosen` are their numbers in the data set.
    """

    def __init__(self, spec: ImageData, images: Images, batch_size: int, seed: int, device: str = "cpu"):
        self.spec, self.batch_size, self.seed = spec, batch_size, seed
        everything = choose_part(spec, len(images.train_labels), seed)
        self._kept = _keep(everything, spec)
        self.chosen = everything[self._kept]
        self.images = _subset(torch.from_numpy(images.train_images), self.chosen).to(device)
        self.labels = _subset(torch.from_numpy(images.train_labels), self.chosen).long().to(device)
        self._more = self._add_again(images)
        self._epoch, self._order = -1, self.chosen

    @property
    def shown(self) -> int:
        """Pictures that an epoch shows; those with more weight count as often as they come."""
        return len(self.chosen) + len(self._more)

    @property
    def per_epoch(self) -> int:
        """Steps in one epoch; the last batch may be smaller."""
        return -(-self.shown // self.batch_size)

    def _draw_order(self, epoch: int) -> Tensor:
        """Return the order of an epoch; what is left out leaves the order of the others as it is."""
        order = torch.randperm(len(self._kept), generator=generator(self.seed, "order", epoch))
        order = (self._kept.cumsum(0) - 1)[order[self._kept[order]]]
        if not len(self._more):
            return order
        return torch.cat([order, self._more])[torch.randperm(self.shown, generator=generator(self.seed, "more", epoch))]

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Return the pictures (batch, channels, size, size) and labels of a step."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._draw_order(epoch).to(self.labels.device)
        chosen = self._order[place * self.batch_size: (place + 1) * self.batch_size]
        pictures = pictures_of(self.images[chosen])
        if self.spec.augment.active:
            pictures = augment(pictures, self.spec.augment, self.spec.size, generator(self.seed, "augment", step))
        return prepare(pictures, self.spec), self.labels[chosen]

    def _add_again(self, images: Images) -> Tensor:
        """Return the places of what an epoch shows besides every picture once: those with more weight, repeated."""
        weighed = torch.tensor(sorted(set(self.spec.again) - set(self.spec.without)), dtype=self.chosen.dtype)
        places = torch.searchsorted(self.chosen, weighed).clamp(max=len(self.chosen) - 1)
        outside = self.chosen[places] != weighed
        if outside.any():  # outside of the part that is trained on: they come into it
            places[outside] = len(self.chosen) + torch.arange(int(outside.sum()))
            pictures, labels = (torch.from_numpy(part)[weighed[outside]].to(self.images.device)
                                for part in (images.train_images, images.train_labels))
            self.images, self.labels = torch.cat([self.images, pictures]), torch.cat([self.labels, labels.long()])
        return places.repeat(self.spec.times - 1)


def choose_part(spec: ImageData, count: int, seed: int) -> Tensor:
    """Return the numbers of the training pictures, of `count` there are, that a run with a seed learns from."""
    return torch.randperm(count, generator=generator(seed, "subset"))[: spec.train_size].sort().values


def _keep(everything: Tensor, spec: ImageData) -> Tensor:
    """Return which of the pictures stay when some are left out: exactly as many as the spec counts."""
    kept = ~torch.isin(everything, torch.tensor(spec.without, dtype=everything.dtype))
    return kept & (kept.cumsum(0) <= spec.count)


def prepare(pictures: Tensor, spec: ImageData) -> Tensor:
    """Return pictures (batch, colours, side, side) in 0..1 as a network gets them: resized, normalised, and where asked
    shuffled.

    A grey picture is repeated over the channels; a coloured one becomes grey where there is one channel.
    """
    if pictures.shape[-1] != spec.size:
        smaller = pictures.shape[-1] > spec.size
        pictures = F.interpolate(pictures, size=(spec.size, spec.size), mode="bilinear", antialias=smaller)
    if pictures.shape[1] > spec.channels:
        pictures = (pictures * column(GREY, pictures)).sum(1, keepdim=True)
    elif describe(spec.dataset).channels > pictures.shape[1] and spec.channels > 1:  # each colour has its own mean
        pictures = pictures.expand(-1, spec.channels, -1, -1)
    mean, deviation = (column(values[:pictures.shape[1]], pictures) for values in
                       normalisation(spec.dataset, spec.channels))
    pictures = (pictures - mean) / deviation
    if spec.shuffled:
        pictures = pictures.flatten(2)[:, :, pixel_order(spec.size).to(pictures.device)].view(pictures.shape)
    if spec.channels > pictures.shape[1]:
        pictures = pictures.expand(-1, spec.channels, -1, -1)
    return pictures.contiguous(memory_format=torch.channels_last)


@cache
def pixel_order(size: int) -> Tensor:
    """Return which pixel of a picture stands at each place of a shuffled one (size·size,)."""
    return torch.randperm(size * size, generator=torch.Generator().manual_seed(shuffle_seed(size)))


def pictures_of(images: Tensor) -> Tensor:
    """Return uint8 pictures (batch, side, side) or (batch, side, side, 3) as numbers in 0..1 (batch, 1 or 3, ...)."""
    images = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2)
    return images.float().div_(255)


def column(values: tuple[float, ...], pictures: Tensor) -> Tensor:
    """Return one number a channel, shaped so that it goes with pictures (batch, channels, height, width)."""
    return torch.tensor(values, device=pictures.device).view(1, -1, 1, 1)


def generator(seed: int, *purpose: str | int) -> torch.Generator:
    """Return a random generator for one purpose (and step) of a run."""
    return torch.Generator().manual_seed(derive(seed, *purpose))


def _subset(tensor: Tensor, chosen: Tensor) -> Tensor:
    return tensor if len(chosen) == len(tensor) else tensor[chosen]
