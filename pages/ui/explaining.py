"""Questions to the explainer: it answers visitors in turns, and a script that waits for its turn says so."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.elements import spinner

from pages.ui import state
from pages.ui.language import _
from pages.ui.visitors import on_a_line, tab, visitor

PATIENCE = 15.0  # seconds that a script waits for an answer
QUICK = 5.0      # that a direct line does: its panel asks again
SILENT = 0.3     # seconds of waiting of which nothing is said


def explain(request: dict, panel: str = "", timeout: float = PATIENCE) -> dict:
    """Return the explainer's answer; a newer question of the same kind for the same panel of a tab replaces it.

    EngineAsleep while the engine wakes, EngineError without an answer in time, and what the question itself raises.
    """
    timeout = min(timeout, QUICK) if on_a_line() else timeout
    with saying_so():
        return state.engine().explain(visitor(), request, timeout=timeout, panel=f"{tab()} {panel}")


@contextmanager
def saying_so() -> Iterator[None]:
    """Say on the page, where a script runs, that an answer is being waited for once that takes its time."""
    spinner.DELAY_SECS = SILENT
    with st.spinner(_("Waiting for the answer")):
        yield
