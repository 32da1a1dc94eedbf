"""The fragments that keep the Recurrent page in step with its run: the polling one, and the rewind slider."""

import numpy as np
import streamlit as st

from dlcore.engine.views import RunView
from dlcore.errors import DerinError
from dlcore.specs.recurrent import Recurrent
from dlcore.specs.sequences import measures
from pages.ui import learned, panels, rewinding, runs, state
from pages.ui.history import History, history_of
from pages.ui.language import _, number, told
from pages.ui.recurrent import sight
from pages.ui.recurrent.moments import Topics, moment
from pages.ui.recurrent.names import cell_name
from pages.ui.waking import silence, waking
from pages.ui.watching import snapshots_topic

QUICK, CALM = 0.25, 0.6  # seconds between two looks, with few and with many trainings
STANDING = 1.0           # while the run stands still: another tab may let it go on
GRADIENTS = ("gradient_mean", "gradient_peak", "gradient_after")


def line_names(spec: Recurrent) -> tuple[str, ...]:
    """Return the curves of a run: every measure of every cell, on training and held-out sequences."""
    found = [f"{part}_{measure}" for measure in measures(spec.data) for part in ("train", "held")]
    return tuple(f"{cell}.{name}" for cell in spec.network.cells for name in (*found, *GRADIENTS))


def poll(page: str, view: RunView | None) -> None:
    """Draw the run's state and progress, and go on doing so while it trains."""
    st.fragment(_tick, run_every=runs.pause(view, QUICK, CALM, STANDING))(page, view.state if view else "")


def _tick(page: str, state_before: str) -> None:
    view = learned.shown(page)
    if view is None:
        panels.live(f"{page}.live", page, _empty() | seen(page), text=_("Not trained yet"), left=_standing(page))
        return
    known = history_of(page, view.id, line_names(view.experiment))
    view = runs.shown_run(page, known.cursor) or view
    known.take(view)
    _take_exploded(page, view)
    panels.live(f"{page}.live", page, _topics(page, view, known), state=view.state, text=runs.state_text(view),
                progress=view.step / max(view.total_steps, 1), left=_done(page, view), right=_speed(view),
                step=view.live_step)
    _say(page, view)
    if view.state != state_before:
        st.rerun()


def _take_exploded(page: str, view: RunView) -> None:
    kept = st.session_state.get(f"_exploded.{page}", {"run": "", "cells": {}})
    before = kept["cells"] if kept["run"] == view.id else {}
    st.session_state[f"_exploded.{page}"] = {"run": view.id, "cells": exploded(before, view.events)}


def exploded(before: dict[str, int], events: list[dict]) -> dict[str, int]:
    """Return at which step each cell exploded; what came after the step of a "cut" has not happened."""
    found = dict(before)
    for event in events:
        if event["kind"] == "exploded":
            found[event["cell"]] = event["step"]
        elif event["kind"] == "cut":
            found = {cell: step for cell, step in found.items() if step <= event["step"]}
    return found


def _say(page: str, view: RunView) -> None:
    if view.message:
        st.warning(told(view.message))
    cells = st.session_state[f"_exploded.{page}"]["cells"]
    if view.state == "failed" and len(cells) == 1:
        return  # the only cell: what is said of the run is said of it
    for cell, step in cells.items():
        st.warning(_("{cell}: the gradient exploded at step {step}, its weights are no numbers any more. Rewind to "
                     "before it and train on, or restart, with gradient clipping or a smaller learning rate.").format(
            cell=cell_name(cell), step=number(step)))


def _standing(page: str) -> str:
    """Say what is shown while there is no run."""
    if text := waking():
        return text
    looked = sight.look(page)
    if looked is not None and "pretrained" in looked.model:
        return _("Shown until you train: cells that were trained before, {hidden} units each").format(
            hidden=looked.spec.network.hidden)
    return _("The cells are shown before their training")


def _done(page: str, view: RunView) -> str:
    """Return what is done ("epoch 1.32 of 2")."""
    if view.state == "queued" and not state.engine().status().ready:
        return _standing(page)
    return runs.progress_texts(page, view)[0]


def _speed(view: RunView) -> str:
    if silent := silence(view):
        return silent
    if view.state != "running" or not view.rate:
        return ""
    return _("{rate} symbols/s a cell · {left} left").format(rate=number(view.rate),
                                                              left=runs.duration(view.seconds_left or 0))


def _empty() -> Topics:
    """Return empty curves and an empty slider for a page without a run."""
    return {"curves": {"step": 0, "total_steps": 1, "steps_per_epoch": None, "marks": [], "gap": None, "notes": {}},
            "snapshots": {"steps": np.zeros(0, np.uint32), "run": "", "step": 0, "total_steps": 0, "marks": []}}


def _topics(page: str, view: RunView, known: History) -> Topics:
    """Return what has changed since the last tick; a topic that is left out stays as it was."""
    topics = {"curves": known.drawn(view), "snapshots": snapshots_topic(view, known)}
    return topics if panels.chosen_step(f"{page}.rewind") is not None else topics | seen(page)


def seen(page: str) -> Topics:
    """Return what the cells make of the page's sequence now, unless that was the last that was shown."""
    looked = sight.look(page)
    if looked is None:
        return {}
    what, shown = key_of(page, looked), st.session_state.setdefault(f"_shown.{page}", {})
    if shown.get("moment") == what:
        return {}
    try:
        topics = moment(looked, sight.sequence(page), sight.place(page, looked))
    except DerinError:
        return {}  # the engine is waking or busy, and the next tick asks again; a bad text is said at its widget
    shown["moment"] = what
    return topics


def key_of(page: str, looked: sight.Sight) -> tuple:
    """Return what a moment depends on, to know it again."""
    return str(looked.model), looked.cells, looked.step, str(sight.sequence(page))


@st.fragment
def rewind_bar(page: str) -> None:
    """Draw the slider over the snapshots; a chosen one turns the whole page back to it."""
    step, view, answer = panels.chosen_step(f"{page}.rewind"), learned.shown(page), None
    if rewinding.has_moved(page, step) and step is None:
        st.rerun()
    if step is not None and view is not None:
        answer = _moment_then(page)
    rewinding.show_rewind(page, view, step, answer)


def _moment_then(page: str) -> Topics | None:
    looked = sight.look(page)
    if looked is None:
        return None
    try:
        return moment(looked, sight.sequence(page), sight.place(page, looked))
    except DerinError:
        return None
