"""The server's table of questions, with explainers that are only pretended."""

import threading
from collections import Counter

import pytest

from dlcore.engine import questions
from dlcore.engine.protocol import EXPLAINERS
from dlcore.engine.questions import Questions
from dlcore.errors import EngineError
from tests.conftest import wait_until

QUICK, SLOW = EXPLAINERS


class Pretended(Questions):
    """Questions to explainers that answer when they are told to; `there` are those that live."""

    def __init__(self):
        self.there, self.told, self.said = set(EXPLAINERS), [], {}
        super().__init__(lambda name, message: self.told.append((name, message)), lambda name: name in self.there)

    def begin(self, visitor: str, say: str, kind: str = "read", panel: str = "", timeout: float = 20.0, **more) -> None:
        """Ask in a thread of its own; what comes of it is in `said`. Returns once it waits or is worked on."""
        def ask() -> None:
            try:
                self.said[say] = self.ask(visitor, {"kind": kind, "say": say, **more}, timeout, panel)
            except EngineError as error:
                self.said[say] = str(error)

        threading.Thread(target=ask, daemon=True).start()
        wait_until(lambda: say in self.said or say in self.known(), 10, "the question was not taken")

    def known(self) -> list[str]:
        held = [*self.working.values(), *(one for mine in list(self.waiting.values()) for one in list(mine.values()))]
        return [question.request["say"] for question in held]

    def at_work(self) -> dict[str, str]:
        return {name: question.request["say"] for name, question in self.working.items()}

    def reply(self, name: str, seconds: float = 0.0) -> str:
        """Have an explainer answer what it works on, after so many seconds; return what that was."""
        question = self.working[name]
        question.since -= seconds
        self.answer(name, {"id": question.number, "result": question.request["say"]})
        return question.request["say"]

    def finish(self, name: str = QUICK) -> list[str]:
        """Have one explainer answer until nothing waits any more; return in which order."""
        order = []
        while self.working:
            order.append(self.reply(name if name in self.working else next(iter(self.working))))
        return order


@pytest.fixture
def table():
    return Pretended()


def test_visitors_have_turns_however_much_one_of_them_asks(table):
    table.there = {QUICK}
    for number in range(5):
        table.begin("greedy", f"greedy {number}", panel=str(number))
    for visitor in ("a", "b"):
        table.begin(visitor, visitor)
    assert table.finish() == ["greedy 0", "greedy 1", "a", "b", "greedy 2", "greedy 3", "greedy 4"]
    wait_until(lambda: len(table.said) == 7, 10, "an answer was lost")
    assert all(table.said[say] == say for say in table.said)


def test_no_visitor_holds_both_explainers(table):
    for number in range(4):
        table.begin("greedy", f"greedy {number}", panel=str(number))
    assert table.at_work() == {QUICK: "greedy 0"}
    table.begin("other", "other")
    assert table.at_work() == {QUICK: "greedy 0", SLOW: "other"}


def test_a_newer_question_of_a_panel_takes_the_place_of_one_that_waits_and_of_no_other(table):
    table.begin("me", "first")
    table.begin("me", "old")
    table.begin("me", "another panel's", panel="other")
    table.begin("me", "another kind", kind="maps")
    table.begin("me", "new")
    wait_until(lambda: "newer question" in table.said.get("old", ""), 10, "the old question was not told")
    assert sorted(table.known()) == ["another kind", "another panel's", "first", "new"]


def test_what_is_known_to_be_slow_leaves_an_explainer_to_what_is_quick(table):
    table.begin("a", "long text", kind="gradients", text="x" * 400, model={"run": "r"})
    assert table.reply(QUICK, seconds=2.0) == "long text"
    for visitor in ("a", "b", "c"):
        table.begin(visitor, f"{visitor}'s long text", kind="gradients", text="x" * 400, model={"run": "r"})
    assert table.at_work() == {SLOW: "a's long text"}
    table.begin("d", "short text", kind="gradients", text="x" * 10, model={"run": "r"})
    assert table.at_work()[QUICK] == "short text"
    for number in range(20):
        table.begin(f"quick {number}", f"quick {number}")
    order = [table.reply(QUICK) for _ in range(21)]
    assert order == ["short text", *(f"quick {number}" for number in range(20))]
    assert table.at_work() == {SLOW: "a's long text"}
    assert [table.reply(SLOW, 2.0) for _ in range(3)] == [f"{visitor}'s long text" for visitor in "abc"]


def test_what_has_become_quick_is_answered_by_all_again(table):
    for seconds in (2.0, 0.0, 0.0, 0.0):
        table.begin("a", "text", kind="gradients")
        table.reply(SLOW if SLOW in table.working else QUICK, seconds)
        table.said.clear()
    table.begin("a", "text", kind="gradients")
    assert table.at_work() == {QUICK: "text"}


def test_one_explainer_does_all_where_the_other_has_died(table):
    table.begin("a", "slow", kind="gradients")
    table.reply(QUICK, seconds=2.0)
    for gone, left in ((SLOW, QUICK), (QUICK, SLOW)):
        table.there = {left}
        table.begin("a", f"slow again {gone}", kind="gradients")
        assert table.at_work() == {left: f"slow again {gone}"}
        table.reply(left, seconds=2.0)


def test_who_waits_for_an_explainer_that_dies_is_told_and_others_wait_on(table):
    table.begin("a", "a's")
    table.begin("b", "b's")
    table.begin("c", "c's")
    table.there = {SLOW}
    table.lose(QUICK)
    wait_until(lambda: "ended unexpectedly" in table.said.get("a's", ""), 10, "who asked was not told")
    assert sorted(table.known()) == ["b's", "c's"]
    table.there = set()
    table.lose(SLOW)
    wait_until(lambda: Counter("ended unexpectedly" in said for said in table.said.values())[True] == 3, 10,
               "who waits without an explainer was not told")
    table.there = {QUICK}
    table.begin("d", "d's")
    assert table.at_work() == {QUICK: "d's"}


def test_a_question_that_nobody_waits_for_any_more_is_not_asked(table):
    table.there = {QUICK}
    table.begin("a", "first")
    table.begin("b", "too late", timeout=0.05)
    wait_until(lambda: "longer than" in table.said.get("too late", ""), 10, "it waits for ever")
    assert table.finish() == ["first"] and not table.waiting


def test_how_long_questions_take_is_remembered_within_bounds(table, monkeypatch):
    monkeypatch.setattr(questions, "REMEMBERED", 10)
    for number in range(50):
        table.begin(f"v{number}", str(number), model={"run": str(number)})
        table.reply(QUICK)
    assert len(table._seconds) == 10
