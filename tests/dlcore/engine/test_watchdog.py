"""When a process counts as hanging, by a clock of the test's own."""

from dlcore.engine.watchdog import Watchdog


def test_only_who_is_busy_and_silent_for_too_long_is_found_and_only_once():
    now = [0.0]
    dog = Watchdog(10, clock=lambda: now[0])
    assert dog.find_silent({"a", "b"}) == []
    now[0] = 9
    dog.hear("b")
    now[0] = 11
    assert dog.find_silent({"a", "b"}) == ["a"]
    assert dog.find_silent({"a", "b"}) == []
    now[0] = 20
    assert dog.find_silent({"a", "b"}) == ["b"]


def test_who_had_nothing_to_do_is_not_silent_when_it_gets_something():
    now = [0.0]
    dog = Watchdog(10, clock=lambda: now[0])
    dog.find_silent({"a"})
    now[0] = 5
    assert dog.find_silent(set()) == []
    now[0] = 100
    assert dog.find_silent({"a"}) == []


def test_how_long_a_busy_process_has_been_silent_is_known_before_it_counts_as_hanging():
    now = [0.0]
    dog = Watchdog(180, clock=lambda: now[0])
    assert dog.silence("a") == 0
    dog.find_silent({"a"})
    now[0] = 12
    assert dog.silence("a") == 12 and dog.silence("b") == 0
    dog.hear("a")
    assert dog.silence("a") == 0
    now[0] = 20
    dog.find_silent(set())
    assert dog.silence("a") == 0
