"""What recurrent networks learn from: texts, series of numbers, and tasks that need a memory."""

import re
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dlcore.errors import N_, SpecError
from dlcore.specs.fields import Rule, choice, kind, whole

TEXTS = ("names", "shakespeare", "grammar")
MEMORIES = ("recall", "adding", "brackets")
TASKS = (*TEXTS, "series", *MEMORIES)
WAVES = ("mixture", "damped", "column")
LANGUAGES = ("en", "tr")
SHORTEST, MOST_LENGTH = 4, 512
SEQUENCES = 3_200      # sequences that make an epoch of a task whose sequences are drawn anew
NAMES, SHAKESPEARE = 4_647, 904_218  # training names, training characters (dlcore.data.text; a test compares)
VOCABULARIES = {"names": 27, "shakespeare": 80, "en": 29, "tr": 29}
BRACKETS = "([{<"
COLUMN = re.compile(r"[0-9a-f]{16}-([1-9][0-9]{0,4})")
HELD_SHARE = 0.2       # of a column's end that is kept back


class _ColumnName(Rule):
    """The name of an uploaded column, or nothing."""

    def nearest(self, value: Any) -> str:
        if value == "" or isinstance(value, str) and COLUMN.fullmatch(value):
            return value
        raise ValueError(value)


@dataclass(frozen=True)
class SequenceData:
    """A task and the shape of its sequences.

    names        the next letter of first names; each name is a sequence of its own, so `length` is not used
    shakespeare  the next character of plays, in windows of `length`
    grammar      the next word of sentences of a small grammar in a `language`, in windows of `length`
    series       the next number of a `wave` from the numbers before it, in windows of `length`; a forecast goes on for
                 `horizon` steps by itself. `noise` is in % of the wave's deviation. The wave "column" is an uploaded
                 one, `column` its name (dlcore.data.columns): its content's hash and its numbers
    recall       the last step asks for the marked letter (one of `symbols`) that stood `delay` steps before it
    adding       the sum of the two marked numbers of `length`; the first mark stands `delay` steps before the end
                 (Hochreiter and Schmidhuber, 1997)
    brackets     which of `symbols` (at most 4) kinds of bracket, opened `delay` steps before the end, is still open
    """

    kind: Literal["sequence_data"] = kind("sequence_data")
    task: str = choice("names", *TASKS)
    length: int = whole(64, SHORTEST, MOST_LENGTH)
    language: str = choice("en", *LANGUAGES)
    wave: str = choice("mixture", *WAVES)
    horizon: int = whole(32, 1, 200)
    noise: int = whole(0, 0, 50, unit="%")
    column: str = field(default="", metadata={"rule": _ColumnName(str)})
    delay: int = whole(20, 1, MOST_LENGTH)
    symbols: int = whole(4, 2, 8)

    @property
    def is_text(self) -> bool:
        """Whether every step asks for the next symbol of a text."""
        return self.task in TEXTS

    @property
    def is_memory(self) -> bool:
        """Whether the last step alone asks for something."""
        return self.task in MEMORIES

    @property
    def takes_numbers(self) -> bool:
        """Whether the inputs are numbers, which need no embedding."""
        return self.task in ("series", "adding")

    @property
    def column_count(self) -> int:
        """The numbers in the uploaded column, as its name tells."""
        found = COLUMN.fullmatch(self.column)
        return int(found[1]) if found else 0

    @property
    def kinds_of_bracket(self) -> int:
        """The kinds of bracket in use."""
        return min(self.symbols, len(BRACKETS))


def measures(data: SequenceData) -> tuple[str, ...]:
    """Return what a task is measured by, the first being the one that counts.

    bits      per symbol, of texts: the loss over ln 2
    accuracy  share of symbols told right; of adding, sums that are right to within 0.1
    error     of series: root mean squared error of the forecast, in deviations of the series
    loss      cross-entropy in nats, or for series and adding the mean squared error
    """
    if data.is_text:
        return "bits", "accuracy", "loss"
    return ("error", "loss") if data.task == "series" else ("accuracy", "loss")


def widths(data: SequenceData) -> tuple[int, int]:
    """Return how many different inputs a step can have (or numbers it gets), and how many outputs it gives."""
    match data.task:
        case "names" | "shakespeare":
            return (VOCABULARIES[data.task],) * 2
        case "grammar":
            return (VOCABULARIES[data.language],) * 2
        case "series":
            return 1, 1
        case "adding":
            return 2, 1
        case "recall":
            return 2 * data.symbols + 1, data.symbols  # the letters, marked and not, and the question
        case _:
            return 2 * data.kinds_of_bracket + 2, data.kinds_of_bracket


def most_symbols(data: SequenceData) -> int:
    """Return how many different symbols a memory task can have."""
    return len(BRACKETS) if data.task == "brackets" else 8


def check_data(data: SequenceData) -> None:
    """Raise SpecError where there is nothing to learn from, or a sequence has no room for its delay."""
    if data.is_memory and data.delay > most_delay(data.length):
        raise SpecError("data.delay", N_("A delay of {delay} steps does not fit into a sequence of {length}. Use at "
                                         "most {most}, or a longer sequence."),
                        delay=data.delay, length=data.length, most=most_delay(data.length))
    if data.task == "brackets" and data.symbols > most_symbols(data):
        raise SpecError("data.symbols", N_("There are {most} kinds of bracket, not {symbols}."),
                        most=most_symbols(data), symbols=data.symbols)
    if data.task == "adding" and data.delay < 2:
        raise SpecError("data.delay", N_("Two numbers are marked, so the delay is at least 2 here."))
    if data.task == "series" and data.wave == "column":
        _check_column(data)


def most_delay(length: int) -> int:
    """Return the longest delay that fits into a sequence."""
    return length - 1


def _check_column(data: SequenceData) -> None:
    if not data.column_count:
        raise SpecError("data.column", N_("No column is in use yet. Upload a CSV file with a column of "
                                          "numbers and choose it, or choose another wave."))
    kept, needed = int(data.column_count * HELD_SHARE), data.length + data.horizon + 1
    if kept < needed:
        raise SpecError("data.length", N_("The column has {count:,} numbers; {kept} of them are kept back, but windows "
                                          "of {length} with a forecast of {horizon} need {needed}. Use shorter windows "
                                          "or a shorter forecast."), count=data.column_count, kept=kept,
                        length=data.length, horizon=data.horizon, needed=needed)


def fit_data(data: SequenceData) -> SequenceData:
    """Return the data with what it cannot use brought to the nearest that it can."""
    if data.is_memory:
        delay = max(data.delay, 2 if data.task == "adding" else 1)
        data = replace(data, delay=delay, length=min(MOST_LENGTH, max(data.length, delay + 1)),
                       symbols=min(data.symbols, most_symbols(data)))
        return replace(data, delay=min(data.delay, most_delay(data.length)))
    if data.task == "series" and data.wave == "column":
        return shrink_to_column(data) if data.column_count else replace(data, wave="mixture")
    return data


def shrink_to_column(data: SequenceData) -> SequenceData:
    """Return the data with a forecast and windows that the part of the column that is kept back has room for."""
    kept = int(data.column_count * HELD_SHARE)
    if kept > data.length + data.horizon:
        return data
    horizon = max(1, min(data.horizon, kept // 3))
    return replace(data, horizon=horizon, length=max(SHORTEST, min(data.length, kept - 1 - horizon)))


def sequences_per_epoch(data: SequenceData) -> int:
    """Return the training sequences of one epoch."""
    match data.task:
        case "names":
            return NAMES
        case "shakespeare":
            return max(1, SHAKESPEARE // data.length)
        case "series" if data.wave == "column":
            return max(1, (data.column_count - int(data.column_count * HELD_SHARE)) - data.length)
        case _:
            return SEQUENCES
