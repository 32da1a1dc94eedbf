"""Everything about a run: data, network, training, and what was changed while it ran."""

from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from dlcore.errors import N_, SpecError
from dlcore.specs import shapes
from dlcore.specs.changes import Change, check_changes, check_device
from dlcore.specs.data import ImageData
from dlcore.specs.datasets import describe
from dlcore.specs.fields import Rule, check_values, kind, rule_of
from dlcore.specs.model import Dropout, Network, with_classes
from dlcore.specs.training import Training

DROPOUT = "network.dropout"
LIVE_FIELDS = ("training.learning_rate", "training.weight_decay", DROPOUT, "training.zero_grad", "training.eval_mode",
               "training.epochs")
LEAST = 500  # training pictures that can be asked for
ENOUGH = 5_000  # pictures seen, each as often as it is seen, that a network needs to learn anything
MOST_EPOCHS = 100


@dataclass(frozen=True)
class Experiment:
    """All that a run needs: equal experiments give equal initial weights and the same order of the data."""

    kind: Literal["experiment"] = kind("experiment")
    data: ImageData = field(default_factory=ImageData)
    network: Network = field(default_factory=Network)
    training: Training = field(default_factory=Training)
    changes: tuple[Change, ...] = ()


def check(experiment: Experiment) -> None:
    """Raise SpecError or NetworkError where an experiment cannot be run; the message says what would fix it."""
    check_values(experiment)
    check_device(experiment.training.device)
    check_changes(experiment.changes, live_rule)
    if experiment.data.count < 2:
        raise SpecError("data.without", N_("Of {all} training pictures {count} are left out. Take some of them back."),
                        all=experiment.data.examples, count=len(set(experiment.data.without)))
    if experiment.data.again and max(experiment.data.again) >= experiment.data.told.train:
        raise SpecError("data.again", N_("There is no training picture {number}: {name} has {count:,}."),
                        number=max(experiment.data.again), name=experiment.data.dataset,
                        count=experiment.data.told.train)
    shapes.check_network(experiment.network, experiment.data, experiment.training.batch_size)


def live_rule(path: str) -> Rule | None:
    """Return the rule of a setting that can be changed while a run goes on; None for one that cannot."""
    if path not in LIVE_FIELDS:
        return None
    owner, name = (Dropout, "p") if path == DROPOUT else (Training, path.removeprefix("training."))
    return next(rule for declared in fields(owner) if declared.name == name and (rule := rule_of(declared)))


def apply_change(experiment: Experiment, change: Change) -> Experiment:
    """Return the experiment with one setting changed."""
    if change.field == DROPOUT:
        blocks = tuple(replace(block, p=change.value) if block.kind == "dropout" else block
                       for block in experiment.network.blocks)
        return replace(experiment, network=replace(experiment.network, blocks=blocks))
    name = change.field.removeprefix("training.")
    return replace(experiment, training=replace(experiment.training, **{name: change.value}))


def live_settings(experiment: Experiment) -> dict[str, Any]:
    """Return the settings that can be changed while a run goes on, as (path: value)."""
    settings = {path: getattr(experiment.training, path.removeprefix("training."))
                for path in LIVE_FIELDS if path != DROPOUT}
    shares = [block.p for block in experiment.network.blocks if block.kind == "dropout"]
    return settings | ({DROPOUT: shares[0]} if shares else {})


def without_live(experiment: Experiment) -> Experiment:
    """Return the experiment with everything that can be changed while a run goes on at one and the same value."""
    for path in LIVE_FIELDS:
        value = live_rule(path).nearest(0)
        experiment = apply_change(experiment, Change(0, path, value))
    return replace(experiment, changes=())


def learn_from(experiment: Experiment, dataset: str) -> Experiment:
    """Return the experiment on another data set: all of its pictures, as they are, and a network with its classes.

    Few pictures get more epochs, so that the network sees about as many as it takes to learn anything.
    """
    told = describe(dataset)
    data = replace(experiment.data, dataset=dataset, train_size=max(told.train, LEAST), size=told.side,
                   channels=told.channels, without=(), again=())
    epochs = min(MOST_EPOCHS, -(-ENOUGH // told.train)) if told.train < ENOUGH else experiment.training.epochs
    blocks = with_classes(experiment.network.blocks, len(told.classes))
    return replace(experiment, data=data, network=Network(blocks=blocks), changes=(),
                   training=replace(experiment.training, epochs=epochs))


def fit_classes(experiment: Experiment) -> Experiment:
    """Return the experiment with a network that ends in as many outputs as its data set has classes."""
    return replace(experiment, network=Network(blocks=with_classes(experiment.network.blocks, experiment.data.classes)))


def steps_per_epoch(experiment: Experiment) -> int:
    """Return the steps of one epoch; the last batch may be smaller."""
    return -(-experiment.data.shown // experiment.training.batch_size)
