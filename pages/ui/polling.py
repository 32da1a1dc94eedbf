"""The fragments that keep a page in step with its run: the polling one, and the rewind slider."""

import numpy as np
import streamlit as st

from dlcore.engine.views import RunView
from dlcore.errors import EngineError, RecordingError
from pages.ui import moments, panels, runs, state
from pages.ui.drawing import drawn_input
from pages.ui.history import history_of
from pages.ui.language import _, told

QUICK, CALM = 0.2, 0.6  # seconds between two looks, with few and with many trainings


def poll(page: str, view: RunView | None) -> None:
    """Draw the run's state and progress, and go on doing so while it trains."""
    busy = view is not None and view.state in runs.ACTIVE
    pause = QUICK if state.engine().status().running <= 3 else CALM
    st.fragment(_tick, run_every=pause if busy else None)(page, view.state if view else "")


def _tick(page: str, state_before: str) -> None:
    run_id = state.run(page)
    history = history_of(page, run_id or "")
    view = runs.shown_run(page, history.cursor)
    if view is None:
        panels.live(f"{page}.live", page, _untrained(page), text=_("Not trained yet"))
        return
    history.take(view)
    done, speed = runs.progress_texts(view)
    panels.live(f"{page}.live", page, _topics(page, view, history), state=view.state, text=runs.state_text(view),
                progress=view.step / max(view.total_steps, 1), left=done, right=speed, step=view.live_step)
    _say(view, history)
    if view.state != state_before:
        st.rerun()


def _say(view: RunView, history) -> None:
    if view.message:
        st.warning(told(view.message))
    if history.is_not_a_number():
        st.warning(_("The loss is not a number any more. Press Restart with a smaller learning rate."))


def _topics(page: str, view: RunView, history) -> moments.Topics:
    topics = {"curves": history.curves(view), "snapshots": snapshots_topic(view, history)}
    shown = st.session_state.setdefault(f"_shown.{page}", {})
    image, drawn = drawn_input(page)
    wanted = (view.id, view.live_step, drawn)
    if shown.get("moment") != wanted and view.live_step is not None:
        topics |= _moment(page, {"run": view.id, "step": None}, image)
        shown["moment"] = wanted
    newest = (view.id, view.snapshots[-1] if view.snapshots else None)
    if shown.get("matrix") != newest and newest[1] is not None:
        topics |= matrix_topics(page, view, newest[1])
        shown["matrix"] = newest
    return topics


def _untrained(page: str) -> moments.Topics:
    """Return empty curves and an empty slider for a page without a run."""
    return {"curves": {"step": 0, "total_steps": 1, "steps_per_epoch": None, "marks": [], "gap": None, "notes": {}},
            "snapshots": {"steps": np.zeros(0, np.uint32), "step": 0, "total_steps": 0, "marks": []}}


def snapshots_topic(view: RunView, history) -> dict:
    """Return the topic "snapshots" of a run."""
    return {"steps": np.array(view.snapshots, np.uint32), "step": view.step, "total_steps": view.total_steps,
            "marks": history.marks()}


def _moment(page: str, model: dict, image: np.ndarray) -> moments.Topics:
    try:
        answer = moments.ask_moment(model, image)
    except (EngineError, RecordingError):
        return {}  # the engine is waking or busy: the next tick asks again
    dataset = state.experiment(page).data.dataset
    return moments.picture_topics(answer) | {"bars": moments.bars_topic(answer["scores"], dataset)}


def matrix_topics(page: str, view: RunView, step: int) -> moments.Topics:
    """Return the topic "matrix" of a snapshot, where its predictions were kept."""
    kept = moments.predictions_of(view.id, step)
    return {"matrix": moments.matrix_topic(kept, view.experiment.data.dataset, step)} if kept else {}


@st.fragment
def rewind_bar(page: str) -> None:
    """Draw the slider over the snapshots; a chosen one turns the whole page back to it."""
    step = panels.chosen_step(f"{page}.rewind")
    view = runs.shown_run(page)
    answer = None
    if step is not None and view is not None:
        image, _drawn = drawn_input(page)
        answer = _moment(page, {"run": view.id, "step": step}, image) | matrix_topics(page, view, step)
    panels.rewind(f"{page}.rewind", page, answer)
    if step is not None and view is not None:
        st.button(_("Train on from step {step}").format(step=step), key=f"{page}.train_on", icon=":material/fork_right:",
                  on_click=runs.train_on_from, args=(page, view, step))
