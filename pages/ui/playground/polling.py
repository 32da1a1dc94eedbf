"""The fragments that keep the Playground page in step with its run: everything on it at once, and the rewinding."""

import time

import numpy as np
import streamlit as st

from dlcore.engine.views import RunView
from dlcore.errors import DerinError, EngineError
from dlcore.specs.learning import in_effect
from dlcore.specs.playground import Playground
from pages.ui import panels, rewinding, runs, state
from pages.ui.history import History, history_of
from pages.ui.language import _, number, told
from pages.ui.learned import problem
from pages.ui.playground import frames, steering
from pages.ui.playground.frames import Topics
from pages.ui.waking import silence, waking
from pages.ui.watching import snapshots_topic

LINES = ("train_loss", "test_loss", "train_accuracy", "test_accuracy", "train_r2", "test_r2")
QUICK, CALM = 0.1, 0.4   # seconds between two looks, with few and with many trainings
STANDING = 0.3           # while the run stands still: a weight may be set by hand
FLEETING = ("frame", "curves", "snapshots")  # while it learns: the next look brings newer ones
POINTS = 240             # of a curve, at most
MATRIX_PAUSE = 0.5       # seconds between two confusion matrices


def poll(page: str, view: RunView | None) -> None:
    """Draw the run's state and progress, and go on doing so while it trains."""
    st.fragment(_tick, run_every=runs.pause(view, QUICK, CALM, STANDING))(page, view.state if view else "")


def history(page: str) -> History:
    """Return what this session remembers of the page's run."""
    return history_of(page, state.run(page) or "", LINES)


def _tick(page: str, state_before: str) -> None:
    known = history(page)
    view = runs.shown_run(page, known.cursor)
    if view is None:
        st.session_state[f"_shown.{page}"] = {}
        panels.live(f"{page}.live", page, _empty(), text=_("Not trained yet"), left=waking())
        return
    known.take(view)
    done, speed = _progress(view)
    panels.live(f"{page}.live", page, _topics(page, view, known), state=view.state, text=runs.state_text(view),
                progress=view.step / max(view.total_steps, 1), left=done, right=speed, step=view.step,
                fleeting=FLEETING if view.state in runs.ACTIVE else ())
    if view.message:
        st.warning(told(view.message))
    if view.state != state_before:
        st.rerun()


def _progress(view: RunView) -> tuple[str, str]:
    """Return what is done ("epoch 120"), and what trains, how fast and why ("kernel, 60 epochs/s")."""
    if view.state == "queued" and waking():
        return waking(), ""
    silent = silence(view)
    done = _("epoch {epoch} of {epochs}").format(epoch=number(view.epoch, 0 if view.epoch >= 10 else 2),
                                                 epochs=number(round(view.total_steps * view.epoch / view.step)
                                                               if view.step else view.experiment.training.epochs))
    return done, silent or " · ".join(filter(None, [_gear(view.frame), _speed(view)]))


def _gear(frame: dict | None) -> str:
    """Say what trains: the compiled kernel, or autograd and why."""
    if not frame or "gear" not in frame:
        return ""
    if frame["gear"] == "kernel":
        return _("compiled kernel")
    if not (why := frame.get("why")):
        return _("autograd")
    template = why["template"]
    return _("autograd: {why}").format(why=_(template).format(**why["values"]))


def _speed(view: RunView) -> str:
    if view.state != "running" or not view.rate:
        return ""
    return _("{rate} epochs/s").format(rate=number(view.rate / max(view.experiment.data.train_count, 1), 0))


def _empty() -> Topics:
    """Return empty curves and an empty slider for a page without a run."""
    return {"curves": {"step": 0, "total_steps": 1, "steps_per_epoch": None, "marks": [], "gap": None, "notes": {}},
            "snapshots": {"steps": np.zeros(0, np.uint32), "run": "", "step": 0, "total_steps": 0, "marks": []}}


def _topics(page: str, view: RunView, known: History) -> Topics:
    """Return what has changed since the last tick; a topic that is left out stays as it was."""
    shown = st.session_state.setdefault(f"_shown.{page}", {})
    topics = {}
    place = (view.id, view.step, view.cursor)
    if view.state not in runs.ACTIVE or shown.get("curves") != place:
        shown["curves"] = place
        topics = {"curves": known.drawn(view, POINTS), "snapshots": snapshots_topic(view, known)}
    if view.frame is not None and shown.get("frame") != (place := (view.id, view.frame["number"])):
        shown["frame"] = place
        topics["frame"] = frames.frame_topic(in_effect(view.experiment, view.step), view.frame)
        frames.keep_frame(page, view.experiment, view.frame)
    return topics | _matrix(page, view, shown)


def _matrix(page: str, view: RunView, shown: dict) -> Topics:
    """Return the confusion matrix of the weights that were published last, twice a second at most."""
    place, now = (view.id, view.live_step), time.monotonic()
    if view.live_step is None or view.experiment.data.regression:
        return {}
    if shown.get("matrix") == place:
        return {} if view.state in runs.ACTIVE else {"matrix": shown["matrix_topic"]}
    if now - shown.get("matrix_at", 0.0) < MATRIX_PAUSE:
        return {}
    shown["matrix_at"] = now
    try:
        answer = frames.ask(page, "plane_points", {"run": view.id, "step": None})
    except DerinError:
        return {}  # the engine is busy: the next tick asks again
    shown["matrix"], shown["matrix_topic"] = place, frames.matrix_topic(view.experiment, answer)
    return {"matrix": shown["matrix_topic"]}


# a page that stands still


def still(page: str) -> Topics | None:
    """Return the moment that a page shows whose run does not move: the network before training, or as it was left.

    None while the engine cannot answer yet. (The polling also brings it, but may be overtaken by its own next message
    before the browser has loaded the page.)
    """
    spec, view = state.experiment(page), steering.shown(page)
    if view is not None and (view.state in runs.ACTIVE or view.live_step is None):
        return {}
    if problem(spec) is not None:
        return {"frame": {"empty": True}}
    try:
        if view is None:
            return moment(page, frames.model_of(spec), spec)
        return moment(page, {"run": view.id, "step": None}, view.experiment, view.frame)
    except EngineError:
        return None
    except DerinError:
        return {"frame": {"empty": True}}  # an uploaded table is gone


def moment(page: str, model: dict, spec: Playground, known: dict | None = None) -> Topics:
    """Return the topics of one moment, frame (unless it is `known`) and matrix; EngineError or another DerinError."""
    frame = known or frames.ask(page, "plane_frame", model)
    frames.keep_frame(page, spec, frame)
    topics = {"frame": frames.frame_topic(in_effect(spec, frame["step"]), frame)}
    if not spec.data.regression:
        topics["matrix"] = frames.matrix_topic(spec, frames.ask(page, "plane_points", model))
    return topics


@st.fragment
def rewind_bar(page: str) -> None:
    """Draw the slider over the snapshots; a chosen one turns the whole page back to it."""
    step, view, answer = panels.chosen_step(f"{page}.rewind"), runs.shown_run(page), None
    if rewinding.has_moved(page, step) and step is None:
        st.rerun()
    if step is not None and view is not None:
        answer = _moment_at(page, view, step)
    rewinding.show_rewind(page, view, step, answer)


def _moment_at(page: str, view: RunView, step: int) -> Topics | None:
    try:
        return moment(page, {"run": view.id, "step": step}, view.experiment)
    except DerinError:
        return None
