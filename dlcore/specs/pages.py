"""The kinds of spec that a page is about."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dlcore.errors import DerinError
from dlcore.specs import backprop, diffusion, playground, recurrent, transformer
from dlcore.specs.convolution import Convolution
from dlcore.specs.diffusion import Diffusion
from dlcore.specs.experiment import Experiment, check, fit_classes
from dlcore.specs.fields import check_values
from dlcore.specs.neuron import Neuron
from dlcore.specs.noising import Noising
from dlcore.specs.playground import Playground
from dlcore.specs.recurrent import Recurrent
from dlcore.specs.saliency import Saliency
from dlcore.specs.sampling import Sampling
from dlcore.specs.transformer import Transformer


@dataclass(frozen=True)
class Page:
    """A kind of spec that a page is about, and what must hold of the whole of it.

    Where a link breaks that, the `repairs` (field, what is used instead, function) are tried one after the other, and
    at last the default.
    """

    spec: type
    check: Callable[[Any], None] = check_values
    repairs: tuple[tuple[str, str, Callable[[Any], Any]], ...] = ()


def _without_weights(experiment: Experiment) -> Experiment:
    """Return the experiment without more weight for pictures that there are not."""
    there = all(number < experiment.data.told.train for number in experiment.data.again)
    return experiment if there else replace(experiment, data=replace(experiment.data, again=()))


def _with_its_classes(experiment: Experiment) -> Experiment:
    """Return the experiment with as many outputs as there are classes, where that is all that was wrong."""
    fitted = fit_classes(experiment)
    try:
        check(fitted)
    except DerinError:
        return experiment
    return fitted


def _with_small_network(experiment: Experiment) -> Experiment:
    return fit_classes(Experiment(data=experiment.data, training=experiment.training, changes=experiment.changes))


PAGES: dict[str, Page] = {
    "experiment": Page(Experiment, check, (("data.again", "—", _without_weights),
                                            ("network", "its classes", _with_its_classes),
                                            ("network", "small", _with_small_network))),
    "neuron": Page(Neuron),
    "backprop": Page(backprop.Backprop, backprop.check, (("backprop", "nearest", backprop.fit),)),
    "convolution": Page(Convolution),
    "saliency": Page(Saliency),
    "noising": Page(Noising),
    "playground": Page(Playground, playground.check, (("playground", "nearest", playground.fit),)),
    "recurrent": Page(Recurrent, recurrent.check, (("recurrent", "nearest", recurrent.fit),)),
    "sampling": Page(Sampling),
    "diffusion": Page(Diffusion, diffusion.check, (("diffusion", "nearest", diffusion.fit),)),
    "transformer": Page(Transformer, transformer.check, (("transformer", "nearest", transformer.fit),)),
}
