"""How the benchmarks speak: medians, the figures to reach beside them, and how busy the machine was.

Nothing is asserted about time: other people's work would decide. DERIN_BENCH=quick takes minutes instead of half an
hour, with fewer steps and repetitions.
"""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

QUICK = os.environ.get("DERIN_BENCH", "full") == "quick"


def sized(quick: int, full: int) -> int:
    """Return a number of repetitions: the small one where a quick look is wanted."""
    return quick if QUICK else full


@dataclass
class Figure:
    """One measured quantity: its samples, and what is to be reached (`most` or `least`)."""

    name: str
    samples: Sequence[float]
    unit: str = ""
    least: float | None = None
    most: float | None = None
    note: str = ""
    of: Callable[[Sequence[float]], float] = field(default=statistics.median)

    @property
    def value(self) -> float:
        return self.of(self.samples) if self.samples else float("nan")

    def row(self) -> tuple[str, ...]:
        spread = f"{tidy(min(self.samples))} to {tidy(max(self.samples))}" if len(self.samples) > 1 else ""
        return self.name, f"{tidy(self.value)} {self.unit}".strip(), spread, self._goal(), self._verdict(), self.note

    def _goal(self) -> str:
        if self.least is not None:
            return f">= {tidy(self.least)}"
        return f"<= {tidy(self.most)}" if self.most is not None else ""

    def _verdict(self) -> str:
        if self.least is None and self.most is None:
            return ""
        reached = self.value >= self.least if self.least is not None else self.value <= self.most
        return "reached" if reached else "MISSED"


def percentile(share: float) -> Callable[[Sequence[float]], float]:
    """Return the function that gives the value below which a share of some samples lies."""
    return lambda samples: sorted(samples)[min(len(samples) - 1, int(share * len(samples)))]


def tidy(number: float) -> str:
    """Return three significant digits, and never an exponent."""
    if number != number:
        return "none"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print figures as a table."""
    rows = [("", "median", "spread", "to reach", "", ""), *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    print(f"\n\n{title}   [{surroundings()}]")
    for row in rows:
        print("  " + "  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


def surroundings() -> str:
    """Return how busy the machine was: the load of the last minute, and how much of the time was somebody else's."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {'quick' if QUICK else 'full'}"


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
