"""The optimisers, made from a spec."""

import torch
from torch import nn, optim

from dlcore.errors import N_, RecordingError
from dlcore.specs.training import Training

FOREIGN = N_("These moments belong to another network.")


def make_optimizer(module: nn.Module, spec: Training) -> optim.Optimizer:
    """Return the optimiser of a spec; fused where torch has a fused form, for it is several times faster."""
    parameters, rate, decay = list(module.parameters()), spec.learning_rate, spec.weight_decay
    match spec.optimizer:
        case "sgd":
            return optim.SGD(parameters, rate, momentum=spec.momentum, weight_decay=decay, fused=True)
        case "rmsprop":
            return optim.RMSprop(parameters, rate, weight_decay=decay, foreach=True)
        case "adam":
            return optim.Adam(parameters, rate, weight_decay=decay, fused=True)
        case _:
            return optim.AdamW(parameters, rate, weight_decay=decay, fused=True)


def state_tensors(module: nn.Module, optimizer: optim.Optimizer) -> dict[str, torch.Tensor]:
    """Return the optimiser's moments and the gradients that have piled up, each under its parameter's name."""
    tensors = {}
    for name, parameter in module.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            if value is not None:
                tensors[f"{key}/{name}"] = torch.as_tensor(value)
        if parameter.grad is not None:
            tensors[f"grad/{name}"] = parameter.grad
    return tensors


def restore_tensors(module: nn.Module, optimizer: optim.Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    """Give the optimiser back what state_tensors returned, laid out in memory as its parameters are.

    RecordingError where these are another network's or another optimiser's.
    """
    parameters = dict(module.named_parameters())
    _check_moments(parameters, tensors)
    for path, value in tensors.items():
        key, _, name = path.partition("/")
        parameter = parameters[name]
        if key == "grad":
            parameter.grad = _laid_out(value, parameter)
        else:
            optimizer.state[parameter][key] = _laid_out(value, parameter)


def _check_moments(parameters: dict[str, nn.Parameter], tensors: dict[str, torch.Tensor]) -> None:
    """Whether every moment is as large as its parameter, and each parameter that has moments has the same ones."""
    held: dict[str, set[str]] = {}
    for path, value in tensors.items():
        key, _, name = path.partition("/")
        fits = not value.dim() or value.shape == parameters[name].shape if name in parameters else False
        if not fits or not value.is_floating_point():
            raise RecordingError(FOREIGN)
        if key != "grad":
            held.setdefault(name, set()).add(key)
    if len({frozenset(keys) for keys in held.values()}) > 1:
        raise RecordingError(FOREIGN)


def _laid_out(value: torch.Tensor, parameter: nn.Parameter) -> torch.Tensor:
    """Return a copy where the parameter is, with its strides, on which the fused optimisers rely; a count has none."""
    if value.dim() == 0:
        return value.to(parameter.device, copy=True)
    return torch.empty_like(parameter, requires_grad=False).copy_(value)
