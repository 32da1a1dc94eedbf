"""What was changed while a run went on: any kind of spec that learns keeps it as (step, field, value)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from dlcore.errors import N_, SpecError
from dlcore.specs.fields import Rule, check_value, kind, rule_of

DEVICE = re.compile(r"cpu|(cuda|mps|xpu|mtia)(:[0-9]{1,2})?")
MAX_CHANGES = 250  # so that a link still holds them
MAX_STEP = 2**31

LiveRule = Callable[[str], Rule | None]


@dataclass(frozen=True)
class Change:
    """A setting changed while a run was at `step`; it holds from the next step on."""

    step: int
    field: str
    value: Any
    kind: Literal["change"] = kind("change")


@dataclass(frozen=True)
class Live:
    """What of a kind of spec can be changed while a run goes on, each "part.name"; `usual` is such a spec."""

    usual: Any
    paths: tuple[str, ...]

    def rule(self, path: str) -> Rule | None:
        """Return the rule of a setting; None for one that cannot be changed while a run goes on."""
        if path not in self.paths:
            return None
        part, _, name = path.partition(".")
        return next(rule for declared in fields(getattr(self.usual, part))
                    if declared.name == name and (rule := rule_of(declared)))

    def apply(self, spec: Any, change: Change) -> Any:
        """Return a spec with one setting changed."""
        part, _, name = change.field.partition(".")
        return replace(spec, **{part: replace(getattr(spec, part), **{name: change.value})})

    def settings(self, spec: Any) -> dict[str, Any]:
        """Return the settings of a spec, as (path: value)."""
        parts = ((path, *path.split(".")) for path in self.paths)
        return {path: getattr(getattr(spec, part), name) for path, part, name in parts}

    def without(self, spec: Any) -> Any:
        """Return a spec with all these settings as in the usual one, and no changes."""
        for path, value in self.settings(self.usual).items():
            spec = self.apply(spec, Change(0, path, value))
        return replace(spec, changes=())


def check_changes(changes: tuple[Change, ...], live_rule: LiveRule) -> None:
    """Raise SpecError where there are too many changes, or one that cannot be."""
    if len(changes) > MAX_CHANGES:
        raise SpecError("changes", N_("{count} changes are more than the {limit} that a run keeps. Start a new run."),
                        count=len(changes), limit=MAX_CHANGES)
    for change in changes:
        check_change(change, live_rule)


def check_change(change: Change, live_rule: LiveRule) -> None:
    """Raise SpecError where a setting cannot be changed while a run goes on, or not to this value."""
    rule = live_rule(change.field)
    if rule is None:
        raise SpecError(change.field, N_("{name} cannot be changed while the network learns. Start a new run."),
                        name=change.field)
    if not is_step(change.step):
        raise SpecError("changes", N_("A change cannot be made at step {step}."), step=change.step)
    check_value(change.field, change.value, rule)


def is_step(value: Any) -> bool:
    """Whether a value is the number of a step."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_STEP


def check_device(device: Any) -> None:
    """Raise SpecError where a text can be no device's name."""
    if not DEVICE.fullmatch(str(device)):
        raise SpecError("training.device", N_("There is no device {value}. Use cpu."), value=device)
