"""Two dimensions: points of noise that flow into a shape, and the field that carries them (static/js/flowplane.js)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from dlcore.data.clouds import make_cloud
from dlcore.diffusion.schedules import T
from dlcore.specs.codec import to_dict
from dlcore.specs.diffusion import MOST_OWN, Diffusion
from dlcore.specs.plane import EDGE, is_number
from pages.ui import runs, state
from pages.ui.diffusion import asking, components, polling, sight
from pages.ui.diffusion.code import offer_code
from pages.ui.diffusion.settings import edit_settings, take_points
from pages.ui.diffusion.words import TOLD, scrubber_words
from pages.ui.explaining import explain
from pages.ui.language import _, language, told
from pages.ui.learned import problem
from pages.ui.live import pack
from pages.ui.panels import Chart, Line, curves

PAGE = "diffusion_plane"  # keys and address are those of a page of this name
SHOWN = 1200              # points of the data that are drawn
HEIGHT = 118
ASKED = "sampling_plane"  # what is asked of the network; see pages.ui.diffusion.asking
POINTS = 400              # that flow
SIDE = 20                 # arrows across the plane
FIELD_TIMES = (1000, 900, 800, 700, 600, 500, 400, 300, 200, 100, 30)



def show_plane(buttons: Any) -> None:
    """Draw the part: settings, buttons, the plane with what flows on it, curves, and the rewind slider."""
    sight.adopt(PAGE)
    take_wishes()
    runs.show_refusal(PAGE)
    with st.sidebar:
        edit_settings(PAGE)
    view, spec = sight.shown(PAGE), state.experiment(PAGE)
    asking.show_notices(PAGE, ASKED)
    with buttons:
        runs.show_transport(PAGE, view, broken=problem(spec) is not None)
    polling.poll(PAGE, view, moment)
    main, beside = st.columns([60, 40], gap="medium")
    with main:
        st.fragment(show_board)()
    with beside:
        _show_companions()
        _edit_how(spec)
    polling.rewind_bar(PAGE, moment)
    offer_code(PAGE, ASKED)


def moment(page: str, looked: sight.Sight) -> polling.Topics:
    """Return the ways of points from noise to the shape as the network has them go; EngineError while it is busy."""
    sampling = to_dict(asking.settled(looked.spec, ASKED))
    flow = _ask(looked, "diffusion_flow", sampling=sampling, count=POINTS)
    fields = [_ask(looked, "diffusion_field", t=float(t), side=SIDE) for t in FIELD_TIMES]
    topics = {"flow": {
        "paths": flow["trajectories"], "guesses": flow["x0"], "times": flow["t"] / T,
        "field_times": np.array(FIELD_TIMES, np.float32) / T,
        "field": np.stack([field["velocity"] for field in fields]), "places": fields[0]["points"]}}
    return topics | polling.times_topic(page, looked.step)


def _ask(looked: sight.Sight, kind: str, **more: Any) -> dict:
    request = {"kind": kind, "model": looked.model, **more}
    return explain(request, PAGE)


def show_board() -> None:
    """Draw the plane; what the visitor puts there is taken first."""
    if take_wishes():
        st.rerun()
    spec, key = state.experiment(PAGE), f"{PAGE}.board"
    own = spec.data.dataset == "own"
    error = problem(spec)
    meta = {"channel": PAGE, "language": language(), "words": _words(), "edge": EDGE, "draws": own,
            "own": len(spec.data.own), "seq": st.session_state.get(f"_asked.{PAGE}", 0),
            "refused": told(error, markdown=False) if error is not None and not own else ""}
    components.flowplane(key=key, data=pack(meta, data=_some(make_cloud(spec.data)).ravel()), on_asked_change=_keep)


def _keep() -> None:
    """Do nothing when something is asked: it is granted in the run that follows."""


def _some(points: np.ndarray) -> np.ndarray:
    return points[:: max(1, len(points) // SHOWN)]


def take_wishes() -> bool:
    """Take over what was put onto the plane since the last run; say whether the points have changed."""
    asked, seen = (st.session_state.get(f"{PAGE}.board") or {}).get("asked"), f"_asked.{PAGE}"
    before = own = state.experiment(PAGE).data.own
    for wish in asked if isinstance(asked, list | tuple) else []:
        number = wish.get("seq") if isinstance(wish, Mapping) else None
        if isinstance(number, int) and number > st.session_state.get(seen, 0):
            st.session_state[seen] = number
            own = _grant(own, wish)
    if own != before:
        take_points(PAGE, own)
    return own != before


def _grant(own: tuple, wish: Mapping[str, Any]) -> tuple:
    """Return the own points after a wish: points that were put, the last pull undone, or all cleared."""
    pulls = st.session_state.setdefault(f"_pulls.{PAGE}", [])
    match wish.get("do"):
        case "points":
            put = [point for point in wish.get("points") or [] if _is_place(point)]
            added = tuple((round(float(x), 2), round(float(y), 2)) for x, y in put)[: MOST_OWN - len(own)]
            pulls.append(len(added))
            return own + added
        case "undo":
            return own[: len(own) - (pulls.pop() if pulls else 1)]
        case "clear":
            pulls.clear()
            return ()
    return own


def _is_place(point: Any) -> bool:
    return isinstance(point, list | tuple) and len(point) == 2 and all(
        is_number(value) and abs(value) <= EDGE for value in point)


def _words() -> dict[str, str]:
    spec = state.experiment(PAGE)
    return scrubber_words() | {
        "title": _("From noise to the shape"), "data": _("Data"), "field": _("Field"), "paths": _("Paths"),
        "time": _("Time"), "at": _("s = {t}"), "undo": _("Undo"), "clear": _("Clear"),
        "empty": _("Press Train: the points begin to flow."),
        "pull": _("Pull over the plane to put points."), "pick": _("Click a point to follow it."),
        "plane": _("Points that flow from noise to the data; the arrows are {told}.").format(
            told=TOLD[spec.process.target]),
        "path": _("From {from} by {now} to {to}; its guess x̂₀ here: {guess}"),
    }


def _show_companions() -> None:
    curves(f"{PAGE}.curves", PAGE, [Chart("loss", _("Loss"), (
        Line("train_loss", _("training"), "grey"), Line("held_loss", _("held-out"))), low=0, log=True, height=HEIGHT)])
    components.timeloss(key=f"{PAGE}.time_losses", data=pack({
        "channel": PAGE, "language": language(), "height": HEIGHT, "last": 1000, "words": times_words()}))


def _edit_how(spec: Diffusion) -> None:
    """Draw how the points are led: the sampler and its steps, and which noise they begin with."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        asking.edit_how(ASKED, spec, lambda: polling.forget_moment(PAGE))


def times_words() -> dict[str, str]:
    """Return the words of the chart of the loss by time."""
    return {"title": _("Loss by time"), "note": _("0 is the data, 1,000 the noise"), "none": _("after the first look"),
            "reading": _("t = {t}: {loss}")}
