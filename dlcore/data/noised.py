"""Batches for a diffusion: clean x₀, how noisy they are made, and what the network is told of them."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dlcore.data import images
from dlcore.data.batches import generator
from dlcore.data.clouds import SCALE, make_cloud
from dlcore.data.strokes import levels, measure
from dlcore.diffusion.parameterization import target
from dlcore.diffusion.prompts import POOL, caption_pool, encode
from dlcore.diffusion.schedules import T, alpha_bar
from dlcore.specs.denoiser import CLASSES
from dlcore.specs.diffusion import Diffusion

HELD = 480         # held-out items at a look
NO_CAPTION = encode(())


@dataclass(frozen=True)
class Noised:
    """A batch: x_t, the times (batch,), what is to be told of x_t, and the condition (classes or symbols), if any."""

    x: Tensor
    t: Tensor
    wanted: Tensor
    condition: Tensor | None


class Data:
    """The clean data of a spec, in an order that depends on its seed and the epoch alone, and its held-out part."""

    def __init__(self, spec: Diffusion, device: torch.device | str = "cpu"):
        self.spec, self.device, self.batch_size = spec, torch.device(device), spec.training.batch_size
        self.clean, self.labels = _training_data(spec)
        self.noising = Noising(spec)
        self._epoch, self._order = -1, torch.zeros(0, dtype=torch.long)

    @property
    def per_epoch(self) -> int:
        """Steps in one epoch; the last batch may be smaller."""
        return -(-len(self.clean) // self.batch_size)

    def batch(self, step: int, drop: float) -> Noised:
        """Return the batch of a step; the condition is left out in the share `drop` of cases."""
        seed = self.spec.training.seed
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = torch.randperm(len(self.clean), generator=generator(seed, "order", epoch))
        chosen = self._order[place * self.batch_size: (place + 1) * self.batch_size]
        draws = generator(seed, "noise", step)
        t = draw_times(self.spec.training.times, len(chosen), draws)
        condition = self._condition(chosen, drop, draws)
        return self._to_device(self.noising.add(as_x(self.clean[chosen]), t, draws, condition))

    def _condition(self, chosen: Tensor, drop: float, draws: torch.Generator) -> Tensor | None:
        if self.spec.condition == "none":
            return None
        left_out = torch.rand(len(chosen), generator=draws) < drop
        if self.spec.condition == "class":
            return self.labels[chosen].where(~left_out, torch.tensor(CLASSES))
        captions = caption_of(self.clean[chosen].numpy(), self.labels[chosen].numpy(), draws)
        captions[left_out] = torch.tensor(NO_CAPTION)
        return captions

    def held(self) -> Noised:
        """Return HELD held-out items with noise that is always the same, at times evenly over all t."""
        draws = generator(0, "held")
        clean, labels = _held_data(self.spec)
        t = (torch.arange(len(clean)) + 0.5) / len(clean) * T
        condition = labels if self.spec.condition == "class" else None
        if self.spec.condition == "prompt":
            condition = caption_of(clean.numpy(), labels.numpy(), draws)
        return self._to_device(self.noising.add(as_x(clean), t, draws, condition))

    def _to_device(self, batch: Noised) -> Noised:
        if self.device.type == "cpu":
            return batch
        condition = None if batch.condition is None else batch.condition.to(self.device)
        return Noised(batch.x.to(self.device), batch.t.to(self.device), batch.wanted.to(self.device), condition)


class Noising:
    """Adds noise as a spec says."""

    def __init__(self, spec: Diffusion):
        self.path, self.target = spec.process.path, spec.process.target
        table = torch.from_numpy(alpha_bar(self.path)).float() if self.path != "flow" else None
        self._signal = None if table is None else table.sqrt()
        self._noise = None if table is None else (1 - table).sqrt()

    def add(self, x0: Tensor, t: Tensor, draws: torch.Generator, condition: Tensor | None) -> Noised:
        """Return x₀ with drawn noise at times t; the curves are tables, so there the times are whole, from 1."""
        if self._signal is not None:
            t = t.ceil().clamp(1, T)
        epsilon = torch.randn(x0.shape, generator=draws)
        alpha, sigma = (level.view(-1, *[1] * (x0.ndim - 1)) for level in self.levels(t))
        wanted = target(self.target, x0, epsilon, alpha, sigma)
        return Noised(alpha * x0 + sigma * epsilon, t, wanted, condition)

    def levels(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Return α and σ at times (batch,)."""
        if self._signal is None:
            return 1 - t / T, t / T
        return self._signal[t.long()], self._noise[t.long()]


def draw_times(how: str, count: int, draws: torch.Generator) -> Tensor:
    """Return times (count,), stratified: one in each equal part of the distribution, in a random order."""
    share = (torch.randperm(count, generator=draws) + torch.rand(count, generator=draws)) / count
    if how == "uniform":
        return share * T
    return torch.special.ndtri(share.clamp(1e-6, 1 - 1e-6)).sigmoid() * T  # logit-normal, arXiv:2403.03206 eq. 19


def as_x(clean: Tensor) -> Tensor:
    """Return data as a diffusion gets it: bytes (n, 28, 28) as (n, 1, 28, 28) in -1 ... 1, points over SCALE."""
    if clean.dtype == torch.uint8:
        return clean.unsqueeze(1).float().div_(127.5).sub_(1)
    return clean / SCALE


def as_pictures(x: Tensor) -> np.ndarray:
    """Return x (n, 1, 28, 28) in -1 ... 1 as bytes (n, 28, 28); what lies outside is cut."""
    return ((x[:, 0] + 1) * 127.5).clamp(0, 255).round().byte().cpu().numpy()


def caption_of(pictures: np.ndarray, labels: np.ndarray, draws: torch.Generator) -> Tensor:
    """Return a drawn caption's symbols (n, WORDS) of each picture, true of what is measured in it."""
    stroke, slant, width = levels(measure(pictures), labels).T
    drawn = torch.randint(POOL, (len(labels),), generator=draws).numpy()
    return torch.from_numpy(caption_pool()[labels, stroke, slant, width, drawn])


def _training_data(spec: Diffusion) -> tuple[Tensor, Tensor]:
    if spec.data.on_plane:
        points = torch.from_numpy(make_cloud(spec.data))
        return points, torch.zeros(len(points), dtype=torch.long)
    loaded = images.load(spec.data.dataset)
    chosen = torch.randperm(len(loaded.train_labels), generator=generator(spec.training.seed, "subset"))
    chosen = chosen[: spec.data.train_size].sort().values
    return torch.from_numpy(loaded.train_images)[chosen], torch.from_numpy(loaded.train_labels)[chosen].long()


def _held_data(spec: Diffusion) -> tuple[Tensor, Tensor]:
    if spec.data.on_plane:
        points = torch.from_numpy(make_cloud(spec.data, "held"))
        some = torch.from_numpy(np.resize(np.arange(len(points)), HELD))
        return points[some], torch.zeros(HELD, dtype=torch.long)
    loaded = images.load(spec.data.dataset)
    some = np.arange(HELD) * len(loaded.test_labels) // HELD
    order = torch.randperm(HELD, generator=generator(0, "held order")).numpy()  # classes and times independent
    return (torch.from_numpy(loaded.test_images[some[order]]),
            torch.from_numpy(loaded.test_labels[some[order]]).long())
