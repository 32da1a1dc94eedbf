"""A denoiser as it was at one moment: its mean weights, and what a request wants of it."""

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from dlcore.models.denoiser import build_denoiser, outline_denoiser
from dlcore.specs.diffusion import Diffusion
from dlcore.training.files import Weights
from dlcore.training.recording import Recording
from dlcore.training.state import load_weights


@dataclass(frozen=True)
class DiffusionSnapshot:
    """The network of a spec in eval() on the CPU, and the step that its weights are from."""

    spec: Diffusion
    module: nn.Module
    step: int


def open_denoiser(spec: Diffusion, weights: Weights | None, step: int, home: Path, recording: Recording | None
                  ) -> DiffusionSnapshot:
    """Return the network of a spec with some weights, or (None) its initial ones."""
    if weights is None:
        return DiffusionSnapshot(spec, build_denoiser(spec).eval(), step)
    module = outline_denoiser(spec)
    load_weights(module, weights)
    return DiffusionSnapshot(spec, module.eval().requires_grad_(False), step)
