"""The server's table of questions that the explainer has not answered yet."""

import itertools
from collections.abc import Callable
from concurrent.futures import Future

from dlcore.engine.protocol import error_from_plain
from dlcore.errors import N_, EngineError

LATE = N_("The answer took longer than {seconds:.0f} seconds. Try again.")
LOST = N_("The process that answers has ended unexpectedly. Try again.")


class Questions:
    """Sends questions and hands out the answers; may be used from any thread."""

    def __init__(self, send: Callable[[dict], object]):
        self.send = send
        self.open: dict[int, Future] = {}
        self.unanswered: set[int] = set()  # also those that nobody waits for any more
        self._numbers = itertools.count(1)

    def ask(self, visitor: str, request: dict, timeout: float) -> dict:
        """Return the answer; EngineError where there is none in time, or a newer question took this one's place."""
        number, future = next(self._numbers), Future()
        self.open[number] = future
        self.unanswered.add(number)
        try:
            self.send({"op": "ask", "id": number, "visitor": visitor, "request": request})
            return future.result(timeout)
        except TimeoutError as error:
            raise EngineError(LATE, seconds=timeout) from error
        finally:
            self.open.pop(number, None)

    def answer(self, message: dict) -> None:
        """Take over what the explainer says."""
        self.unanswered.discard(message["id"])
        future = self.open.pop(message["id"], None)
        if future is None:
            return
        if "error" in message:
            future.set_exception(error_from_plain(message["error"]))
        else:
            future.set_result(message["result"])

    def lose(self) -> None:
        """Tell everybody who waits that the explainer has died."""
        self.unanswered.clear()
        for number in list(self.open):
            if future := self.open.pop(number, None):
                future.set_exception(EngineError(LOST))
