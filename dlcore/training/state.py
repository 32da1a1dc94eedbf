"""Everything needed to train on from a step, as arrays for a recording."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn, optim

from dlcore.training.files import Weights
from dlcore.training.optimizers import restore_tensors, state_tensors


def to_arrays(tensors: Mapping[str, Tensor]) -> Weights:
    """Return tensors as contiguous arrays on the CPU."""
    return {name: value.detach().cpu().contiguous().numpy() for name, value in tensors.items()}


def full_state(module: nn.Module, optimizer: optim.Optimizer) -> Weights:
    """Return weights and the optimiser's moments, under "weights/…" and "moments/…"."""
    return ({f"weights/{name}": value for name, value in to_arrays(module.state_dict()).items()}
            | {f"moments/{name}": value for name, value in to_arrays(state_tensors(module, optimizer)).items()})


def load_weights(module: nn.Module, weights: Weights, assign: bool = False) -> None:
    """Give a module its weights, copied or (`assign`) as they are; ValueError where they are another network's."""
    try:
        module.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()}, assign=assign)
    except RuntimeError as error:
        raise ValueError("these weights belong to another network") from error


def load_full_state(module: nn.Module, optimizer: optim.Optimizer, arrays: Weights) -> None:
    """Give module and optimiser back what full_state returned."""
    parts: dict[str, Weights] = {"weights": {}, "moments": {}}
    for path, value in arrays.items():
        part, _, name = path.partition("/")
        parts[part][name] = value
    load_weights(module, parts["weights"])
    restore_tensors(module, optimizer, {name: torch.from_numpy(value) for name, value in parts["moments"].items()})
