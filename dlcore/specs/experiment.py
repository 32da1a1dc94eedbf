"""Everything about a run: data, network, training, and what was changed while it ran."""

import re
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from dlcore.errors import N_, SpecError
from dlcore.specs import shapes
from dlcore.specs.data import ImageData
from dlcore.specs.fields import Rule, check_value, check_values, kind, rule_of
from dlcore.specs.model import Dropout, Network
from dlcore.specs.training import Training

DROPOUT = "network.dropout"
LIVE_FIELDS = ("training.learning_rate", "training.weight_decay", DROPOUT, "training.zero_grad", "training.eval_mode",
               "training.epochs")
DEVICE = re.compile(r"cpu|(cuda|mps|xpu|mtia)(:[0-9]{1,2})?")
MAX_CHANGES = 250  # so that a link still holds them
MAX_STEP = 2**31


@dataclass(frozen=True)
class Change:
    """A setting changed while a run was at `step`; it holds from the next step on."""

    step: int
    field: str
    value: Any
    kind: Literal["change"] = kind("change")


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
    if not DEVICE.fullmatch(str(experiment.training.device)):
        raise SpecError("training.device", N_("There is no device {value}. Use cpu."), value=experiment.training.device)
    if len(experiment.changes) > MAX_CHANGES:
        raise SpecError("changes", N_("{count} changes are more than the {limit} that a run keeps. Start a new run."),
                        count=len(experiment.changes), limit=MAX_CHANGES)
    for change in experiment.changes:
        check_change(change)
    shapes.check_network(experiment.network, experiment.data, experiment.training.batch_size)


def check_change(change: Change) -> None:
    """Raise SpecError where a setting cannot be changed while a run goes on, or not to this value."""
    if change.field not in LIVE_FIELDS:
        raise SpecError(change.field, N_("{name} cannot be changed while the network learns. Start a new run."),
                        name=change.field)
    if not is_step(change.step):
        raise SpecError("changes", N_("A change cannot be made at step {step}."), step=change.step)
    check_value(change.field, change.value, live_rule(change.field))


def is_step(value: Any) -> bool:
    """Whether a value is the number of a step."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_STEP


def live_rule(path: str) -> Rule:
    """Return the rule of a setting that can be changed while a run goes on."""
    owner, name = (Dropout, "p") if path == DROPOUT else (Training, path.removeprefix("training."))
    return next(rule for declared in fields(owner) if declared.name == name and (rule := rule_of(declared)))


def in_effect(experiment: Experiment, step: int) -> Experiment:
    """Return the experiment as it stands at a step: every change made at or before it applied, in order of steps."""
    for change in sorted(experiment.changes, key=lambda made: made.step):
        if change.step <= step:
            experiment = apply_change(experiment, change)
    return experiment


def apply_change(experiment: Experiment, change: Change) -> Experiment:
    """Return the experiment with one setting changed."""
    if change.field == DROPOUT:
        blocks = tuple(replace(block, p=change.value) if block.kind == "dropout" else block
                       for block in experiment.network.blocks)
        return replace(experiment, network=replace(experiment.network, blocks=blocks))
    name = change.field.removeprefix("training.")
    return replace(experiment, training=replace(experiment.training, **{name: change.value}))


def same_run(one: Experiment, other: Experiment) -> bool:
    """Whether two experiments differ in nothing but what can be changed while a run goes on."""
    return _without_live(one) == _without_live(other)


def _without_live(experiment: Experiment) -> Experiment:
    for path in LIVE_FIELDS:
        value = live_rule(path).nearest(0)
        experiment = apply_change(experiment, Change(0, path, value))
    return replace(experiment, changes=())


