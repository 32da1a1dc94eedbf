"""The server's table of questions: visitors have turns at the explainers, and slow questions an explainer of their own.

A visitor has one question worked on at a time. What is known to take long, because the same was asked before or
because this visitor asked it, is left to the last of the explainers, so that quick answers never wait behind it.
"""

import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from dlcore.engine.protocol import EXPLAINERS, error_from_plain
from dlcore.errors import N_, EngineError

LATE = N_("The answer took longer than {seconds:.0f} seconds. Try again.")
LOST = N_("The process that answers has ended unexpectedly. Try again.")
SUPERSEDED = N_("A newer question took the place of this one.")
SLOW = 0.3         # seconds of an answer from which on a question is one of the slow
REMEMBERED = 1000  # how long what takes

Place = tuple[str, str, str]  # visitor, panel, kind


@dataclass(eq=False)
class Question:
    """A question that waits, or is worked on since a moment."""

    number: int
    place: Place
    request: dict
    answer: Future = field(default_factory=Future)
    since: float = 0.0

    @property
    def visitor(self) -> str:
        """Who asks."""
        return self.place[0]

    @property
    def traits(self) -> tuple[tuple, tuple]:
        """By what it is known again how long it takes: what is asked of which network, and who asks what."""
        kind, model = self.place[2], self.request.get("model")
        named = (model.get("run") or model.get("pretrained")) if isinstance(model, dict) else None
        length = len(self.request["text"]) if isinstance(self.request.get("text"), str) else 0
        return (kind, named, length.bit_length()), (kind, self.visitor)


class Questions:
    """Sends questions and hands out the answers; may be used from any thread."""

    def __init__(self, send: Callable[[str, dict], object], has: Callable[[str], bool]):
        self.send, self.has = send, has
        self.waiting: OrderedDict[str, OrderedDict[Place, Question]] = OrderedDict()  # whose turn is next is first
        self.working: dict[str, Question] = {}                                        # by explainer
        self._seconds: OrderedDict[tuple, float] = OrderedDict()
        self._numbers, self._lock = itertools.count(1), threading.RLock()

    def ask(self, visitor: str, request: dict, timeout: float, panel: str = "") -> dict:
        """Return the answer; EngineError where there is none in time, or a newer question took this one's place."""
        question = Question(next(self._numbers), (visitor, panel, str(request.get("kind"))), request)
        with self._lock:
            mine = self.waiting.setdefault(visitor, OrderedDict())
            older = mine.pop(question.place, None)
            mine[question.place] = question
            self.hand_out()
        if older is not None:
            older.answer.set_exception(EngineError(SUPERSEDED))
        try:
            return question.answer.result(timeout)
        except TimeoutError as error:
            with self._lock:
                self._forget(question)
            raise EngineError(LATE, seconds=timeout) from error

    def hand_out(self) -> None:
        """Give every explainer that is free something to do, a visitor's oldest question at a time."""
        with self._lock:
            for name in EXPLAINERS:
                if name not in self.working and self.has(name) and (question := self._next(name)) is not None:
                    self._forget(question)
                    question.since = time.monotonic()
                    self.working[name] = question
                    self.send(name, {"op": "ask", "id": question.number, "request": question.request})

    def answer(self, name: str, message: dict) -> None:
        """Take over what an explainer says."""
        with self._lock:
            question = self.working.get(name)
            if question is None or question.number != message["id"]:
                return
            del self.working[name]
            self._remember(question)
            self.hand_out()
        if "error" in message:
            question.answer.set_exception(error_from_plain(message["error"]))
        else:
            question.answer.set_result(message["result"])

    def lose(self, name: str) -> None:
        """Tell whoever waits for an explainer that it has died; others wait on, if there is one left for them."""
        with self._lock:
            lost = [self.working.pop(name)] if name in self.working else []
            if not any(map(self.has, EXPLAINERS)):
                lost += [question for mine in self.waiting.values() for question in mine.values()]
                self.waiting.clear()
        for question in lost:
            question.answer.set_exception(EngineError(LOST))

    def _next(self, name: str) -> Question | None:
        """Return the question that an explainer answers next; its visitor's turn is over then."""
        busy = {question.visitor for question in self.working.values()}
        reserved = name != self._last
        for visitor, mine in self.waiting.items():
            for question in mine.values() if visitor not in busy else ():
                if not (reserved and self._is_slow(question)):
                    self.waiting.move_to_end(visitor)
                    return question
        return None

    @property
    def _last(self) -> str | None:
        """The explainer that takes what is slow."""
        return next((name for name in reversed(EXPLAINERS) if self.has(name)), None)

    def _is_slow(self, question: Question) -> bool:
        return any(self._seconds.get(trait, 0.0) > SLOW for trait in question.traits)

    def _remember(self, question: Question) -> None:
        spent = time.monotonic() - question.since
        for trait in question.traits:
            self._seconds[trait] = 0.5 * (self._seconds.pop(trait, spent) + spent)
        while len(self._seconds) > REMEMBERED:
            self._seconds.popitem(last=False)

    def _forget(self, question: Question) -> None:
        """Take a question out of those that wait, if it is there."""
        mine = self.waiting.get(question.visitor, {})
        if mine.get(question.place) is question:
            del mine[question.place]
        if not mine:
            self.waiting.pop(question.visitor, None)
