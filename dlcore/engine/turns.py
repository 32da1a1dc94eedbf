"""Whose turn is next in a worker: visitors have turns, and within a visitor's his runs and Jobs."""

from collections import OrderedDict, deque
from collections.abc import Container

Key = tuple[str, str]  # "run" or "job", and its name


class Turns:
    """Who takes part, by visitor; who had a turn longest ago is first."""

    def __init__(self):
        self._visitors: OrderedDict[str, deque[Key]] = OrderedDict()

    def join(self, key: Key, visitor: str) -> None:
        """Let a run or a Job of a visitor's take part; it is first in its line."""
        if visitor not in self._visitors:
            self._visitors[visitor] = deque()
            self._visitors.move_to_end(visitor, last=False)
        self._visitors[visitor].appendleft(key)

    def leave(self, key: Key) -> None:
        """Let it take part no longer."""
        for visitor, line in list(self._visitors.items()):
            if key in line:
                line.remove(key)
            if not line:
                del self._visitors[visitor]

    def take(self, among: Container[Key]) -> Key:
        """Return who is next among some of those that take part; the turn is over then."""
        for visitor, line in self._visitors.items():
            key = next((key for key in line if key in among), None)
            if key is not None:
                line.remove(key)
                line.append(key)
                self._visitors.move_to_end(visitor)
                return key
        raise KeyError("nobody of them takes part")

    def first_of_each(self, kind: str) -> set[Key]:
        """Return of each visitor the one of a kind that is next."""
        found = (next((key for key in line if key[0] == kind), None) for line in self._visitors.values())
        return {key for key in found if key is not None}
