"""The fragments that keep a page in step with its run: the polling one, and the rewind slider."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from dlcore.data.images import is_there
from dlcore.engine.views import RunView
from dlcore.errors import EngineError, RecordingError
from pages.ui import choosing, moments, panels, runs, state
from pages.ui.history import history_of
from pages.ui.language import _, told

QUICK, CALM = 0.2, 0.6  # seconds between two looks, with few and with many trainings
STANDING = 1.0          # while the run stands still: another tab may let it go on


def poll(page: str, view: RunView | None) -> None:
    """Draw the run's state and progress, and go on doing so while it trains."""
    st.fragment(_tick, run_every=_pause(view))(page, view.state if view else "")


def _pause(view: RunView | None) -> float | None:
    """Return the seconds between two looks; None where nothing can change by itself."""
    status = state.engine().status()
    if not status.ready or (view is not None and view.state in runs.ACTIVE):
        return QUICK if status.running <= 3 else CALM
    return STANDING if view is not None and view.state in runs.GOES_ON else None


def _tick(page: str, state_before: str) -> None:
    run_id = state.run(page)
    history = history_of(page, run_id or "")
    view = runs.shown_run(page, history.cursor)
    if view is None:
        panels.live(f"{page}.live", page, _untrained(page), text=_("Not trained yet"), left=_waking())
        return
    history.take(view)
    done, speed = (_waking(), "") if view.state == "queued" and _waking() else runs.progress_texts(page, view)
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


def _waking() -> str:
    status = state.engine().status()
    return "" if status.ready else _("The engine is waking, {left} left").format(
        left=runs.duration(status.seconds_left))


def _topics(page: str, view: RunView, history) -> moments.Topics:
    """Return what has changed since the last tick; a topic that is left out stays as it was."""
    topics = {"curves": history.curves(view), "snapshots": snapshots_topic(view, history)}
    newest = view.snapshots[-1] if view.snapshots else None
    step = newest if view.live_step is None else view.live_step
    if step is not None and panels.chosen_step(f"{page}.rewind") is None:
        seen = (view.id, step, choosing.input_number(page))
        topics |= _when_new(page, "moment", seen, lambda: _moment(page, {"run": view.id}))
    if newest is not None:
        topics |= _when_new(page, "matrix", (view.id, newest), lambda: matrix_topics(page, view, newest))
    return topics


def _when_new(page: str, name: str, what: tuple, ask: Callable[[], moments.Topics]) -> moments.Topics:
    """Ask for topics about something, unless it was the last that was shown."""
    shown = st.session_state.setdefault(f"_shown.{page}", {})
    if shown.get(name) == what:
        return {}
    topics = ask()
    if topics:
        shown[name] = what
    return topics


def _untrained(page: str) -> moments.Topics:
    """Return empty curves and slider for a page without a run, and what the pretrained network sees."""
    empty = {"curves": {"step": 0, "total_steps": 1, "steps_per_epoch": None, "marks": [], "gap": None, "notes": {}},
             "snapshots": {"steps": np.zeros(0, np.uint32), "run": "", "step": 0, "total_steps": 0, "marks": []}}
    seen = ("pretrained", choosing.input_number(page))
    return empty | _when_new(page, "moment", seen, lambda: _moment(page, {"pretrained": page}))


def snapshots_topic(view: RunView, history) -> dict:
    """Return the topic "snapshots" of a run."""
    return {"steps": np.array(view.snapshots, np.uint32), "run": view.id, "step": view.step,
            "total_steps": view.total_steps, "marks": history.marks()}


def _moment(page: str, model: dict) -> moments.Topics:
    """Return what a network sees in the drawing or the chosen picture, and how it reads that."""
    image, drawn = choosing.shown_input(page)
    if image is None:
        return {}
    try:
        answer = moments.ask_moment(model, image)
    except (EngineError, RecordingError):
        return {}  # the engine is waking or busy: the next tick asks again
    topics = moments.picture_topics(answer)
    if drawn is not None:
        topics["bars"] = moments.bars_topic(answer["scores"], drawn)
    return topics


def matrix_topics(page: str, view: RunView, step: int) -> moments.Topics:
    """Return the topic "matrix" of a snapshot, or of the last one before it whose predictions were kept."""
    found = moments.predictions_until(view, step) if is_there(view.experiment.data.dataset) else None
    return {"matrix": moments.matrix_topic(found[1], view.experiment.data.dataset, found[0])} if found else {}


@st.fragment
def rewind_bar(page: str) -> None:
    """Draw the slider over the snapshots; a chosen one turns the whole page back to it."""
    step = panels.chosen_step(f"{page}.rewind")
    if _concerns_all(page, step):
        st.rerun()
    view = runs.shown_run(page)
    answer = None
    if step is not None and view is not None:
        answer = _moment(page, {"run": view.id, "step": step}) | matrix_topics(page, view, step)
    panels.rewind(f"{page}.rewind", page, answer)
    if step is None or view is None:
        return
    if st.button(_("Train on from step {step}").format(step=step), key=f"{page}.train_on",
                 icon=":material/fork_right:"):
        runs.train_on_from(page, view, step)
        st.rerun()


def _concerns_all(page: str, step: int | None) -> bool:
    """Whether a move of the slider changes more than the panels: a cell's pictures, or a page that stands still."""
    before = st.session_state.get(f"_rewound.{page}")
    st.session_state[f"_rewound.{page}"] = step
    return step != before and (step is None or panels.chosen_cell(f"{page}.confusion") is not None)
