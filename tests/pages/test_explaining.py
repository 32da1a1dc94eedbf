"""A script that waits for an answer says so in time, in the visitor's language."""

import pytest
import streamlit as st
from streamlit.elements import spinner

from dlcore.errors import EngineError
from pages.ui import explaining, state
from pages.ui.visitors import visiting


@pytest.fixture
def asked(monkeypatch) -> list:
    """What the engine is asked, instead of asking it."""
    found = []

    class Pretended:
        def explain(self, *what, **more):
            found.append((what, more))
            return {"said": "so"}

    monkeypatch.setattr(state, "engine", Pretended)
    monkeypatch.setattr(st, "session_state", {"_language": "tr", "_visitor": "v" * 32, "_tab": "t1"})
    return found


def test_a_question_says_whose_it_is_from_which_tab_and_panel(asked):
    assert explaining.explain({"kind": "read"}, "bars", 3.0) == {"said": "so"}
    assert asked == [(("v" * 32, {"kind": "read"}), {"timeout": 3.0, "panel": "t1 bars"})]


def test_on_a_line_nobody_waits_as_long_as_a_script(asked):
    with visiting("o" * 32, "t2"):
        explaining.explain({"kind": "read"})
    assert asked == [(("o" * 32, {"kind": "read"}), {"timeout": explaining.QUICK, "panel": "t2 "})]


def test_the_page_says_that_it_waits_within_half_a_second(app_test, awake, monkeypatch):
    """The sentence is sent once a timer of Streamlit's has run out; here it runs out at once."""
    waits, texts = [], []

    class Timer(spinner.threading.Timer):
        def __init__(self, seconds, *what, **more):
            waits.append(seconds)
            super().__init__(0, *what, **more)

    monkeypatch.setattr(spinner.threading, "Timer", Timer)
    monkeypatch.setattr(spinner, "clean_text", lambda text: texts.append(text) or text)
    app_test("neuron.py", locale="tr-TR")
    assert set(texts) == {"Yanıt bekleniyor"} and {seconds for seconds in waits if seconds == explaining.SILENT}
    assert explaining.SILENT < 0.5


def test_a_microscope_without_an_answer_says_why_and_asks_again(app_test, awake, monkeypatch):
    from pages.ui import microscope
    told = []
    monkeypatch.setattr(microscope, "_microscope", lambda **what: told.append(what["data"]))
    monkeypatch.setattr(microscope, "ask_inside", lambda *_: (_ for _ in ()).throw(EngineError("Too late.")))
    app_test("convolution.py")
    assert told and b'"waiting":0.0' in told[-1] and b"Too late." in told[-1]
