"""How many threads a training that is alone computes with: tried out, for only trying shows what it gains.

A second thread makes large steps up to 1.35 times faster, does nothing for small ones, and slows everything down
many times as soon as any other process computes on the same cores.
"""

import time
from collections import deque
from collections.abc import Callable
from statistics import median

TRIES = 5             # turns that a number of threads is tried for
GAIN = 1.05           # by which more threads must be faster
FIRST_PAUSE = 2.0     # seconds until the other number is tried again
LONGEST_PAUSE = 16.0  # the same, when it was slower again and again


class ThreadChoice:
    """Chooses between one thread and as many as are allowed, by the pictures a second that each gives."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter):
        self.clock = clock
        self._begin(1)

    def choose(self, allowed: int) -> int:
        """Return the threads for the next turn."""
        if allowed != self.allowed:
            self._begin(allowed)
        if allowed == 1:
            return 1
        for threads in (1, allowed):
            if len(self._rates[threads]) < TRIES:
                return threads
        return self._faster()

    def note(self, threads: int, items: int, seconds: float) -> None:
        """Learn from a turn in which so many pictures were trained on."""
        if items and threads in self._rates:
            self._rates[threads].append(items / seconds)

    def _begin(self, allowed: int) -> None:
        self.allowed, self._best, self._pause = allowed, 1, FIRST_PAUSE
        self._rates: dict[int, deque[float]] = {threads: deque(maxlen=TRIES) for threads in (1, allowed)}
        self._next_trial = self.clock() + FIRST_PAUSE

    def _faster(self) -> int:
        best = self.allowed if median(self._rates[self.allowed]) > GAIN * median(self._rates[1]) else 1
        if best != self._best:
            self._best, self._pause, self._next_trial = best, FIRST_PAUSE, self.clock() + FIRST_PAUSE
        elif self.clock() >= self._next_trial:
            self._rates[1 if best > 1 else self.allowed].clear()
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            self._next_trial = self.clock() + self._pause
        return best
