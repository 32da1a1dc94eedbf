"""Where, and in which precision, a network computes."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import torch

from dlcore.errors import N_, SpecError
from dlcore.specs.experiment import Experiment
from dlcore.specs.shapes import count_multiply_adds

WIDE = 800_000  # multiply-adds a picture from which bfloat16 is faster than float32


class Numeric(Protocol):
    """What every kind of training says of its numbers."""

    precision: str
    reproducible: bool
    device: str


def open_device(name: str) -> torch.device:
    """Return a device; raise SpecError where this machine has none of that name."""
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise SpecError("training.device", N_("There is no device {value}. Use cpu."), value=name) from error


def choose_precision(experiment: Experiment) -> torch.dtype:
    """Return bfloat16 where it was asked for, or is faster here and was not ruled out; else float32."""
    return choose_half(experiment.training, count_multiply_adds(experiment.network, experiment.data) >= WIDE)


def choose_half(training: Numeric, pays: bool) -> torch.dtype:
    """Return bfloat16 where it was asked for, or where it `pays`, is fast here and was not ruled out; else float32."""
    if training.precision == "float32" or training.reproducible:
        return torch.float32
    fast = training.precision == "bfloat16" or pays and has_fast_bfloat16(training.device)
    return torch.bfloat16 if fast else torch.float32


def has_fast_bfloat16(device: str) -> bool:
    """Whether a device multiplies bfloat16 matrices faster than float32 ones."""
    if device == "cpu":
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return not device.startswith("cuda") or torch.cuda.is_bf16_supported(including_emulation=False)


def autocast(device: torch.device, precision: torch.dtype) -> AbstractContextManager:
    """Return the context in which a network computes in a precision."""
    return nullcontext() if precision == torch.float32 else torch.autocast(device.type, precision)
