"""What the Backpropagation page works through: a small network, one example, and how the weights are updated."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dlcore.errors import N_, SpecError
from dlcore.specs.fields import Rule, check_values, choice, kind, real, row, switch, whole

ACTIVATIONS = ("sigmoid", "tanh", "relu", "none")
LOSSES = ("mse", "cross_entropy", "bce")
OPTIMIZERS = ("plain", "sgd", "rmsprop", "adam", "adamw")  # "sgd" is SGD with momentum, as everywhere
CURES = ("relu_he", "residual", "batch_norm")
MAX_LAYERS, MAX_UNITS, MAX_UPDATES = 3, 4, 200
LARGEST = 100.0  # size of an input, a target, a weight
PARAMETER = re.compile(r"w[1-4]\.[1-4]\.[1-4]|b[1-4]\.[1-4]")
FIRST = "w1.1.1"


class _Named(Rule):
    """The name of a weight or bias."""

    def nearest(self, value: Any) -> str:
        if isinstance(value, str) and PARAMETER.fullmatch(value):
            return value
        raise ValueError(value)


class _ByHand(Rule):
    """Pairs of a weight's name and its value; what is not such a pair is left out."""

    def nearest(self, value: Any) -> tuple[tuple[str, float], ...]:
        kept = {}
        for pair in value if isinstance(value, list | tuple) else ():
            match pair:
                case [str(name), int(number) | float(number)] if PARAMETER.fullmatch(name):
                    kept[name] = Rule(float, -LARGEST, LARGEST).nearest(number)
        return tuple(sorted(kept.items()))


@dataclass(frozen=True)
class Backprop:
    """One example's way through a small network and back, and the updates that follow.

    `weights` holds what was set by hand as (name, value): "w1.2.1" is the weight of layer 1 to neuron 2 from its
    first input, "b1.2" that neuron's bias. `updates` says how many updates have been made.
    """

    kind: Literal["backprop"] = kind("backprop")
    hidden: tuple[int, ...] = field(default=(3,), metadata={"rule": Rule(int, 1, MAX_UNITS, length=(1, MAX_LAYERS))})
    inputs: tuple[float, ...] = row((1.0, -0.5), -LARGEST, LARGEST, 1, MAX_UNITS)
    targets: tuple[float, ...] = row((1.0, 0.0), -LARGEST, LARGEST, 1, MAX_UNITS)
    weights: tuple[tuple[str, float], ...] = field(default=(), metadata={"rule": _ByHand(tuple)})
    activation: str = choice("sigmoid", *ACTIVATIONS)
    on_outputs: bool = switch(False)
    loss: str = choice("mse", *LOSSES)
    optimizer: str = choice("plain", *OPTIMIZERS)
    momentum: float = real(0.9, 0, 0.999)
    learning_rate: float = real(0.5, 0, 10)
    weight_decay: float = real(0.01, 0, 1)
    zero_grad: bool = switch(True)
    seed: int = whole(0, 0, 2**31 - 1)
    updates: int = whole(0, 0, MAX_UPDATES)
    picked: str = field(default=FIRST, metadata={"rule": _Named(str)})
    cure: str = choice("relu_he", *CURES)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of inputs, of neurons in each layer, and of outputs."""
        return len(self.inputs), *self.hidden, len(self.targets)


def parameter_names(sizes: tuple[int, ...]) -> Iterator[str]:
    """Yield the names of all weights and biases: of each layer, neuron by neuron, its weights and then its bias."""
    for layer, (inputs, outputs) in enumerate(zip(sizes, sizes[1:]), 1):
        for neuron in range(1, outputs + 1):
            yield from (f"w{layer}.{neuron}.{source}" for source in range(1, inputs + 1))
            yield f"b{layer}.{neuron}"


def check(spec: Backprop) -> None:
    """Raise SpecError where a setting cannot be used; the message says what is allowed."""
    check_values(spec)
    names = set(parameter_names(spec.sizes))
    for name, value in (*spec.weights, (spec.picked, 0.0)):
        if name not in names:
            raise SpecError("weights", N_("The network has no weight {name}."), name=name)
        check_number(f"weights[{name}]", value)
    _check_targets(spec)


def check_number(path: str, value: object) -> None:
    """Raise SpecError where a value is not a number of reasonable size."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= LARGEST:
        raise SpecError(path, N_("{value} cannot be used here. Type a number from −{most:.0f} to {most:.0f}."),
                        value=str(value)[:40], most=LARGEST)


def _check_targets(spec: Backprop) -> None:
    targets = spec.targets
    if spec.loss == "bce" and not all(0 <= target <= 1 for target in targets):
        raise SpecError("targets", N_("Binary cross-entropy compares with probabilities. Use targets from 0 to 1."))
    if spec.loss == "cross_entropy" and (sorted(targets)[-1:] != [1] or sum(map(abs, targets)) != 1):
        raise SpecError("targets", N_("Cross-entropy needs one true class: one target 1, the others 0."))
    if spec.loss == "cross_entropy" and len(targets) < 2:
        raise SpecError("targets", N_("Cross-entropy chooses between classes. Use at least two outputs."))


def fit_targets(spec: Backprop) -> Backprop:
    """Return the spec with targets that its loss can use: the nearest probabilities, or the largest as true class."""
    targets = spec.targets
    if spec.loss == "bce":
        targets = tuple(min(max(target, 0.0), 1.0) for target in targets)
    elif spec.loss == "cross_entropy":
        targets = targets if len(targets) > 1 else (*targets, 0.0)
        true = max(range(len(targets)), key=targets.__getitem__)
        targets = tuple(float(index == true) for index in range(len(targets)))
    return replace(spec, targets=targets)


def fit_weights(spec: Backprop) -> Backprop:
    """Return the spec without the weights set by hand, and the one picked, that its network does not have."""
    names = set(parameter_names(spec.sizes))
    weights = tuple((name, value) for name, value in spec.weights if name in names)
    return replace(spec, weights=weights, picked=spec.picked if spec.picked in names else FIRST)


def fit(spec: Backprop) -> Backprop:
    """Return the spec with what its network and its loss cannot use brought to the nearest that they can."""
    return fit_weights(fit_targets(spec))


def set_weight(spec: Backprop, name: str, value: float) -> Backprop:
    """Return the spec with one weight set by hand; SpecError where it is no number, or no weight of the network."""
    check_number(f"weights[{name}]", value)
    changed = replace(spec, weights=tuple(sorted((dict(spec.weights) | {name: float(value)}).items())))
    check(changed)
    return changed
