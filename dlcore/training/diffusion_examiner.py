"""When a diffusion is looked at: its loss at every t on held-out items, and what it makes of a noise that stays."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from dlcore.data.clouds import SCALE
from dlcore.data.noised import Data, as_pictures
from dlcore.diffusion.prompts import read_prompt
from dlcore.explain.denoising import Asker, denoise, start_noise, usual_plan
from dlcore.specs.denoiser import CLASSES
from dlcore.specs.diffusion import Diffusion
from dlcore.training.clock import Clock
from dlcore.training.events import finite
from dlcore.training.precision import autocast

LOOK_STEPS = 100     # steps between two looks that come by steps
CHUNK = 32           # pictures of one piece: it fits into a turn
BINS = 20            # of t
SAMPLED, POINTS = 20, 400
STEPS, POINT_STEPS, GUIDANCE = 8, 25, 2.0
LOOK_SHARE = 1 / 20  # of the time, for the losses of held-out pictures; that of points is the usual one
SAMPLE_SHARE = 1 / 25
FIRST_SAMPLE, EARLY = 1.0, 0.5  # seconds of training till the first samples; the part of it till the next ones
SAMPLE_PROMPTS = ("0", "a thin one", "kalın bir iki", "a wide three", "dar bir dört", "five", "ince bir altı",
                  "a thick right slanted seven", "sekiz", "a left slanted nine")


class DiffusionExaminer:
    """Looks at the mean weights of one training, piece by piece, when it is due."""

    heavy = False

    def __init__(self, spec: Diffusion, data: Data, device: torch.device, precision: torch.dtype):
        self.spec, self.device, self.precision = spec, device, precision
        self.looked = -1  # the step of the last look
        training = spec.training
        fixed = LOOK_STEPS if training.reproducible else 0
        self.clock = Clock(fixed) if spec.data.on_plane else Clock(fixed, share=LOOK_SHARE)
        self.samples = None if fixed or spec.data.on_plane else SampleClock()
        self.held = data.held()
        self.plan = usual_plan(spec, POINT_STEPS if spec.data.on_plane else STEPS)
        count = POINTS if spec.data.on_plane else SAMPLED
        self.start = start_noise(spec.data.shape, count, spec.training.seed).to(device)

    def is_due(self, step: int, last: int) -> bool:
        """Whether to look after `step` of a training that ends with step `last`."""
        return step != self.looked and (step == 0 or step >= last or self.clock.look_is_due(step))

    def measure(self, module: nn.Module) -> Iterator[dict]:
        """Yield {} after every piece and then {"held_loss", "loss_by_t": BINS losses, from the data to the noise}."""
        errors = []
        for first in range(0, len(self.held.t), CHUNK if not self.spec.data.on_plane else 10**6):
            errors.append(self._errors(module, slice(first, first + CHUNK)))
            yield {}  # a neighbour may train now, so nothing of this look may stay switched on
        by_t = torch.cat(errors).view(BINS, -1).mean(1).tolist()
        yield {"held_loss": finite(sum(by_t) / BINS), "loss_by_t": [finite(round(loss, 5)) for loss in by_t]}

    @torch.inference_mode()
    def _errors(self, module: nn.Module, part: slice) -> Tensor:
        part = slice(None) if self.spec.data.on_plane else part
        condition = None if self.held.condition is None else self.held.condition[part]
        with autocast(self.device, self.precision):
            told = module(self.held.x[part], self.held.t[part], module.tell(condition))
        return (told.float() - self.held.wanted[part]).square().flatten(1).mean(1).cpu()

    def sample(self, module: nn.Module, prompt: str = "") -> Iterator[Tensor]:
        """Yield x after every step of the way from the noise that never changes; half of it for a prompt of one's own.
        """
        asked = sample_conditions(self.spec, prompt)
        condition, nothing = (None if one is None else one.to(self.device) for one in asked)
        with torch.inference_mode():
            told, against = module.tell(condition), module.tell(nothing)
        ask = Asker(module, told, against, GUIDANCE, precision=self.precision)
        for step in denoise(ask, self.start, self.plan):
            yield step.x_next


class SampleClock:
    """When the samples are drawn anew between two looks: often at first, then in SAMPLE_SHARE of the time.

    It goes by the processor seconds of the training (dlcore.training.clock).
    """

    def __init__(self) -> None:
        self._next = FIRST_SAMPLE

    def is_due(self, seconds: float) -> bool:
        """Whether to draw them after so many seconds of training."""
        return seconds >= self._next

    def add(self, seconds: float, cost: float) -> None:
        """Count samples that were drawn after so many seconds of training, and put the next ones off."""
        self._next = seconds + min(cost / SAMPLE_SHARE, max(FIRST_SAMPLE, EARLY * seconds))


def sample_labels(spec: Diffusion, prompt: str = "") -> list[int] | list[str] | None:
    """Return what the sampled pictures are told to be: digits, prompts (half of them one's own, if any), or None."""
    if spec.condition == "class":
        return [number % CLASSES for number in range(SAMPLED)]
    if spec.condition == "prompt":
        usual = list(SAMPLE_PROMPTS)
        return ([prompt] * len(usual) if prompt else usual) + usual
    return None


def sample_conditions(spec: Diffusion, prompt: str = "") -> tuple[Tensor | None, Tensor | None]:
    """Return what the sampled pictures are told to be, and the same many times nothing."""
    labels = sample_labels(spec, prompt)
    if spec.condition == "class":
        return torch.tensor(labels), torch.full((SAMPLED,), CLASSES)
    if spec.condition == "prompt":
        symbols = [read_prompt(text).symbols for text in labels]
        return torch.tensor(symbols), torch.tensor([read_prompt("").symbols] * SAMPLED)
    return None, None


def show(spec: Diffusion, x: Tensor) -> np.ndarray:
    """Return a sample as it is shown: bytes (n, 28, 28), or points (n, 2) on the plane."""
    return (x * SCALE).cpu().numpy().astype(np.float32) if spec.data.on_plane else as_pictures(x)
