"""Work in turns: what most Jobs are, a generator that says how far it is."""

import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class Work:
    """A Job whose `run` yields the share done after each piece and sets `result` on the way."""

    def __init__(self, request: dict, home: Path):
        self.request, self.home = request, Path(home)
        self.progress, self.finished, self.result = 0.0, False, None
        self._pieces = self.run()

    def run(self) -> Iterator[float]:
        """Do the work; each piece should fit into a turn."""
        raise NotImplementedError

    def during(self, pieces: Generator[None, None, T]) -> Generator[float, None, T]:
        """Yield the share done so far for each piece of something; return what it returns."""
        while True:
            try:
                next(pieces)
            except StopIteration as end:
                return end.value
            yield self.progress

    def share(self, pieces: Generator[float, None, T], place: int, of: int) -> Generator[float, None, T]:
        """Yield the share of the whole that is done with one of several pieces of work; return what it returns."""
        while True:
            try:
                yield (place + next(pieces)) / of
            except StopIteration as end:
                return end.value

    def advance(self, seconds: float) -> None:
        """Work for about that long, at least one piece."""
        end = time.perf_counter() + seconds
        for done in self._pieces:
            self.progress = done
            if time.perf_counter() >= end:
                return
        self.progress, self.finished = 1.0, True
