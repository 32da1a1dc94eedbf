"""A small network brought to any update: the real module and the real optimiser, from the beginning each time."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from dlcore.errors import N_, EngineError
from dlcore.explain.chain import split_name
from dlcore.explain.update_rules import Update, spell_out
from dlcore.models.mlp import build_mlp
from dlcore.specs.backprop import Backprop, parameter_names
from dlcore.specs.training import Training
from dlcore.training.optimizers import make_optimizer

TOLERANCE = 1e-9  # between what is spelled out and what torch.optim did, relative to what it is made of
LOSSES = {"mse": nn.MSELoss, "cross_entropy": nn.CrossEntropyLoss, "bce": nn.BCEWithLogitsLoss}


@dataclass
class Replay:
    """A network after some updates, with its optimiser and the loss before each update."""

    spec: Backprop
    module: nn.Sequential
    optimizer: Optimizer
    losses: list[float] = field(default_factory=list)

    @property
    def loss_of(self) -> nn.Module:
        """The loss, as a module."""
        return LOSSES[self.spec.loss]()

    @property
    def inputs(self) -> Tensor:
        """The example, (1, inputs)."""
        return torch.tensor([self.spec.inputs], dtype=torch.float64)

    @property
    def target(self) -> Tensor:
        """What the loss compares with: the number of the true class for cross-entropy, else one number an output."""
        if self.spec.loss == "cross_entropy":
            return torch.tensor([self.spec.targets.index(max(self.spec.targets))])
        return torch.tensor([self.spec.targets], dtype=torch.float64)

    def loss(self) -> Tensor:
        """Return the loss of the example with the weights as they are."""
        return self.loss_of(self.module(self.inputs), self.target)

    def clear(self) -> None:
        """Set the gradients to zero, unless that is switched off."""
        if self.spec.zero_grad:
            self.optimizer.zero_grad()


def build_network(spec: Backprop) -> nn.Sequential:
    """Return the network before any update: initial weights with two decimals, and those set by hand."""
    module = build_mlp(spec.sizes, spec.activation, spec.seed, on_outputs=spec.on_outputs and spec.loss == "mse")
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_((parameter * 100).round() / 100)
    for name, value in spec.weights:
        write_scalar(module, name, value)
    return module


def replay(spec: Backprop) -> Replay:
    """Return the network after the updates of a spec, or after the last one that leaves its loss a number."""
    module = build_network(spec)
    decay = spec.weight_decay if spec.optimizer == "adamw" else 0.0
    kind, momentum = ("sgd", 0.0) if spec.optimizer == "plain" else (spec.optimizer, spec.momentum)
    rule = Training(optimizer=kind, momentum=momentum, learning_rate=spec.learning_rate, weight_decay=decay)
    played = Replay(spec, module, make_optimizer(module, rule))
    for _update in range(spec.updates):
        loss = played.loss()
        played.losses.append(loss.item())
        played.clear()
        loss.backward()
        played.optimizer.step()
    played.losses.append(played.loss().item())
    return played


def last_finite(losses: list[float]) -> int:
    """Return how many updates were made before the loss stopped being a number of usable size."""
    return next((index - 1 for index, loss in enumerate(losses) if not abs(loss) < 1e12), len(losses) - 1)


def names_of(module: nn.Sequential) -> Iterator[str]:
    """Yield the names of all weights and biases of a module (see dlcore.specs.backprop)."""
    layers = [layer for layer in module if isinstance(layer, nn.Linear)]
    yield from parameter_names((layers[0].in_features, *(layer.out_features for layer in layers)))


def read_scalar(module: nn.Sequential, name: str, of: str = "data") -> float | None:
    """Return one weight, or with of="grad" its gradient; None where there is none yet."""
    parameter, place = locate(module, name)
    tensor = getattr(parameter, of)
    return None if tensor is None else tensor[place].item()


def write_scalar(module: nn.Sequential, name: str, value: float) -> None:
    """Set one weight."""
    parameter, place = locate(module, name)
    with torch.no_grad():
        parameter[place] = value


def locate(module: nn.Sequential, name: str) -> tuple[nn.Parameter, tuple[int, ...]]:
    """Return the parameter that a weight is part of, and its place in it."""
    letter, layer, neuron, source = split_name(name)
    linear = module.get_submodule(f"fc{layer}")
    return (linear.weight, (neuron, source)) if letter == "w" else (linear.bias, (neuron,))


def read_state(played: Replay, name: str) -> dict[str, float]:
    """Return what the optimiser keeps of one weight, without its count of steps."""
    parameter, place = locate(played.module, name)
    state = played.optimizer.state.get(parameter, {})
    return {key: value[place].item() for key, value in state.items() if key != "step" and value is not None}


def update_once(played: Replay) -> dict[str, Update]:
    """Let the optimiser make one update with the gradients that are there; return it spelled out for every weight.

    EngineError where the spelled-out weights or states are not those of the optimiser.
    """
    count = len(played.losses)
    before = {name: (read_scalar(played.module, name), read_scalar(played.module, name, "grad"),
                     read_state(played, name)) for name in names_of(played.module)}
    spelled = {name: spell_out(played.spec, *known, count) for name, known in before.items()}
    played.optimizer.step()
    for name, update in spelled.items():
        if not _is_made(update, *before[name], read_scalar(played.module, name), read_state(played, name)):
            raise EngineError(N_("The update of {name} is not what the optimiser did."), name=name)
    return spelled


def _is_made(update: Update, weight: float, gradient: float, state: dict[str, float], after: float,
             made: dict[str, float]) -> bool:
    """Whether the optimiser made of a weight and its state what is spelled out, tiny states as closely as others."""
    sizes = {key: max(abs(state.get(key, 0.0)), gradient**2 if "sq" in key else abs(gradient)) for key in made}
    return abs(update.weight - after) <= TOLERANCE * max(abs(weight), abs(after)) and all(
        abs(update.state[key] - made[key]) <= TOLERANCE * max(sizes[key], abs(made[key])) for key in made)
