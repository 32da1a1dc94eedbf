"""Panels run in a script, and believe nothing that a browser says without looking at it."""

import pytest
from streamlit.testing.v1 import AppTest


def show_every_panel() -> None:
    import numpy as np
    import streamlit as st

    from pages.ui import panels

    topics = {"curves": {"loss": np.zeros((2, 1)), "step": 0, "marks": []}}
    panels.live("test.live", "test", topics, state="running", text="Training", progress=0.5)
    panels.curves("test.curves", "test", [panels.Chart("loss", "Loss", (panels.Line("loss", "training", "grey"),))])
    pictures = {"pictures": np.zeros((2, 4, 4), np.uint8), "scale": "grey"}
    picked = panels.grid("test.grid", "test", "digits", pictures=pictures, answers=True)
    cell = panels.matrix("test.matrix", "test", title="Confusion")
    step = panels.rewind("test.rewind", "test", {"matrix": {"counts": np.eye(2, dtype=int)}})
    st.text(f"{picked} {cell} {step}")


def run(**state: object) -> AppTest:
    app = AppTest.from_function(show_every_panel)
    for key, value in state.items():
        app.session_state[f"test.{key}"] = value
    return app.run()


def test_every_panel_is_mounted_under_its_key():
    app = run()
    assert not app.exception
    names = [panel.proto.component_name for panel in app.get("bidi_component")]
    assert names == ["derin_live", "derin_curves", "derin_grid", "derin_matrix", "derin_rewind"]
    assert app.text[0].value == "None None None"


def test_what_the_visitor_chose_is_returned():
    app = run(grid={"picked": 1}, matrix={"cell": [4, 9]}, rewind={"at": 600})
    assert app.text[0].value == "1 (4, 9) 600"


@pytest.mark.parametrize("nonsense", ["7", -1, True, 2.5, {"a": 1}, [1, "2"], [1, 2, 3], None])
def test_nonsense_from_a_browser_is_nothing(nonsense):
    app = run(grid={"picked": nonsense}, matrix={"cell": nonsense}, rewind={"at": nonsense})
    assert not app.exception
    assert app.text[0].value == "None None None"


def test_the_script_that_is_sent_with_every_message_is_small():
    for panel in run().get("bidi_component"):
        assert len(panel.proto.js_content) + len(panel.proto.html_content) < 400


def tell_something_once() -> None:
    import numpy as np
    import streamlit as st

    from pages.ui import panels

    topics = {"matrix": {"counts": np.eye(2, dtype=int)}} if st.session_state.get("first", True) else {}
    st.session_state["first"] = False
    panels.live("test.live", "test", topics | {"bars": {}})


def test_what_was_said_once_is_said_again_in_case_it_was_overtaken():
    app = AppTest.from_function(tell_something_once)
    first, second = (app.run().get("bidi_component")[0].proto.bytes for _ in range(2))
    assert b"matrix.counts" in first and b"matrix.counts" in second
