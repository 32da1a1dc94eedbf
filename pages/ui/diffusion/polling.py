"""The fragments that keep a part of the Diffusion page in step with its run: the polling one, and the rewind slider."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from dlcore.engine.views import RunView
from dlcore.errors import DerinError
from pages.ui import panels, rewinding, runs
from pages.ui.diffusion import sight
from pages.ui.history import History, history_of
from pages.ui.language import _, number, told
from pages.ui.waking import silence, waking
from pages.ui.watching import snapshots_topic

Topics = dict[str, dict]
Moment = Callable[[str, sight.Sight], Topics]  # what a part shows of a network at a moment

LINES = ("train_loss", "held_loss")
QUICK, CALM = 0.3, 0.8  # seconds between two looks, with few and with many trainings
STANDING = 1.0          # while the run stands still: another tab may let it go on


def poll(page: str, view: RunView | None, moment: Moment) -> None:
    """Draw the run's state and progress, and go on doing so while it trains."""
    st.fragment(_tick, run_every=runs.pause(view, QUICK, CALM, STANDING))(page, view.state if view else "", moment)


def _tick(page: str, state_before: str, moment: Moment) -> None:
    view = sight.shown(page)
    if view is None:
        panels.live(f"{page}.live", page, _empty() | seen(page, moment), text=_("Not trained yet"),
                    left=waking() or _standing(page))
        return
    known = history_of(page, view.id, LINES)
    view = runs.shown_run(page, known.cursor) or view
    known.take(view)
    _take_times(page, view)
    done, speed = progress_texts(page, view)
    panels.live(f"{page}.live", page, _topics(page, view, known, moment), state=view.state, text=runs.state_text(view),
                progress=view.step / max(view.total_steps, 1), left=done, right=speed, step=view.live_step)
    if view.message:
        st.warning(told(view.message))
    if view.state != state_before:
        st.rerun()


def _standing(page: str) -> str:
    """Say what is shown before anything is trained."""
    looked = sight.look(page)
    pretrained = looked is not None and "pretrained" in looked.model
    return _("shown is the pretrained network, until you train one") if pretrained else ""


def _take_times(page: str, view: RunView) -> None:
    """Keep the loss by time of every look at the run."""
    kept = st.session_state.get(f"_by_time.{page}")
    if kept is None or kept[0] != view.id:
        kept = st.session_state[f"_by_time.{page}"] = (view.id, {})
    for event in view.events:
        if event["kind"] == "metric" and event.get("loss_by_t"):
            kept[1][event["step"]] = event["loss_by_t"]


def times_topic(page: str, step: int | None) -> Topics:
    """Return the topic "times": the loss by time at the last look that was not after a step (None: the last one)."""
    _run, looks = st.session_state.get(f"_by_time.{page}", ("", {}))
    before = [at for at in looks if step is None or at <= step]
    losses = looks[max(before)] if before else ()
    return {"times": {"losses": np.array([np.nan if loss is None else loss for loss in losses], np.float32)}}


def progress_texts(page: str, view: RunView) -> tuple[str, str]:
    """Return what is done, and how fast in points or pictures."""
    if view.state == "queued" and waking():
        return waking(), ""
    done, _digits = runs.progress_texts(page, view)
    if silent := silence(view):
        return done, silent
    if view.state != "running" or not view.rate:
        return done, ""
    template = _("{rate} points/s · {left} left") if view.experiment.data.on_plane else _(
        "{rate} pictures/s · {left} left")
    return done, template.format(rate=number(view.rate), left=runs.duration(view.seconds_left or 0))


def _empty() -> Topics:
    """Return empty curves and an empty slider for a page without a run."""
    return {"curves": {"step": 0, "total_steps": 1, "steps_per_epoch": None, "marks": [], "gap": None, "notes": {}},
            "snapshots": {"steps": np.zeros(0, np.uint32), "run": "", "step": 0, "total_steps": 0, "marks": []}}


def _topics(page: str, view: RunView, known: History, moment: Moment) -> Topics:
    """Return what has changed since the last tick; a topic that is left out stays as it was."""
    topics = {"curves": known.drawn(view), "snapshots": snapshots_topic(view, known)}
    return topics if panels.chosen_step(f"{page}.rewind") is not None else topics | seen(page, moment)


def seen(page: str, moment: Moment) -> Topics:
    """Return what the page's network shows now, unless that was the last that was shown."""
    looked = sight.look(page)
    if looked is None:
        return {}
    what, shown = str((looked.model, looked.step)), st.session_state.setdefault(f"_shown.{page}", {})
    if shown.get("moment") == what:
        return {}
    try:
        topics = moment(page, looked)
    except DerinError:
        return {}  # the engine is waking or busy, and the next tick asks again
    shown["moment"] = what
    return topics


def forget_moment(page: str) -> None:
    """Have what the network shows asked for anew, because something else than the network has changed."""
    st.session_state.pop(f"_shown.{page}", None)


@st.fragment
def rewind_bar(page: str, moment: Moment, whole: bool = False) -> None:
    """Draw the slider over the snapshots; a chosen one turns the whole page back to it.

    With `whole`, every move runs the page's script: there is more than panels that shows the network.
    """
    step, view, answer = panels.chosen_step(f"{page}.rewind"), sight.shown(page), None
    if rewinding.has_moved(page, step) and (whole or step is None):
        forget_moment(page)
        st.rerun()
    if step is not None and view is not None and (looked := sight.look(page)) is not None:
        try:
            answer = moment(page, looked)
        except DerinError:
            answer = None
    rewinding.show_rewind(page, view, step, answer)
