"""A denoiser as it was at one moment: its mean weights, and how a request's `sampling` is carried out with it.

Every request about a diffusion has {"model", "sampling": a plain dlcore.specs.sampling.Sampling (what differs from its
defaults)}. What is out of range is brought into it, and the answer says so: "mends", a list of (field, given, used).
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from dlcore.diffusion.prompts import read_prompt
from dlcore.diffusion.schedules import spaced
from dlcore.errors import SpecError
from dlcore.explain.denoising import Asker, Plan, limit_of, part_way, start_noise
from dlcore.models.denoiser import Told, build_denoiser, outline_denoiser
from dlcore.specs.codec import from_link
from dlcore.specs.denoiser import CLASSES
from dlcore.specs.diffusion import Diffusion
from dlcore.specs.sampling import Sampling, sampler_of, why_not
from dlcore.training.files import Weights
from dlcore.training.recording import Recording
from dlcore.training.state import load_weights


@dataclass(frozen=True)
class DiffusionSnapshot:
    """The network of a spec in eval() on the CPU, and the step that its weights are from."""

    spec: Diffusion
    module: nn.Module
    step: int

    @torch.inference_mode()
    def tell(self, sampling: Sampling, text: str | None = None) -> Told:
        """Return what the network makes of one picture's condition: the prompt (or another text), or the class."""
        if self.spec.condition == "prompt":
            symbols = read_prompt(sampling.prompt if text is None else text).symbols
            return self.module.tell(torch.tensor([symbols]))
        if self.spec.condition == "class":
            digit = CLASSES if sampling.digit < 0 else sampling.digit
            return self.module.tell(torch.tensor([digit]))
        return Told()

    @torch.inference_mode()
    def tell_away(self, sampling: Sampling) -> Told:
        """Return what the network is guided away from: the negative prompt, or nothing asked for."""
        if self.spec.condition == "class":
            return self.module.tell(torch.tensor([CLASSES]))
        return self.tell(sampling, sampling.negative) if self.spec.condition == "prompt" else Told()

    def asker(self, sampling: Sampling, count: int = 1, both: bool = False) -> Asker:
        """Return the network as `count` pictures of one prompt ask it."""
        told, away = (times(one, count) for one in (self.tell(sampling), self.tell_away(sampling)))
        return Asker(self.module, told, away, sampling.guidance, both)

    def plan(self, sampling: Sampling, partial: bool = False) -> Plan:
        """Return the way from noise to data, or (`partial`) from the share `strength` of noise; SpecError where the
        sampler does not belong to this model."""
        if (reason := why_not(sampling.sampler, self.spec.process.target)) is not None:
            raise SpecError("sampler", reason)
        pairs = part_way(sampling.steps, sampling.strength) if partial else tuple(spaced(sampling.steps))
        return Plan(self.spec.process, pairs, sampler_of(sampling, self.spec.process.target), sampling.eta,
                    limit_of(self.spec), sampling.seed)

    def noise(self, sampling: Sampling, count: int = 1) -> Tensor:
        """Return x_T of the seed."""
        return start_noise(self.spec.data.shape, count, sampling.seed)


def times(told: Told, count: int) -> Told:
    """Return one picture's condition for `count` pictures."""
    return Told(*(None if part is None else part.expand(count, *part.shape[1:]) for part in told))


def read_sampling(request: dict, field: str = "sampling") -> tuple[Sampling, list[tuple[str, str, str]]]:
    """Return how a request wants to sample, and what had to be mended in it."""
    sampling, mends = from_link(json.dumps(request.get(field) or {}), "sampling")
    return sampling, [(mend.field, mend.given, mend.used) for mend in mends]


def open_denoiser(spec: Diffusion, weights: Weights | None, step: int, home: Path, recording: Recording | None
                  ) -> DiffusionSnapshot:
    """Return the network of a spec with some weights, or (None) its initial ones."""
    if weights is None:
        return DiffusionSnapshot(spec, _ready(build_denoiser(spec)), step)
    module = outline_denoiser(spec)
    load_weights(module, weights)
    return DiffusionSnapshot(spec, _ready(module), step)


def _ready(module: nn.Module) -> nn.Module:
    return module.eval().requires_grad_(False).to(memory_format=torch.channels_last)
