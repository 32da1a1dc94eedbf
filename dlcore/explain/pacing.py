"""Long calls in turns: what asks a network again and again stops before each pass until it is given its next turn.

Captum's methods cannot be interrupted. So they run in a thread of their own that hands over before every forward pass;
only one of the two runs at a time.
"""

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch

from dlcore.explain.question import Question

T = TypeVar("T")


class _Dropped(Exception):
    """Nobody waits for the result any more."""


class _Baton:
    """Goes back and forth between a thread that works and one that gives it turns."""

    def __init__(self) -> None:
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._dropped, self.done = False, False

    def run(self, work: Callable[[], T]) -> T:
        """Work, in the thread's own name, once the first turn is given."""
        self._go.acquire()
        torch.set_num_threads(1)
        try:
            return work()
        finally:
            self.done = True
            self._back.release()

    def rest(self) -> None:
        """Hand over and wait for the next turn; what others draw meanwhile changes nothing here."""
        state, numpys = torch.get_rng_state(), np.random.get_state()
        self._back.release()
        self._go.acquire()
        if self._dropped:
            raise _Dropped
        torch.set_rng_state(state)
        np.random.set_state(numpys)

    def give(self) -> None:
        """Give a turn and wait until it is over."""
        self._go.release()
        self._back.acquire()

    def drop(self) -> None:
        """Let the work end where it is."""
        self._dropped = True
        if not self.done:
            self.give()


def in_turns(question: Question, work: Callable[[Question], T]) -> Generator[None, None, T]:
    """Do work on a question, yielding before each of the network's passes; return what it returns, or raise it."""
    baton = _Baton()
    asked = replace(question, pace=baton.rest)
    with ThreadPoolExecutor(1, "derin-turns") as thread:
        future = thread.submit(baton.run, lambda: work(asked))
        try:
            baton.give()
            while not baton.done:
                yield
                baton.give()
        finally:
            baton.drop()
        return future.result()
