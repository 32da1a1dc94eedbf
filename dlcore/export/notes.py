"""What a printed script leaves out of a training on the page, said in a comment at its top (without torch)."""

from collections.abc import Iterable
from textwrap import wrap
from typing import Protocol

from dlcore.specs.changes import Change

WIDTH = 110


class Numeric(Protocol):
    """What every kind of training says of its numbers."""

    precision: str
    reproducible: bool


def print_notes(left_out: Iterable[str]) -> str:
    """Return the comment that says what is left out, one point a line, with an empty line behind; nothing for nothing.
    """
    lines = ["# What the training on the page has and this script leaves out, so that its figures differ a little:"]
    for point in left_out:
        lines += wrap(point, WIDTH, initial_indent="# - ", subsequent_indent="#   ")
    return "\n".join([*lines, "", ""]) if len(lines) > 1 else ""


def tell_changes(changes: Iterable[Change], replayed: Iterable[str]) -> list[str]:
    """Return what is said of the changes made by hand while the run went on, of which some are replayed."""
    known = tuple(replayed)
    others = [f"{change.field} = {change.value} at step {change.step}" for change in changes
              if not change.field.startswith(known)]
    return [f"what was changed by hand while it ran: {', '.join(others)}"] if others else []


def tell_precision(training: Numeric, pays: str = "where that is faster") -> list[str]:
    """Return what is said of bfloat16, which a script of float32 leaves out."""
    if training.reproducible or training.precision == "float32":
        return []
    when = "" if training.precision == "bfloat16" else f", {pays}"
    return [f"bfloat16, in which the page computes{when}: here all is float32"]
