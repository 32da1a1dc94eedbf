"""Batches of pictures as the network gets them: chosen, augmented, resized, normalised, all at once."""

import torch
import torch.nn.functional as F
from torch import Tensor

from dlcore.data.augment import augment
from dlcore.data.images import Images
from dlcore.seeds import derive
from dlcore.specs.data import ImageData
from dlcore.specs.datasets import GREY, normalisation


class Batches:
    """The training pictures of a spec, in an order that depends on its seed and the epoch alone."""

    def __init__(self, spec: ImageData, images: Images, batch_size: int, seed: int, device: str = "cpu"):
        self.spec, self.batch_size, self.seed = spec, batch_size, seed
        chosen = choose_part(spec, len(images.train_labels), seed)
        self.images = _subset(torch.from_numpy(images.train_images), chosen).to(device)
        self.labels = _subset(torch.from_numpy(images.train_labels), chosen).long().to(device)
        self._shown = self._add_again(images, chosen).to(device)
        self._epoch, self._order = -1, chosen

    @property
    def shown(self) -> int:
        """Pictures that an epoch shows; those with more weight count as often as they come."""
        return len(self._shown)

    @property
    def per_epoch(self) -> int:
        """Steps in one epoch; the last batch may be smaller."""
        return -(-self.shown // self.batch_size)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Return the pictures (batch, channels, size, size) and labels of a step."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            order = torch.randperm(len(self._shown), generator=generator(self.seed, "order", epoch))
            self._epoch, self._order = epoch, self._shown[order.to(self.labels.device)]
        chosen = self._order[place * self.batch_size: (place + 1) * self.batch_size]
        pictures = pictures_of(self.images[chosen])
        if self.spec.augment.active:
            pictures = augment(pictures, self.spec.augment, self.spec.size, generator(self.seed, "augment", step))
        return prepare(pictures, self.spec), self.labels[chosen]

    def _add_again(self, images: Images, chosen: Tensor) -> Tensor:
        """Return the places of all that an epoch shows: every picture once, those with more weight more often."""
        weighed = torch.tensor(sorted(set(self.spec.again)), dtype=chosen.dtype)
        places = torch.searchsorted(chosen, weighed).clamp(max=len(chosen) - 1)
        missing = weighed[chosen[places] != weighed]
        if len(missing):  # they lie outside of the part that is trained on, and come into it
            places[chosen[places] != weighed] = len(chosen) + torch.arange(len(missing))
            pictures, labels = (torch.from_numpy(part)[missing].to(self.images.device)
                                for part in (images.train_images, images.train_labels))
            self.images, self.labels = torch.cat([self.images, pictures]), torch.cat([self.labels, labels.long()])
        return torch.cat([torch.arange(len(chosen)), places.repeat(self.spec.times - 1)])


def choose_part(spec: ImageData, count: int, seed: int) -> Tensor:
    """Return the numbers of the training pictures, of `count` there are, that a run with a seed learns from."""
    return torch.randperm(count, generator=generator(seed, "subset"))[: spec.train_size].sort().values


def prepare(pictures: Tensor, spec: ImageData) -> Tensor:
    """Return pictures (batch, colours, side, side) in 0..1 as a network gets them: resized and normalised.

    A grey picture is repeated over the channels; a coloured one becomes grey where there is one channel.
    """
    if pictures.shape[-1] != spec.size:
        smaller = pictures.shape[-1] > spec.size
        pictures = F.interpolate(pictures, size=(spec.size, spec.size), mode="bilinear", antialias=smaller)
    if pictures.shape[1] > spec.channels:
        pictures = (pictures * column(GREY, pictures)).sum(1, keepdim=True)
    mean, deviation = (column(values[:pictures.shape[1]], pictures) for values in
                       normalisation(spec.dataset, spec.channels))
    pictures = (pictures - mean) / deviation
    if spec.channels > pictures.shape[1]:
        pictures = pictures.expand(-1, spec.channels, -1, -1)
    return pictures.contiguous(memory_format=torch.channels_last)


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
