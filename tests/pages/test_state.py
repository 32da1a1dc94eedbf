"""The address bar: what it says opens, what it cannot say is mended and told, what is left is kept."""

import json
from dataclasses import replace

import pytest
import streamlit as st

from dlcore.specs.codec import from_link, to_link
from dlcore.specs.experiment import Experiment
from pages.ui import state


@pytest.fixture
def bar(monkeypatch) -> dict:
    """An address bar and a session without a browser."""
    monkeypatch.setattr(st, "query_params", {})
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(state, "ECHO", 0.0)
    return st.query_params


def learning_at(rate: float) -> Experiment:
    experiment = Experiment()
    return replace(experiment, training=replace(experiment.training, learning_rate=rate))


def test_an_untouched_page_leaves_the_address_alone(bar):
    assert state.experiment("digits") == Experiment()
    state.remember("digits", Experiment())
    assert bar == {}


def test_a_change_goes_into_the_address(bar):
    state.remember("digits", learning_at(0.01))
    assert from_link(bar["experiment"]) == (learning_at(0.01), ())
    assert state.experiment("digits") == learning_at(0.01)


def test_a_copied_link_opens_the_same_experiment(bar):
    bar["experiment"] = to_link(learning_at(0.02))
    assert state.experiment("digits") == learning_at(0.02)
    assert state.mended("digits") == ()


def test_each_page_keeps_its_experiment_over_a_page_switch(bar):
    state.remember("digits", learning_at(0.01))
    bar.clear()
    assert state.experiment("convolution") == Experiment()
    assert "experiment" not in bar
    assert state.experiment("digits") == learning_at(0.01)
    assert bar["experiment"] == to_link(learning_at(0.01))


def test_the_browsers_back_button_brings_the_earlier_experiment_back(bar):
    state.remember("digits", learning_at(0.01))
    earlier = bar["experiment"]
    state.remember("digits", learning_at(0.02))
    bar["experiment"] = earlier
    assert state.experiment("digits") == learning_at(0.01)


def test_an_address_sent_before_the_change_reached_the_browser_undoes_nothing(bar, monkeypatch):
    monkeypatch.setattr(state, "ECHO", 2.0)
    state.remember("digits", learning_at(0.01))
    earlier = bar["experiment"]
    state.remember("digits", learning_at(0.02))
    bar["experiment"] = earlier
    assert state.experiment("digits") == learning_at(0.02)
    assert bar["experiment"] == to_link(learning_at(0.02))


def test_an_address_that_waited_while_the_server_was_busy_undoes_nothing(bar, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(state, "ECHO", 2.0)
    monkeypatch.setattr(state, "monotonic", lambda: clock[0])
    state.remember("digits", learning_at(0.01))
    earlier = bar["experiment"]
    state.remember("digits", learning_at(0.02))
    for busy in (1.5, 3.0, 4.5):  # the same run of the script, on a slow machine
        clock[0] = busy
        assert state.experiment("digits") == learning_at(0.02)
    clock[0], bar["experiment"] = 5.0, earlier  # sent before the browser knew
    assert state.experiment("digits") == learning_at(0.02)
    clock[0], bar["experiment"] = 7.5, earlier  # the Back button, some time later
    assert state.experiment("digits") == learning_at(0.01)


def test_what_was_mended_is_told_until_something_is_changed(bar):
    bar["experiment"] = json.dumps({"kind": "experiment", "training": {"learning_rate": 1e9}})
    opened = state.experiment("digits")
    for _rerun in range(2):
        assert state.experiment("digits") == opened
        assert [mend.field for mend in state.mended("digits")] == ["training.learning_rate"]
    assert bar["experiment"] == to_link(opened)
    state.remember("digits", learning_at(0.02))
    assert state.mended("digits") == ()


GARBAGE = ["", "{", "null", "[]", "7", '"text"', "\x00", "%00%ff", "{" * 10_000, "[" * 100_000, "x" * 500_000, "1e999",
           '{"kind": "experiment", "network": {"blocks": [[]]}}', '{"training": {"epochs": NaN, "seed": 1e400}}',
           '{"data": {"dataset": "../../etc/passwd", "size": -3}}', '{"changes": [[1, "training.learning_rate", "a"]]}',
           '{"training": 3, "network": "x", "data": null}', '{"unknown": {"deep": {"er": []}}}']


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_in_the_address_opens_a_page_that_works(bar, garbage):
    bar["experiment"] = bar["run"] = garbage
    opened = state.experiment("digits")
    assert from_link(to_link(opened)) == (opened, ())
    assert state.run("digits") is None or state.RUN_ID.fullmatch(state.run("digits"))
    assert len(bar["experiment"]) < 20_000


def test_a_run_is_kept_per_page(bar):
    state.remember_run("digits", "a1")
    bar.clear()
    assert state.run("convolution") is None
    assert state.run("digits") == "a1"
    assert bar["run"] == "a1"


def test_a_run_that_cannot_be_one_is_said_and_leaves_the_address(bar):
    bar["run"] = "../../etc/passwd"
    assert state.run("digits") is None
    assert state.run_was_unknown("digits")
    assert "run" not in bar
    state.remember_run("digits", "a1")
    assert not state.run_was_unknown("digits")


@pytest.fixture
def cold(monkeypatch, tmp_path):
    """A server without an engine yet, which would keep its runs in a folder."""
    monkeypatch.setenv("DERIN_HOME", str(tmp_path))
    monkeypatch.setenv("DERIN_ENGINE", "")
    state._start_engine.cache_clear()
    yield tmp_path
    state.engine().close()
    state._start_engine.cache_clear()


def test_the_engine_of_a_server_is_one_and_keeps_its_runs_where_the_environment_says(cold):
    """It leaves the first page its time: no process of its own has begun when it is there."""
    first = state.engine()
    assert first.home == cold and first.processes() == {}
    assert 0 < first.status().seconds_left and state.engine() is first
