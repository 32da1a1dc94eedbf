"""The fragments that keep a page in step with its run: the progress bar, and the rewind slider."""

import streamlit as st

from dlcore.engine.views import RunView
from pages.ui import choosing, drawing, panels, rewinding, runs, state
from pages.ui.history import history_of
from pages.ui.language import told
from pages.ui.lines import open_line
from pages.ui.watching import Tick, Watch, matrix_topics, moment_topics


def poll(page: str, view: RunView | None) -> None:
    """Draw the run's state and progress; while it trains the browser goes on by itself, on a direct line."""
    st.fragment(_tick)(page, view.state if view else "")


def _tick(page: str, state_before: str) -> None:
    """Look once, and again whenever the browser says that more than its panels has changed."""
    key, run = f"{page}.live", state.run(page)
    subject = drawing.hold_input(page, *choosing.shown_input(page))
    watch = Watch(page, run, state.experiment(page), history_of(page, run or ""), subject)
    known = st.session_state.setdefault(f"_known.{page}", {})
    tick = watch.look(known, panels.chosen_step(f"{page}.rewind") is not None)
    known |= tick.more["known"]
    more = tick.more | {"line": open_line(key, watch.answer)}
    panels.live(key, page, tick.topics, step=tick.step, more=more, **tick.bar)
    _say(tick)
    if run and tick.view is None:
        state.forget_unknown_run(page)
    if (tick.view.state if tick.view else "") != state_before:
        st.rerun()


def _say(tick: Tick) -> None:
    if tick.view is not None and tick.view.message:
        st.warning(told(tick.view.message))


@st.fragment
def rewind_bar(page: str) -> None:
    """Draw the slider over the snapshots; a chosen one turns the whole page back to it."""
    step = panels.chosen_step(f"{page}.rewind")
    if _concerns_all(page, step):
        st.rerun()
    view = runs.shown_run(page)
    answer = None
    if step is not None and view is not None:
        image, number = choosing.shown_input(page)
        seen = {} if image is None else moment_topics({"run": view.id, "step": step}, image, number)
        answer = seen | matrix_topics(view, step)
    rewinding.show_rewind(page, view, step, answer)


def _concerns_all(page: str, step: int | None) -> bool:
    """Whether a move of the slider changes more than the panels: a cell's pictures, or a page that stands still."""
    moved = rewinding.has_moved(page, step)
    return moved and (step is None or panels.chosen_cell(f"{page}.confusion") is not None)
