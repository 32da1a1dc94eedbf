"""Everything needed to train on from a step, as arrays for a recording; what is not this network's is refused."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn, optim

from dlcore.errors import N_, RecordingError
from dlcore.training.files import Weights
from dlcore.training.optimizers import restore_tensors, state_tensors

FOREIGN = N_("These weights belong to another network.")


def to_arrays(tensors: Mapping[str, Tensor]) -> Weights:
    """Return tensors as contiguous arrays on the CPU."""
    return {name: value.detach().cpu().contiguous().numpy() for name, value in tensors.items()}


def full_state(module: nn.Module, optimizer: optim.Optimizer) -> Weights:
    """Return weights and the optimiser's moments, under "weights/…" and "moments/…"."""
    return ({f"weights/{name}": value for name, value in to_arrays(module.state_dict()).items()}
            | {f"moments/{name}": value for name, value in to_arrays(state_tensors(module, optimizer)).items()})


def load_weights(module: nn.Module, weights: Weights, assign: bool = False) -> None:
    """Give a module its weights, copied or (`assign`) as they are; RecordingError where they are another network's."""
    try:
        tensors = {name: torch.from_numpy(value) for name, value in weights.items()}
        own = module.state_dict()
        if assign and any(name in own and own[name].dtype != value.dtype for name, value in tensors.items()):
            raise TypeError("numbers of another kind")
        module.load_state_dict(tensors, assign=assign)
    except (RuntimeError, TypeError) as error:
        raise RecordingError(FOREIGN) from error


def load_full_state(module: nn.Module, optimizer: optim.Optimizer, arrays: Weights) -> None:
    """Give module and optimiser back what full_state returned; RecordingError where it is another network's."""
    parts: dict[str, Weights] = {"weights": {}, "moments": {}}
    for path, value in arrays.items():
        part, _, name = path.partition("/")
        if part not in parts:
            raise RecordingError(FOREIGN)
        parts[part][name] = value
    load_weights(module, parts["weights"])
    restore_tensors(module, optimizer, {name: torch.from_numpy(value) for name, value in parts["moments"].items()})


def alike(notes: object, own: object) -> bool:
    """Whether notes have the form of those that this training makes: the same names, numbers, and rows as long."""
    if isinstance(own, dict):
        same = isinstance(notes, dict) and notes.keys() == own.keys()
        return same and all(alike(notes[key], own[key]) for key in own)
    if isinstance(own, list) and own:
        return isinstance(notes, list) and len(notes) == len(own) and all(map(alike, notes, own))
    if isinstance(own, list):
        return isinstance(notes, list) and all(isinstance(note, str) for note in notes)
    return isinstance(notes, int | float) and not isinstance(notes, bool)
