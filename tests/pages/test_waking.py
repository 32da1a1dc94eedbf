"""What is said of an engine that wakes, and of a process that does not answer: what is known, never a wrong promise."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import streamlit as st

from dlcore.engine.views import JobView, RunView
from dlcore.specs.diffusion import Diffusion
from dlcore.specs.experiment import Experiment
from dlcore.specs.learning import Learner
from dlcore.specs.playground import Playground
from dlcore.specs.recurrent import Recurrent
from dlcore.specs.transformer import Transformer
from pages.ui import runs, state, waking
from pages.ui.diffusion import polling as diffusion
from pages.ui.playground import polling as playground
from pages.ui.recurrent import polling as recurrent
from pages.ui.transformer import watching as transformer

SPEEDS = {
    "digits": (Experiment(), lambda view: runs.progress_texts("digits", view)[1]),
    "playground": (Playground(), lambda view: playground._progress(view)[1]),
    "recurrent": (Recurrent(), recurrent._speed),
    "transformer": (Transformer(), transformer.speed),
    "diffusion": (Diffusion(), lambda view: diffusion.progress_texts("diffusion", view)[1]),
}


@pytest.fixture
def status(monkeypatch) -> SimpleNamespace:
    told = SimpleNamespace(ready=False, seconds_left=0.0, waking=0.0, usual=0.0, running=1)
    monkeypatch.setattr(st, "session_state", {"_language": "en"})
    monkeypatch.setattr(state, "engine", lambda: SimpleNamespace(status=lambda: told))
    return told


def running(spec: Learner, silent: float) -> RunView:
    return RunView("r", spec, "running", 0, 50, 100, 0.5, 1000.0, 60.0, [], 0, (), None, "", None, 1, None,
                   silent=silent)


def test_an_engine_that_takes_as_long_as_usual_says_how_long_it_still_needs(status):
    status.seconds_left, status.waking, status.usual = 4.0, 2.0, 6.0
    assert waking.waking() == "The engine is waking, 4.0 s left"
    assert waking.wait() == {"waiting": 4.0, "since": 2.0}


@pytest.mark.parametrize(("seconds", "told"), [(7.0, "7.0 s"), (50.0, "50.0 s"), (200.0, "3 min 20 s")])
def test_one_that_takes_longer_says_for_how_long_it_has_been_waking(status, seconds, told):
    status.waking = seconds
    assert waking.waking() == f"The engine has been waking for {told}"
    status.usual = 6.0
    assert waking.waking() == f"The engine has been waking for {told}; the last time it took 6.0 s"


def test_one_that_is_awake_says_nothing(status):
    status.ready = True
    assert waking.waking() == ""


@pytest.mark.parametrize("page", SPEEDS)
def test_a_run_whose_process_does_not_answer_says_so_in_the_place_of_its_speed_and_counts_up(status, monkeypatch, page):
    status.ready = True
    spec, speed = SPEEDS[page]
    monkeypatch.setattr(state, "experiment", lambda _page: spec)
    assert "no answer" not in speed(running(spec, waking.SILENT - 1))
    for seconds in (10.2, 15.0, 100.9):
        assert speed(running(spec, seconds)) == f"no answer for {int(seconds)} s"
    starting = replace(running(spec, 20.0), state="starting", rate=0.0)
    assert speed(starting) == "no answer for 20 s"


def test_it_is_said_within_fifteen_seconds():
    assert waking.SILENT <= 12  # and looked at every second at least


def test_a_job_whose_process_does_not_answer_says_so_too(status):
    assert waking.say_work("Drawing", JobView(0.5, False)) == "Drawing"
    assert waking.say_work("Drawing", JobView(0.5, False, silent=31.4)) == "Drawing · no answer for 31 s"
    assert waking.say_work("", JobView(0.5, False, silent=31.4)) == "no answer for 31 s"
