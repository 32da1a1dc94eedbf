"""The kinds of spec that learn, and what the engine must know of each to run it.

Every such spec has a `kind`, a `training` with epochs, seed, device and reproducible, and the `changes` that were made
while it ran.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dlcore.errors import N_, SpecError
from dlcore.specs import changes, diffusion, experiment, playground, recurrent, shapes, transformer, transformer_table
from dlcore.specs.changes import Change
from dlcore.specs.diffusion import Diffusion
from dlcore.specs.experiment import Experiment
from dlcore.specs.fields import Rule
from dlcore.specs.playground import Playground
from dlcore.specs.recurrent import Recurrent
from dlcore.specs.transformer import Transformer

Learner = Experiment | Playground | Recurrent | Transformer | Diffusion


@dataclass(frozen=True)
class Kind:
    """What must hold of a kind of spec, what can be changed while it learns (see `live_rule`), and what it takes.

    `unrecorded` are live settings that change nothing of what is learned: they are neither kept nor replayed.
    """

    check: Callable[[Any], None]
    live_rule: Callable[[str], Rule | None]
    apply_change: Callable[[Any, Change], Any]
    live_settings: Callable[[Any], dict[str, Any]]
    without_live: Callable[[Any], Any]
    steps_per_epoch: Callable[[Any], int]
    estimate_memory: Callable[[Any], int]
    unrecorded: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {
    "experiment": Kind(experiment.check, experiment.live_rule, experiment.apply_change, experiment.live_settings,
                       experiment.without_live, experiment.steps_per_epoch, shapes.estimate_memory),
    "playground": Kind(playground.check, playground.live_rule, playground.apply_change, playground.live_settings,
                       playground.without_live, playground.steps_per_epoch, playground.estimate_memory,
                       unrecorded=("training.pace",)),
    "recurrent": Kind(recurrent.check, recurrent.LIVE.rule, recurrent.LIVE.apply, recurrent.LIVE.settings,
                      recurrent.LIVE.without, recurrent.steps_per_epoch, recurrent.estimate_memory),
    "diffusion": Kind(diffusion.check, diffusion.LIVE.rule, diffusion.LIVE.apply, diffusion.LIVE.settings,
                      diffusion.LIVE.without, diffusion.steps_per_epoch, diffusion.estimate_memory,
                      unrecorded=diffusion.UNRECORDED),
    "transformer": Kind(transformer.check, transformer.LIVE.rule, transformer.LIVE.apply, transformer.LIVE.settings,
                        transformer.LIVE.without, transformer.steps_per_epoch, transformer_table.estimate_memory),
}


def kind_of(spec: Learner) -> Kind:
    """Return what is known of a spec's kind; SpecError where it does not learn."""
    if spec.kind not in KINDS:
        raise SpecError("kind", N_("What is of kind {kind} cannot be trained."), kind=spec.kind)
    return KINDS[spec.kind]


def check(spec: Learner) -> None:
    """Raise SpecError where a spec cannot be run; the message says what would fix it."""
    kind_of(spec).check(spec)


def check_change(spec: Learner, change: Change) -> None:
    """Raise SpecError where a setting cannot be changed while a run goes on, or not to this value."""
    changes.check_change(change, kind_of(spec).live_rule)
    check(replace(spec, changes=(change,)))


def apply_change(spec: Learner, change: Change) -> Learner:
    """Return the spec with one setting changed."""
    return kind_of(spec).apply_change(spec, change)


def live_settings(spec: Learner) -> dict[str, Any]:
    """Return the settings of a spec that can be changed while a run goes on, as (path: value)."""
    return kind_of(spec).live_settings(spec)


def in_effect(spec: Learner, step: int) -> Learner:
    """Return the spec as it stands at a step: every change made at or before it applied, in order of steps."""
    for change in sorted(spec.changes, key=lambda made: made.step):
        if change.step <= step:
            spec = apply_change(spec, change)
    return spec


def same_run(one: Learner, other: Learner) -> bool:
    """Whether two specs differ in nothing but what can be changed while a run goes on."""
    return one.kind == other.kind and kind_of(one).without_live(one) == kind_of(other).without_live(other)


def steps_per_epoch(spec: Learner) -> int:
    """Return the steps of one epoch."""
    return kind_of(spec).steps_per_epoch(spec)
