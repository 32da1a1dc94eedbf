"""What a page is told of its run on a direct line, while its script rests."""

import json
from dataclasses import replace

import pytest
import streamlit as st

from dlcore.data.images import load_test
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.training import Training
from pages.ui import state
from pages.ui.history import History
from pages.ui.visitors import VISITOR
from pages.ui.watching import Watch
from tests.conftest import wait_until
from tests.pages.test_live import unpack

OWNER = "o" * 32
SHORT = Experiment(data=ImageData(train_size=500), training=Training(epochs=2, seed=5))


@pytest.fixture
def engine_of_pages(monkeypatch, awake):
    monkeypatch.setattr(st, "session_state", {VISITOR: OWNER, "_language": "en"})
    monkeypatch.setattr(state, "engine", lambda: awake)
    return awake


def watch(run: str | None = None, number: int | None = 3) -> Watch:
    """A page that has been drawn with a seven on its pad."""
    subject = {"image": load_test("mnist").test_images[0], "number": number}
    return Watch("digits", run, SHORT, History(run or ""), subject)


def ask(watched: Watch, known: object = None, at: object = None) -> tuple[dict, dict]:
    return unpack(watched.answer({"known": known, "at": at}))


@pytest.fixture(scope="module")
def finished(engine) -> str:
    """A run that has been trained to its end."""
    wait_until(lambda: engine.status().ready, 120, "the engine did not wake")
    run = engine.start_run(SHORT, OWNER)
    wait_until(lambda: engine.view(run).state == "finished", 120, "the run did not finish")
    return run


def test_without_a_run_the_pretrained_network_is_seen_once_and_then_nothing_is_asked_for(engine_of_pages):
    page = watch()
    first, pictures = ask(page)
    assert first["state"]["text"] == "Not trained yet" and {"filters", "maps0", "bars"} <= set(first["topics"])
    assert int(pictures["bars.probabilities"].argmax()) == 7
    again, _ = ask(page, first["known"])
    assert "filters" not in again["topics"] and again["every"] is None and again["mark"] == first["mark"]


def test_another_drawing_is_seen_though_the_script_has_not_run(engine_of_pages):
    page = watch()
    known = ask(page)[0]["known"]
    page.subject["number"] = 4
    told, _ = ask(page, known)
    assert "bars" in told["topics"] and told["known"] != known


def test_a_training_is_followed_to_its_end_and_the_script_is_told(engine_of_pages):
    run = engine_of_pages.start_run(replace(SHORT, training=replace(SHORT.training, seed=6)), OWNER)
    page, marks, steps = watch(run), [], []

    def is_over() -> bool:
        told, _ = ask(page)
        marks.append(told["mark"].split()[0])
        steps.append(told["topics"]["curves"]["step"])
        assert told["every"] if told["state"]["kind"] in ("running", "starting") else True
        return told["state"]["kind"] == "finished"

    wait_until(is_over, 120, "the run is not seen to finish")
    assert steps == sorted(steps) and marks[-1] == "finished" and len(set(marks)) > 1
    assert engine_of_pages.view(run).step == steps[-1]


def test_the_end_of_a_run_is_told_whole_and_each_moment_once(engine_of_pages, finished):
    page = watch(finished)
    told, arrays = ask(page)
    assert {"curves", "snapshots", "filters", "matrix", "bars"} <= set(told["topics"])
    assert arrays["matrix.counts"].sum() >= 2000 and told["every"] is None
    again, _ = ask(page, told["known"])
    assert set(again["topics"]) == {"curves", "snapshots"} and again["known"] == told["known"]


def test_while_the_page_is_rewound_the_present_moment_is_not_told(engine_of_pages, finished):
    told, _ = ask(watch(finished), at=10)
    assert "filters" not in told["topics"] and "moment" not in told["known"] and "curves" in told["topics"]


def test_two_looks_at_once_take_no_event_twice(engine_of_pages, finished):
    one = watch(finished)
    points = len(unpack(one.answer({}))[1]["curves.train_loss"][0])
    other = Watch("digits", finished, SHORT, one.history, one.subject)
    assert len(unpack(other.answer({}))[1]["curves.train_loss"][0]) == points


def test_a_run_that_is_gone_is_left_to_the_script(engine_of_pages):
    told, _ = ask(watch("gone"))
    assert told["mark"] == "lost" and told["state"]["text"] == "Not trained yet"


@pytest.mark.parametrize("known", [None, [], "moment", 7, {"moment": 3}, {"moment": {"a": []}, 5: "x"}], ids=json.dumps)
def test_nonsense_in_a_question_is_nothing(engine_of_pages, known):
    assert "filters" in ask(watch(), known)[0]["topics"]
