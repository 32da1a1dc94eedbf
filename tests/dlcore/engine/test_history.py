"""What the server keeps of a run's events."""

from dlcore.engine.runs import History


def points(first: int, last: int, **more) -> list[dict]:
    return [{"kind": "metric", "step": step, "train_loss": 1.0, **more} for step in range(first, last)]


def test_a_cursor_gives_each_event_once():
    history, cursor, seen = History(), 0, []
    for first in range(0, 100, 7):
        history.add(points(first, min(first + 7, 100)))
        seen += history.since(cursor)
        cursor = history.last
    assert [event["step"] for event in seen] == list(range(100))
    assert history.since(cursor) == []


def test_a_long_training_stays_within_bounds_and_keeps_its_evaluations():
    history = History(most=200)
    for first in range(0, 10_000, 50):
        history.add(points(first, first + 49))
        history.add([{"kind": "metric", "step": first + 49, "held_loss": 0.5}] if first % 1000 == 0 else [])
    kept = history.since(0)
    assert len(kept) <= 200
    assert [event["step"] for event in kept if "held_loss" in event] == list(range(49, 10_000, 1000))
    assert kept[-1]["step"] == 9_998 and [event["step"] for event in kept] == sorted(event["step"] for event in kept)


def test_a_cursor_from_before_the_thinning_still_gives_all_that_is_new():
    history = History(points(0, 90), most=100)
    cursor = history.last
    history.add(points(90, 150))
    assert history.since(cursor)[-1]["step"] == 149
    assert all(event["step"] >= 90 for event in history.since(cursor))


def test_a_history_that_begins_anew_says_so_to_those_who_read_the_old_one():
    history = History(points(0, 20))
    cursor = history.last
    history.begin_anew(points(0, 10))
    assert history.since(cursor) == history.since(0) == [{"kind": "cut", "step": -1}, *points(0, 10)]


def test_changes_made_on_the_way_are_remembered():
    history = History([{"kind": "change", "step": 3, "field": "training.learning_rate", "value": 0.5}, *points(3, 9)])
    assert [(change.step, change.value) for change in history.changes] == [(3, 0.5)]
    history.begin_anew(points(0, 3))
    assert history.changes == ()
