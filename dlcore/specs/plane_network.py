"""The playground's network: features of a point, hidden layers, outputs; and the names of its weights and neurons.

Neurons are named "layer.number", counted from 1, the outputs being the last layer; weights and biases as on the
Backpropagation page: "w2.1.3" is the weight of layer 2 to its neuron 1 from the third neuron (or feature) before it,
"b2.1" that neuron's bias.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from dlcore.errors import N_, SpecError
from dlcore.specs.fields import Rule, check_value, choice, kind, parts, real, switch, whole
from dlcore.specs.model import ACTIVATIONS
from dlcore.specs.plane import is_number

FEATURES = ("x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)")
MOST_LAYERS, MOST_NEURONS = 8, 16
LARGEST = 100.0  # size of a weight that is set by hand
WEIGHT = Rule(float, -LARGEST, LARGEST)
PARAMETER = re.compile(r"w([1-9])\.([0-9]{1,2})\.([0-9]{1,2})|b([1-9])\.([0-9]{1,2})")
NEURON = re.compile(r"[1-9]\.[0-9]{1,2}")


class _Features(Rule):
    """Some of the FEATURES, each once and in their order."""

    def nearest(self, value: Any) -> tuple[str, ...]:
        chosen = tuple(name for name in FEATURES if name in value) if isinstance(value, list | tuple) else ()
        if chosen:
            return chosen
        raise ValueError(value)


class _Neurons(Rule):
    """Names of neurons; what is none is left out."""

    def nearest(self, value: Any) -> tuple[str, ...]:
        given = value if isinstance(value, list | tuple) else ()
        return tuple(sorted({name for name in given if isinstance(name, str) and NEURON.fullmatch(name)}))


class _ByHand(Rule):
    """Pairs of a weight's name and its value; what is not such a pair is left out."""

    def nearest(self, value: Any) -> tuple[tuple[str, float], ...]:
        kept = {}
        for pair in value if isinstance(value, list | tuple) else ():
            match pair:
                case [str(name), int() | float() as number] if PARAMETER.fullmatch(name) and is_number(number):
                    kept[name] = min(max(float(number), -LARGEST), LARGEST)
        return tuple(sorted(kept.items()))


@dataclass(frozen=True)
class Layer:
    """A layer of neurons and the activation function behind it; "none" leaves it linear."""

    kind: Literal["layer"] = kind("layer")
    neurons: int = whole(4, 1, MOST_NEURONS)
    activation: str = choice("tanh", *ACTIVATIONS, "none")


@dataclass(frozen=True)
class PlaneNetwork:
    """Features of a point, hidden layers, and (from the data) one output, or one a class where there are more than two.

    `residual` adds what a layer gets to what it gives, wherever both have as many numbers. `weights` holds what was
    set by hand before the training, as (name, value). A `frozen` neuron keeps its weights and its bias; a `removed`
    one gives 0.
    """

    kind: Literal["plane_network"] = kind("plane_network")
    features: tuple[str, ...] = field(default=("x1", "x2"), metadata={"rule": _Features(tuple)})
    layers: tuple[Layer, ...] = parts((Layer(), Layer(neurons=2)), Layer, MOST_LAYERS)
    dropout: float = real(0.0, 0, 0.9)
    batch_norm: bool = switch(False)
    residual: bool = switch(False)
    weights: tuple[tuple[str, float], ...] = field(default=(), metadata={"rule": _ByHand(tuple)})
    frozen: tuple[str, ...] = field(default=(), metadata={"rule": _Neurons(tuple)})
    removed: tuple[str, ...] = field(default=(), metadata={"rule": _Neurons(tuple)})


def parameter_names(sizes: tuple[int, ...]) -> Iterator[str]:
    """Yield the names of all weights and biases: of each layer all weights, neuron by neuron, then the biases."""
    for layer, (inputs, outputs) in enumerate(zip(sizes, sizes[1:]), 1):
        for neuron in range(1, outputs + 1):
            yield from (f"w{layer}.{neuron}.{source}" for source in range(1, inputs + 1))
        yield from (f"b{layer}.{neuron}" for neuron in range(1, outputs + 1))


def neuron_names(sizes: tuple[int, ...], outputs: bool = False) -> list[str]:
    """Return the names of the hidden neurons, layer by layer, and of the outputs where they are asked for."""
    layers = sizes[1:] if outputs else sizes[1:-1]
    return [f"{layer}.{number}" for layer, count in enumerate(layers, 1) for number in range(1, count + 1)]


def check_network(network: PlaneNetwork, sizes: tuple[int, ...]) -> None:
    """Raise SpecError where a network of these sizes cannot be built."""
    if len(network.layers) > MOST_LAYERS:
        raise SpecError("network.layers", N_("{count} hidden layers are more than {most}. Remove some."),
                        count=len(network.layers), most=MOST_LAYERS)
    if network.features != tuple(name for name in FEATURES if name in network.features) or not network.features:
        raise SpecError("network.features", N_("Choose one or more of the features {options}, each once."),
                        options=", ".join(FEATURES))
    check_names("network.weights", [name for name, _value in network.weights], parameter_names(sizes))
    check_names("network.frozen", network.frozen, neuron_names(sizes, outputs=True))
    check_names("network.removed", network.removed, neuron_names(sizes))
    for _name, value in network.weights:
        check_value("network.weights", value, WEIGHT)


def check_names(path: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise SpecError where a weight or neuron is named that is not known."""
    for name in set(given).difference(known):
        raise SpecError(path, N_("The network has no {name} there."), name=name)
