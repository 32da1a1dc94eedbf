"""A point and the network go over to the Backpropagation page, where every number of a pass is walked through."""

from collections.abc import Iterator

import numpy as np

from dlcore.data.toy import features_of
from dlcore.errors import N_, SpecError
from dlcore.specs import backprop
from dlcore.specs.backprop import MAX_LAYERS, MAX_UNITS, Backprop
from dlcore.specs.plane_network import parameter_names
from dlcore.specs.playground import Playground
from pages.ui import words
from pages.ui.language import _, number

TOO_LARGE = N_("This network does not fit on the Backpropagation page: {reasons}.")


def take_over(spec: Playground, at: tuple[float, float], weights: np.ndarray, target: float) -> Backprop:
    """Return the network as it stands and a point (x1, x2; its class or number) as what that page walks through.

    SpecError says everything that does not fit there.
    """
    if reasons := list(misfits(spec, weights)):
        raise SpecError("network", TOO_LARGE, reasons="; ".join(reasons))
    taken = Backprop(
        hidden=tuple(layer.neurons for layer in spec.network.layers),
        inputs=tuple(map(float, features_of(np.array([at]), spec.network.features)[0].round(6))),
        targets=_targets(spec, target), weights=_by_name(spec, weights), activation=_activation(spec),
        on_outputs=spec.loss == "squared", loss=_loss(spec), optimizer=_optimizer(spec),
        momentum=spec.training.momentum, learning_rate=spec.training.learning_rate)
    backprop.check(taken)
    return taken


def misfits(spec: Playground, weights: np.ndarray) -> Iterator[str]:
    """Yield what of a network has no room there, in words."""
    network, sizes = spec.network, spec.sizes
    if not 1 <= len(network.layers) <= MAX_LAYERS:
        yield _("it has {n} hidden layers, there are 1 to {most}").format(n=len(network.layers), most=MAX_LAYERS)
    if any(layer.neurons > MAX_UNITS for layer in network.layers):
        yield _("a layer has {n} neurons, at most {most} fit").format(
            n=max(layer.neurons for layer in network.layers), most=MAX_UNITS)
    for count, text in ((sizes[0], N_("it has {n} features, at most {most} fit")),
                        (sizes[-1], N_("it has {n} outputs, at most {most} fit"))):
        if count > MAX_UNITS:
            yield _(text).format(n=count, most=MAX_UNITS)
    yield from _unlike(spec)
    if weights.size and not np.abs(weights).max() <= backprop.LARGEST:
        yield _("a weight is larger than {most}").format(most=number(backprop.LARGEST))


def _unlike(spec: Playground) -> Iterator[str]:
    """Yield what that page's networks do not have."""
    network = spec.network
    functions = {layer.activation for layer in network.layers}
    if len(functions) > 1:
        yield _("its layers have different activation functions, there all have the same")
    for name in sorted(functions - set(backprop.ACTIVATIONS)):
        yield _("there is no {name} there").format(name=words.option(name))
    if spec.loss == "squared" and functions != {"tanh"}:
        yield _("the squared error puts tanh behind the outputs, so there the layers must have tanh too")
    if network.batch_norm:
        yield _("it has batch norm")
    if network.residual:
        yield _("it has residual connections")


def differences(spec: Playground) -> list[str]:
    """Return, in words, what the page there leaves out of a training that goes over."""
    network, training = spec.network, spec.training
    left_out = [(network.dropout, N_("dropout")), (training.l1, "L1"), (training.l2, "L2"),
                (network.frozen, N_("frozen neurons"))]
    said = [_(name) for used, name in left_out if used]
    if spec.loss == "squared":
        said.append(_("the half in front of the squared error"))
    return said


def say_arrival(spec: Playground, at: tuple[float, float]) -> str:
    """Return the sentence with which a point arrives there."""
    said = _("The network came over from the playground as it stood, with the point ({across}, {up}).").format(
        across=number(at[0], 2), up=number(at[1], 2))
    if left_out := differences(spec):
        said += " " + _("Not taken over: {things}.").format(things=", ".join(left_out))
    return said


def _by_name(spec: Playground, weights: np.ndarray) -> tuple[tuple[str, float], ...]:
    """Return all weights by name; what leads out of a removed neuron is 0 there."""
    removed = {tuple(map(int, name.split("."))) for name in spec.network.removed}
    values = dict(zip(parameter_names(spec.sizes), map(float, weights), strict=True))
    for name in values:
        layer, _to, *source = map(int, name[1:].split("."))
        if source and (layer - 1, source[0]) in removed:
            values[name] = 0.0
    return tuple(sorted((name, round(value, 6)) for name, value in values.items()))


def _targets(spec: Playground, target: float) -> tuple[float, ...]:
    if spec.outputs > 1:
        high, low = (1.0, -1.0) if spec.loss == "squared" else (1.0, 0.0)
        return tuple(high if index == int(target) else low for index in range(spec.outputs))
    if spec.data.regression:
        return (float(target),)
    return (float(2 * target - 1),) if spec.loss == "squared" else (float(target),)


def _loss(spec: Playground) -> str:
    if spec.loss == "squared":
        return "mse"
    return "cross_entropy" if spec.outputs > 1 else "bce"


def _activation(spec: Playground) -> str:
    return spec.network.layers[0].activation


def _optimizer(spec: Playground) -> str:
    training = spec.training
    return "plain" if training.optimizer == "sgd" and not training.momentum else training.optimizer
