"""Notices a process that has something to do and says nothing: it hangs, and only its end helps those who wait."""

import time
from collections.abc import Callable, Iterable

PATIENCE = 180.0  # seconds; the longest step of a training and the longest part of a Job are far shorter


class Watchdog:
    """Remembers when each busy process was last heard of."""

    def __init__(self, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic):
        self.patience, self.clock = patience, clock
        self._heard: dict[str, float] = {}

    def hear(self, name: str) -> None:
        """Note that a process has said something."""
        if name in self._heard:
            self._heard[name] = self.clock()

    def silence(self, name: str) -> float:
        """Return the seconds for which a busy process has said nothing; 0 where it has nothing to do."""
        heard = self._heard.get(name)
        return 0.0 if heard is None else self.clock() - heard

    def find_silent(self, busy: Iterable[str]) -> list[str]:
        """Return which of the busy processes have said nothing for too long; they are told once."""
        now = self.clock()
        self._heard = {name: self._heard.get(name, now) for name in busy}
        silent = [name for name, heard in self._heard.items() if now - heard > self.patience]
        for name in silent:
            del self._heard[name]
        return silent
