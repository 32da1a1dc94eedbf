"""The lines of a recording's events.jsonl: which of them are events, and which a crash or a bad disk has left."""

import json
from pathlib import Path
from typing import Any

from dlcore.errors import N_, DerinError, RecordingError
from dlcore.specs.changes import Change, LiveRule, check_change, is_step

MOST_BYTES = 2**18        # of a line; none that was ever written is a hundredth as long
LARGEST = 2**53           # whole numbers up to here are the same as numbers in a curve
PLAIN = (str, int, float, bool, type(None))


def read_lines(path: Path) -> list[dict]:
    """Return the events of a file in their order; a line that is none costs nothing but itself."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RecordingError(N_("The recording cannot be read ({reason})."),
                             reason=error.strerror or str(error)) from error
    return [event for line in lines if (event := read_event(line)) is not None]


def read_event(line: bytes) -> dict | None:
    """Return the event that a line tells, or None where it is damaged: half of one, or not in an event's form."""
    if not line or len(line) > MOST_BYTES:
        return None
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if _is_event(event) else None


def may_change(event: dict, rule: LiveRule) -> bool:
    """Whether an event of kind "change" names a setting that may be changed, and a value that it may have."""
    try:
        check_change(Change(event["step"], event["field"], event["value"]), rule)
    except DerinError:
        return False
    return True


def _is_event(event: Any) -> bool:
    if not isinstance(event, dict) or not isinstance(event.get("kind"), str) or not is_step(event.get("step")):
        return False
    match event["kind"]:
        case "change":
            return isinstance(event.get("field"), str) and _is_setting(event.get("value"))
        case "metric":
            return all(_is_measure(value) for name, value in event.items() if name != "kind")
        case "exploded":
            return isinstance(event.get("cell"), str)
        case "diverged":
            return _can_be_said(event.get("template"), event.get("values"))
        case _:
            return True


def _is_setting(value: Any) -> bool:
    return isinstance(value, str) or _is_number(value)


def _is_measure(value: Any) -> bool:
    """Whether a value is a number or none, or a row of them."""
    row = value if isinstance(value, list) else [value]
    return all(item is None or _is_number(item) for item in row)


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) <= LARGEST)


def _can_be_said(template: Any, values: Any) -> bool:
    """Whether a sentence can be put together from a template and its values."""
    if not isinstance(template, str) or not isinstance(values, dict):
        return False
    if not all(isinstance(value, PLAIN) for value in values.values()):
        return False
    try:
        template.format(**values)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return False
    return True
