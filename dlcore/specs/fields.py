"""Dataclass fields that carry their rule: one truth for forms, links and checks."""

import re
from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from math import isnan
from typing import Any

from dlcore.errors import N_, SpecError


@dataclass(frozen=True)
class Rule:
    """What a field may hold: a number between `low` and `high`, one of `options`, or a switch.

    Besides its options it may hold a text of a `pattern`; with a `length` (least, most) it holds a row of them.
    """

    type: type
    low: float | None = None
    high: float | None = None
    options: tuple = ()
    unit: str = ""
    length: tuple[int, int] | None = None
    pattern: str = ""

    @property
    def each(self) -> "Rule":
        """The rule of one item of a row."""
        return replace(self, length=None)

    def fits(self, value: Any) -> bool:
        """Whether a value is a text of the pattern."""
        return bool(self.pattern) and isinstance(value, str) and re.fullmatch(self.pattern, value) is not None

    def nearest(self, value: Any) -> Any:
        """Return the allowed value nearest to a given one; raise ValueError where none is near."""
        if self.length:
            return _row(value, self)
        if self.type is bool:
            return _boolean(value)
        if self.options:
            return value if self.fits(value) else _option(value, self.options)
        number = float(value)
        if isnan(number):
            raise ValueError(value)
        number = min(max(number, self.low), self.high)
        return round(number) if self.type is int else number


def _row(value: Any, rule: Rule) -> tuple:
    least, most = rule.length
    if not isinstance(value, list | tuple) or len(value) < least:
        raise ValueError(value)
    return tuple(rule.each.nearest(item) for item in value[:most])


def _boolean(value: Any) -> bool:
    if value in (True, 1, "true", "True", "1"):
        return True
    if value in (False, 0, "false", "False", "0"):
        return False
    raise ValueError(value)


def _option(value: Any, options: tuple) -> Any:
    if value in options and not isinstance(value, bool):
        return next(option for option in options if option == value)
    if all(isinstance(option, int) for option in options):
        return min(options, key=lambda option: abs(option - float(value)))
    raise ValueError(value)


def whole(default: int, low: int, high: int, unit: str = "") -> Any:
    """Declare a whole number between two bounds, both allowed."""
    return field(default=default, metadata={"rule": Rule(int, low, high, unit=unit)})


def real(default: float, low: float, high: float, unit: str = "") -> Any:
    """Declare a real number between two bounds, both allowed."""
    return field(default=default, metadata={"rule": Rule(float, low, high, unit=unit)})


def row(default: tuple, low: float, high: float, least: int | None = None, most: int | None = None) -> Any:
    """Declare a row of real numbers, as many as its default has, or from `least` to `most`."""
    length = tuple(len(default) if bound is None else bound for bound in (least, most))
    return field(default=default, metadata={"rule": Rule(float, low, high, length=length)})


def choice(default: Any, *options: Any, pattern: str = "") -> Any:
    """Declare one of several options, or a text of a pattern."""
    return field(default=default, metadata={"rule": Rule(type(default), options=options, pattern=pattern)})


def switch(default: bool) -> Any:
    """Declare a switch."""
    return field(default=default, metadata={"rule": Rule(bool)})


def parts(default: tuple, part: type, most: int) -> Any:
    """Declare a list of specs of one type, at most so many."""
    return field(default=default, metadata={"part": part, "most": most})


def kind(name: str) -> Any:
    """Declare the literal `kind` by which specs are told apart across processes and caches."""
    return field(default=name, kw_only=True)


def rule_of(declared: Field) -> Rule | None:
    """Return the rule that a dataclass field carries, if it has one."""
    return declared.metadata.get("rule")


def walk(spec: Any, path: str = "") -> Iterator[tuple[str, Any, Rule]]:
    """Yield (dotted path, value, rule) of every field of a spec that has a rule, however deep."""
    for declared in fields(spec):
        value, here = getattr(spec, declared.name), f"{path}.{declared.name}".lstrip(".")
        if rule := rule_of(declared):
            yield here, value, rule
        elif is_dataclass(value):
            yield from walk(value, here)
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                yield from walk(item, f"{here}[{index}]")


def check_values(spec: Any) -> None:
    """Raise SpecError at the first field of a spec, however deep, that breaks its rule."""
    for path, value, rule in walk(spec):
        check_value(path, value, rule)


def check_value(path: str, value: Any, rule: Rule) -> None:
    """Raise SpecError where a value breaks its field's rule; the message says what is allowed."""
    if rule.length:
        return _check_row(path, value, rule)
    if rule.fits(value):
        return None
    if rule.options and not any(value == option and type(value) is type(option) for option in rule.options):
        raise SpecError(path, N_("{name} cannot be {value}. Choose one of: {options}."), name=path, value=value,
                        options=", ".join(map(str, rule.options)))
    if rule.type is bool and not isinstance(value, bool):
        raise SpecError(path, N_("{name} is a switch: true or false, not {value}."), name=path, value=value)
    if rule.low is not None and not _within(value, rule):
        wanted = (N_("{name} cannot be {value}. Use a whole number from {low} to {high}.") if rule.type is int else
                  N_("{name} cannot be {value}. Use a number from {low} to {high}."))
        raise SpecError(path, wanted, name=path, value=value, low=rule.low, high=rule.high)


def _check_row(path: str, values: Any, rule: Rule) -> None:
    least, most = rule.length
    if not isinstance(values, tuple) or not least <= len(values) <= most:
        raise SpecError(path, N_("{name} is a row of {least} to {most} numbers, not {value}."), name=path, least=least,
                        most=most, value=values)
    for index, value in enumerate(values):
        check_value(f"{path}[{index}]", value, rule.each)


def _within(value: Any, rule: Rule) -> bool:
    allowed = int if rule.type is int else (int, float)
    return isinstance(value, allowed) and not isinstance(value, bool) and rule.low <= value <= rule.high
