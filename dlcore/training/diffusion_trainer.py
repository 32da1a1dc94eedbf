"""A diffusion that learns: x₀ is noised, the network tells what was asked for, and a mean of its weights is kept."""

import time
from collections.abc import Iterator
from copy import deepcopy
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlcore.data.noised import Data
from dlcore.models.denoiser import build_denoiser
from dlcore.specs.diffusion import Diffusion
from dlcore.training import state
from dlcore.training.diffusion_examiner import DiffusionExaminer, sample_labels, show
from dlcore.training.divergence import are_numbers
from dlcore.training.events import finite
from dlcore.training.files import Weights
from dlcore.training.precision import autocast, choose_half, open_device
from dlcore.training.schedules import factor
from dlcore.training.trainer import Trainer

CLIP = 1.0  # the most that the gradient's norm may be


class DiffusionTrainer(Trainer):
    """Trains one diffusion; with `start`, goes on from that step of its recording. Snapshots hold the mean weights.

    Events: "metric" with "train_loss", and at a look "held_loss" and "loss_by_t" (20 losses of held-out items in equal
    parts of t, from the data to the noise), both of the mean weights.
    """

    experiment: Diffusion
    settings: Diffusion

    def _prepare(self) -> None:
        spec: Diffusion = self.experiment
        self.device, self.precision = open_device(spec.training.device), choose_precision(spec)
        self.batches = Data(spec, self.device)
        self.module = build_denoiser(spec).to(self.device, memory_format=layout(self.precision))
        self.mean = deepcopy(self.module).eval().requires_grad_(False)
        self._ask = partial(answer, self.module)
        self.optimizer = torch.optim.AdamW(self.module.parameters(), spec.training.learning_rate, fused=True)
        self._pairs = list(self.mean.parameters()), list(self.module.parameters())
        self._small, self._single = spec.data.on_plane, False
        self._sums = torch.zeros(2, dtype=torch.float64)
        self._examiner = DiffusionExaminer(spec, self.batches, self.device, self.precision)
        self._clock = self._examiner.clock
        self._seen = show(spec, self._examiner.start)
        self._seen_step, self._by_t = 0, None
        self._labels = sample_labels(spec, spec.training.prompt)

    @property
    def items_seen(self) -> int:
        """Pictures or points shown so far, each as often as it was shown."""
        epochs, steps = divmod(self.step, self.batches.per_epoch)
        return epochs * len(self.batches.clean) + steps * self.batches.batch_size

    def frame(self) -> dict:
        """Return what the mean weights made, at the last look, of noise that never changes.

        {"step": of that look, "loss_by_t", and "pictures" uint8 (20, 28, 28) with "labels" (digits or prompts, or None)
        or "points" float32 (400, 2)}; before the first look the noise itself.
        """
        told = {"step": self._seen_step, "loss_by_t": self._by_t}
        if self.experiment.data.on_plane:
            return told | {"points": self._seen}
        return told | {"pictures": self._seen, "labels": self._labels}

    def weights(self) -> dict[str, Tensor]:
        """Return the mean weights."""
        return self.mean.state_dict()

    def compile(self) -> None:
        """Train by a compiled form of the network: 1.4 times faster, after half a minute."""
        self._ask = torch.compile(self._ask)

    # a step

    def _train_step(self) -> None:
        """Train on one batch: noise, ask, compare, update; the mean follows."""
        begun = time.thread_time()
        self._apply_due()
        self._set_rates()
        batch = self.batches.batch(self.step, self.settings.training.drop)
        with autocast(self.device, self.precision):
            told = self._ask(batch.x, batch.t, batch.condition)
        loss = F.mse_loss(told.float(), batch.wanted)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self._pairs[1], CLIP)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        self._follow()
        self._sums += torch.tensor([loss.item() * len(batch.t), len(batch.t)], dtype=torch.float64)
        self._end_step(time.thread_time() - begun, loss, norm)

    def _set_rates(self) -> None:
        training = self.settings.training
        for group in self.optimizer.param_groups:
            group["lr"] = training.learning_rate * factor(training.schedule, self.step, self.total_steps)
            group["weight_decay"] = training.weight_decay

    @torch.no_grad()
    def _follow(self) -> None:
        """Let the mean follow the weights: slowly, but not at the beginning, when they are still chance."""
        share = min(self.settings.training.ema, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(*self._pairs, 1 - share)

    def _training_point(self) -> dict:
        loss, count = self._sums.tolist()
        self._sums.zero_()
        point = {"kind": "metric", "step": self.step, "epoch": round(self.epoch, 5)}
        return point | ({"train_loss": finite(loss / count)} if count else {})

    def _adopt(self, settings: Diffusion) -> None:
        self.settings = settings

    # looking and keeping

    def step_once(self) -> None:
        """Train one single step and look at what it changed."""
        self._single = True
        super().step_once()
        self._single = False

    def _examine(self) -> Iterator[dict]:
        yield from self._examiner.measure(self.mean)
        if self._examiner.samples is None or self._single or self.step in (0, self.total_steps):
            yield from self._sample()

    def _glance(self) -> Iterator[None]:
        """Draw the samples anew where it is time."""
        samples = self._examiner.samples
        if samples is None or not samples.is_due(self._clock.seconds) or self.over:
            return
        self._looking, spent, begun = True, 0.0, time.thread_time()
        for _ in self._sample():
            spent += time.thread_time() - begun
            yield
            begun = time.thread_time()
        samples.add(self._clock.seconds, spent + time.thread_time() - begun)
        self._looking = False
        yield

    def _losses(self, found: dict) -> list[float | None]:
        return [found["held_loss"]]

    def _are_weights_numbers(self) -> bool:
        return are_numbers([*self._pairs[0], *self._pairs[1]])

    def _keep(self, found: dict) -> None:
        self._by_t = found["loss_by_t"]
        self._tell(self._training_point() | found)
        self._snapshot(None)

    def _sample(self) -> Iterator[dict]:
        prompt = self.settings.training.prompt
        for x in self._examiner.sample(self.mean, prompt):
            last = x
            yield {}
        self._seen, self._seen_step = show(self.experiment, last), self.step
        self._labels = sample_labels(self.experiment, prompt)

    def _full_state(self) -> tuple[Weights, dict]:
        mean = {f"mean/{name}": value for name, value in state.to_arrays(self.mean.state_dict()).items()}
        return state.full_state(self.module, self.optimizer) | mean, {"sums": self._sums.tolist()}

    def _take_full_state(self, arrays: Weights, about: dict) -> None:
        mean = {name.removeprefix("mean/"): value for name, value in arrays.items() if name.startswith("mean/")}
        state.load_weights(self.mean, mean)
        state.load_full_state(self.module, self.optimizer,
                              {name: value for name, value in arrays.items() if not name.startswith("mean/")})
        self._sums += torch.tensor(about["sums"], dtype=torch.float64)

    def _take_weights(self, weights: Weights) -> None:
        state.load_weights(self.module, weights)
        state.load_weights(self.mean, weights)

    def _was_looked_at(self) -> bool:
        return any(event["kind"] == "metric" and event["step"] == self.step and "held_loss" in event
                   for event in self.recording.events())


def answer(module: nn.Module, x: Tensor, t: Tensor, condition: Tensor | None) -> Tensor:
    """Return what a network tells of x at the times t."""
    return module(x, t, module.tell(condition))


def layout(precision: torch.dtype) -> torch.memory_format:
    """Return how pictures lie in memory: channels last is faster in float32, but slow for bfloat16's group norm."""
    return torch.channels_last if precision == torch.float32 else torch.contiguous_format


def choose_precision(spec: Diffusion) -> torch.dtype:
    """Return bfloat16 where it was asked for, or is faster here and was not ruled out; else float32."""
    return choose_half(spec.training, not spec.data.on_plane)
