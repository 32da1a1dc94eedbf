"""How much one visitor may have at a time, so that there is enough for everybody."""

import os
from dataclasses import dataclass, fields, replace

from dlcore.errors import N_, SpecError

VARIABLE = "DERIN_LIMITS"
UNKNOWN = N_("{name} is no limit. There are: {names}.")
NO_NUMBER = N_("{text} is no limit: write it as NAME=NUMBER with a whole number, 0 for no limit.")


@dataclass(frozen=True)
class Limits:
    """What one visitor may have: runs and Jobs at work and waiting, MiB of recordings, and uploads in a day.

    0 is no limit.
    """

    runs: int = 2
    waiting_runs: int = 6
    jobs: int = 2
    waiting_jobs: int = 8
    recordings: int = 400
    picture_sets: int = 20
    picture_mib: int = 400
    tables: int = 30
    table_mib: int = 30
    columns: int = 30
    column_mib: int = 30
    texts: int = 20
    text_mib: int = 80


NONE = Limits(**{one.name: 0 for one in fields(Limits)})


def limits_here() -> Limits:
    """Return the limits as DERIN_LIMITS has them ("runs=4,recordings=2000"); SpecError where it cannot be read."""
    return read_limits(os.environ.get(VARIABLE, ""))


def read_limits(text: str) -> Limits:
    """Return the limits with those changed that a text names; SpecError for what is none."""
    names = [one.name for one in fields(Limits)]
    changed = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _equals, value = (piece.strip() for piece in part.partition("="))
        if name not in names:
            raise SpecError(VARIABLE, UNKNOWN, name=name, names=", ".join(names))
        if not (value.isascii() and value.isdigit()) or len(value) > 9:
            raise SpecError(VARIABLE, NO_NUMBER, text=part)
        changed[name] = int(value)
    return replace(Limits(), **changed)


def is_within(count: float, most: int) -> bool:
    """Whether a number keeps a limit."""
    return not most or count <= most
