"""The kinds of spec that a page is about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dlcore.specs import backprop, playground, recurrent
from dlcore.specs.convolution import Convolution
from dlcore.specs.experiment import Experiment, check
from dlcore.specs.fields import check_values
from dlcore.specs.neuron import Neuron
from dlcore.specs.playground import Playground
from dlcore.specs.recurrent import Recurrent


@dataclass(frozen=True)
class Page:
    """A kind of spec that a page is about, and what must hold of the whole of it.

    Where a link breaks that, the `repairs` (field, what is used instead, function) are tried one after the other, and
    at last the default.
    """

    spec: type
    check: Callable[[Any], None] = check_values
    repairs: tuple[tuple[str, str, Callable[[Any], Any]], ...] = ()


def _with_small_network(experiment: Experiment) -> Experiment:
    return Experiment(data=experiment.data, training=experiment.training, changes=experiment.changes)


PAGES: dict[str, Page] = {
    "experiment": Page(Experiment, check, (("network", "small", _with_small_network),)),
    "neuron": Page(Neuron),
    "backprop": Page(backprop.Backprop, backprop.check, (("backprop", "nearest", backprop.fit),)),
    "convolution": Page(Convolution),
    "playground": Page(Playground, playground.check, (("playground", "nearest", playground.fit),)),
    "recurrent": Page(Recurrent, recurrent.check, (("recurrent", "nearest", recurrent.fit),)),
}
