"""What the Playground page is about: points on a plane, a small dense network, how it learns, and what was changed."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from dlcore.errors import N_, SpecError
from dlcore.specs.changes import MAX_STEP, Change, check_changes, check_device
from dlcore.specs.fields import Rule, check_values, choice, kind, real, rule_of, switch, whole
from dlcore.specs.plane import PlaneData, check_data, fit_data
from dlcore.specs.plane_network import (
    NEURON,
    PARAMETER,
    WEIGHT,
    PlaneNetwork,
    check_names,
    check_network,
    neuron_names,
    parameter_names,
)
from dlcore.specs.shapes import LayerRow
from dlcore.specs.training import OPTIMIZERS

PACES = (1, 5, 20, 60, 250, 1000, 0)  # epochs a second; 0 is as fast as it goes
LIVE_TRAINING = ("learning_rate", "momentum", "l1", "l2", "epochs", "pace")
SWITCH = Rule(bool)


@dataclass(frozen=True)
class PlaneTraining:
    """How the network learns.

    The loss "squared" is that of the classic playground: outputs with tanh, targets -1 and +1, half the squared
    distance. `l1` and `l2` add l1·Σ|w| + l2/2·Σw² over the weights (not the biases) to the loss; with AdamW, `l2` is
    its decoupled weight decay. `pace` is in epochs a second, at most; it changes nothing but the speed.
    """

    kind: Literal["plane_training"] = kind("plane_training")
    loss: str = choice("cross_entropy", "cross_entropy", "squared")
    optimizer: str = choice("sgd", *OPTIMIZERS)
    momentum: float = real(0.0, 0, 0.999)
    learning_rate: float = real(0.03, 0, 10)
    batch_size: int = whole(10, 1, 1000)
    l1: float = real(0.0, 0, 1)
    l2: float = real(0.0, 0, 1)
    epochs: int = whole(2_000, 1, 1_000_000)
    pace: int = choice(60, *PACES)
    seed: int = whole(0, 0, 2**31 - 1)
    device: str = "cpu"
    reproducible: bool = switch(False)


@dataclass(frozen=True)
class Playground:
    """All that a run needs: equal specs give equal points, equal initial weights and the same order of the data."""

    kind: Literal["playground"] = kind("playground")
    data: PlaneData = field(default_factory=PlaneData)
    network: PlaneNetwork = field(default_factory=PlaneNetwork)
    training: PlaneTraining = field(default_factory=PlaneTraining)
    changes: tuple[Change, ...] = ()

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of features, of neurons in each hidden layer, and of outputs."""
        return len(self.network.features), *(layer.neurons for layer in self.network.layers), self.outputs

    @property
    def outputs(self) -> int:
        """One number, or a score for each of more than two classes."""
        return self.data.class_count if self.data.class_count > 2 else 1

    @property
    def loss(self) -> str:
        """The loss in use: numbers are always learned by squared error."""
        return "squared" if self.data.regression else self.training.loss


# what must hold

def check(spec: Playground) -> None:
    """Raise SpecError where an experiment cannot be run; the message says what would fix it."""
    check_values(spec)
    check_device(spec.training.device)
    check_data(spec.data)
    check_network(spec.network, spec.sizes)
    check_changes(spec.changes, live_rule)
    for change in spec.changes:
        check_names(change.field, _named(change.field), _changeable(spec, change.field))
    if spec.training.epochs > most_epochs(spec):
        raise SpecError("training.epochs", N_("{epochs:,} epochs of {steps:,} steps are more than can be counted here. "
                                              "Use at most {most:,} epochs, or a larger batch."),
                        epochs=spec.training.epochs, steps=steps_per_epoch(spec), most=most_epochs(spec))
    if spec.network.batch_norm and smallest_batch(spec) == 1:
        raise SpecError("network.batch_norm", N_("Batch norm compares the points of a batch, but the last batch of an "
                                                 "epoch has only one. Use another batch size, or another number of "
                                                 "points."))


def most_epochs(spec: Playground) -> int:
    """Return how many epochs can be trained before the steps are more than can be counted."""
    return (MAX_STEP - 1) // steps_per_epoch(spec)


def smallest_batch(spec: Playground) -> int:
    """Return the points of an epoch's smallest batch."""
    points, size = spec.data.train_count, spec.training.batch_size
    return points % size or min(size, points)


def fit(spec: Playground) -> Playground:
    """Return the spec with what it cannot use brought to the nearest that it can."""
    spec = replace(spec, data=fit_data(spec.data))
    sizes, network = spec.sizes, spec.network
    known = {*parameter_names(sizes), *neuron_names(sizes, outputs=True)}
    network = replace(
        network, batch_norm=network.batch_norm and smallest_batch(spec) > 1,
        weights=tuple((name, value) for name, value in network.weights if name in known),
        frozen=tuple(name for name in network.frozen if name in known),
        removed=tuple(name for name in network.removed if name in neuron_names(sizes)))
    changes = tuple(change for change in spec.changes
                    if set(_named(change.field)) <= set(_changeable(spec, change.field)))
    training = replace(spec.training, epochs=min(spec.training.epochs, most_epochs(spec)))
    return replace(spec, network=network, training=training, changes=changes)


def _named(path: str) -> list[str]:
    """Return the weight or neuron that a live setting is about, if it is about one."""
    name = path.removeprefix("network.").removeprefix("frozen.").removeprefix("removed.")
    return [name] if PARAMETER.fullmatch(name) or NEURON.fullmatch(name) else []


def _changeable(spec: Playground, path: str) -> list[str]:
    """Return the weights and neurons that a live setting can be about."""
    if path.startswith("network.removed."):
        return neuron_names(spec.sizes)
    return [*parameter_names(spec.sizes), *neuron_names(spec.sizes, outputs=True)]


# what can be changed while it learns

def live_rule(path: str) -> Rule | None:
    """Return the rule of a setting that can be changed while a run goes on; None for one that cannot.

    These are LIVE_TRAINING and network.dropout, a weight as "network.w1.2.1", and a neuron as "network.frozen.1.2" or
    "network.removed.1.2" (a switch each).
    """
    part, _, name = path.partition(".")
    if part == "training" and name in LIVE_TRAINING:
        return _rule_of(PlaneTraining, name)
    if path == "network.dropout":
        return _rule_of(PlaneNetwork, "dropout")
    if part == "network" and PARAMETER.fullmatch(name):
        return WEIGHT
    switched, _, neuron = name.partition(".")
    return SWITCH if switched in ("frozen", "removed") and NEURON.fullmatch(neuron) else None


def _rule_of(owner: type, name: str) -> Rule:
    return next(rule for declared in fields(owner) if declared.name == name and (rule := rule_of(declared)))


def apply_change(spec: Playground, change: Change) -> Playground:
    """Return the spec with one setting changed; a weight set by hand is an act of its moment and leaves it as it is."""
    part, _, name = change.field.partition(".")
    if part == "training":
        return replace(spec, training=replace(spec.training, **{name: change.value}))
    if PARAMETER.fullmatch(name):
        return spec
    if name == "dropout":
        return replace(spec, network=replace(spec.network, dropout=change.value))
    switched, _, neuron = name.partition(".")
    others = {other for other in getattr(spec.network, switched) if other != neuron}
    names = tuple(sorted(others | {neuron} if change.value else others))
    return replace(spec, network=replace(spec.network, **{switched: names}))


def live_settings(spec: Playground) -> dict[str, Any]:
    """Return the settings that can be changed while a run goes on, as (path: value); no weights, see apply_change."""
    network, neurons = spec.network, neuron_names(spec.sizes, outputs=True)
    return {**{f"training.{name}": getattr(spec.training, name) for name in LIVE_TRAINING},
            "network.dropout": network.dropout,
            **{f"network.frozen.{name}": name in network.frozen for name in neurons},
            **{f"network.removed.{name}": name in network.removed for name in neuron_names(spec.sizes)}}


def without_live(spec: Playground) -> Playground:
    """Return the spec with everything that can be changed while a run goes on at its default."""
    usual = PlaneTraining()
    training = replace(spec.training, **{name: getattr(usual, name) for name in LIVE_TRAINING})
    network = replace(spec.network, dropout=0.0, frozen=(), removed=())
    return replace(spec, training=training, network=network, changes=())


# what it takes

def steps_per_epoch(spec: Playground) -> int:
    """Return the steps of one epoch; the last batch may be smaller."""
    return -(-spec.data.train_count // spec.training.batch_size)


def layer_table(spec: Playground) -> tuple[LayerRow, ...]:
    """Return one row a layer: the fully connected ones, and what stands behind them."""
    rows = []
    for number, (inputs, outputs) in enumerate(zip(spec.sizes, spec.sizes[1:]), 1):
        parts = [LayerRow(f"fc{number}", number - 1, "linear", (outputs,), (inputs + 1) * outputs,
                          f"({inputs}+1)·{outputs}", inputs * outputs, spec.sizes[0])]
        if number <= len(spec.network.layers):
            parts += _behind(spec, number)
        rows += parts
    return tuple(rows)


def _behind(spec: Playground, number: int) -> Iterator[LayerRow]:
    """Yield what stands behind a hidden layer."""
    layer, network = spec.network.layers[number - 1], spec.network
    there = {"norm": network.batch_norm, "act": layer.activation != "none", "drop": network.dropout > 0}
    kinds = {"norm": "batch_norm", "act": layer.activation, "drop": "dropout"}
    for name, is_there in there.items():
        if is_there:
            row = LayerRow(f"{name}{number}", number - 1, kinds[name], (layer.neurons,))
            yield replace(row, parameters=2 * layer.neurons, formula=f"2·{layer.neurons}") if name == "norm" else row


def estimate_memory(spec: Playground) -> int:
    """Return about how many bytes a running training holds: mostly the pictures of its neurons."""
    neurons = sum(spec.sizes)
    return 20 * 2**20 + 4 * neurons * (2 * 100 * 100 + 4 * (spec.data.train_count + spec.data.test_count))
