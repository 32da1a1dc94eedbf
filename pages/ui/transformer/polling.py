"""The fragments that keep the Transformer page in step with its run: the progress bar, and the rewind slider."""

from typing import Any

import streamlit as st

from dlcore.engine.views import RunView
from dlcore.errors import DerinError
from pages.ui import learned, panels, rewinding, state
from pages.ui.history import history_of
from pages.ui.language import told
from pages.ui.lines import open_line
from pages.ui.transformer import sight
from pages.ui.transformer.curves import line_names
from pages.ui.transformer.moments import Topics, moment
from pages.ui.transformer.watching import Look
from pages.ui.watching import Tick


def subject(page: str) -> dict[str, Any]:
    """Return what the page's direct lines look at, the session's own: it follows what is typed and switched off."""
    kept = st.session_state.setdefault(f"_subject.{page}", {})
    kept["sight"] = sight.look(page)
    return kept


def poll(page: str, view: RunView | None) -> None:
    """Draw the run's state and progress; while it trains the browser goes on by itself, on a direct line."""
    st.fragment(_tick)(page, view.state if view else "")


def _tick(page: str, state_before: str) -> None:
    """Look once, and again whenever the browser says that more than its panels has changed."""
    key, shown = f"{page}.live", learned.shown(page)
    run = shown.id if shown else None
    spec = shown.experiment if shown else state.experiment(page)
    watch = Look(page, run, state.experiment(page), history_of(page, run or "", line_names(spec)), subject(page))
    known = st.session_state.setdefault(f"_known.{page}", {})
    tick = watch.look(known, panels.chosen_step(f"{page}.rewind") is not None)
    known |= tick.more["known"]
    panels.live(key, page, tick.topics, step=tick.step, more=tick.more | {"line": open_line(key, watch.answer)},
                **tick.bar)
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
    step, view = panels.chosen_step(f"{page}.rewind"), learned.shown(page)
    if rewinding.has_moved(page, step) and step is None:
        st.rerun()
    answer = _moment_then(page) if step is not None and view is not None else None
    rewinding.show_rewind(page, view, step, answer)


def _moment_then(page: str) -> Topics | None:
    looked = subject(page)["sight"]
    if looked is None:
        return None
    try:
        return moment(looked)
    except DerinError:
        return None
