"""What a page looks at: the controls for network, moment and picture, and what they say, ready for a request.

A page whose spec has a `subject` (dlcore/specs/subject.py) calls `choose` in the sidebar, `look` for what to ask about,
`show_pad` in the fragment that shows the answer, and `show_rewind` at its foot. The spec's kind is the page's name.
"""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from dlcore.data.images import is_there
from dlcore.engine.views import RunView
from dlcore.explain.pretrained import read_manifest
from dlcore.specs.codec import from_dict
from dlcore.specs.experiment import Experiment
from dlcore.specs.subject import NEWEST
from pages.ui import panels, runs, state
from pages.ui.forms import grouped
from pages.ui.history import history_of
from pages.ui.language import _, number
from pages.ui.pictures import choose_picture, picture, settle, show_pad, subject
from pages.ui.rewinding import say_damage
from pages.ui.watching import QUICK, snapshots_topic

__all__ = ["Sight", "choose", "drawn_for", "look", "pause", "settle", "show_pad", "show_rewind", "shown_run", "subject"]

PRETRAINED = "pretrained"
ABROAD = "digits"  # the page whose run the others look at


@dataclass(frozen=True, eq=False)
class Sight:
    """What a page looks at: a network as requests name it, its experiment, and a picture.

    `image` is uint8 (side, side), for digits light on dark, or (side, side, 3); `label` is its true class where that
    is known, `title` says in words what it is. `view` is the run whose network it is, None for the pretrained one.
    """

    model: dict
    experiment: Experiment
    image: np.ndarray
    label: int | None
    title: str
    view: RunView | None = None


def look(page: str) -> Sight:
    """Return what the page looks at now: a run that has no weights yet leaves the place to the pretrained network."""
    view = shown_run(page)
    if view is None:
        model, experiment = {"pretrained": "digits"}, pretrained_experiment()
    else:
        model, experiment = {"run": view.id, "step": _nearest(view, subject(page).step)}, view.experiment
    return Sight(model, experiment, *picture(page, experiment.data), view)


@st.cache_resource(show_spinner=False)
def pretrained_experiment() -> Experiment:
    """Return the experiment of the pretrained network."""
    return from_dict(read_manifest("digits")["experiment"])


def shown_run(page: str) -> RunView | None:
    """Return the run that the page looks at, None where that is the pretrained network."""
    if subject(page).network != "run":
        return None
    view = runs.shown_run(page)
    if view is None or view.live_step is None or view.experiment.kind != "experiment":
        return None
    return view if is_there(view.experiment.data.dataset) else None


def pause(page: str) -> float | None:
    """Return the seconds between two looks at a network that is learning; None where nothing changes by itself."""
    if not state.engine().status().ready:
        return QUICK
    view = runs.shown_run(page) if subject(page).network == "run" else None
    return 2 * QUICK if view is not None and view.state in runs.ACTIVE and subject(page).step == NEWEST else None


def drawn_for(page: str) -> tuple:
    """Return what the page outside the fragment goes by: which run is looked at, and whether it changes by itself.

    A fragment that finds it changed runs the whole page again: the run has begun to learn, or has ended.
    """
    return look(page).model.get("run"), pause(page)


def _nearest(view: RunView, step: int) -> int | None:
    """Return the snapshot nearest to a step, None for the network as it is now."""
    return min(view.snapshots, key=lambda kept: abs(kept - step)) if step != NEWEST and view.snapshots else None


# the picture and the network


def choose(page: str):
    """Draw the choice of picture and network; returns the place in which `show_pad` draws where one is wanted.

    The picture comes first, so that the pad is in sight.
    """
    adopt_run(page)
    place = choose_picture(page, look(page).experiment.data)
    _choose_network(page)
    return place


def _choose_network(page: str) -> None:
    """Draw the choice between the visitor's run, the one in the link, and the pretrained network."""
    form_key, view = f"{page}.network", shown_run(page)
    now = view.id if view else PRETRAINED
    offered = [PRETRAINED, *dict.fromkeys(run for run in (state.run_left_on(ABROAD), state.run(page)) if run)]
    with grouped(_("Network"), _short_name(view), "network", page, unfolded=True):
        st.session_state[form_key] = now if now in offered else PRETRAINED
        st.selectbox(_("Network"), offered, key=form_key, format_func=_network_name, on_change=_take_network,
                     args=(page,), label_visibility="collapsed")
        if view is None and subject(page).network == "run" and state.run(page):
            st.caption(_("The run has not begun to learn yet: until then the pretrained network is shown."))
        if len(offered) == 1:
            st.caption(_("Train a network of your own on the Digits page, and it can be looked at here."))


def adopt_run(page: str) -> None:
    """Take over the run of the Digits page: where this page has none yet, and when a newer one was begun there."""
    seen, newest = f"_adopted.{page}", state.run_left_on(ABROAD)
    first = seen not in st.session_state
    if newest is None or st.session_state.get(seen) == newest:
        return
    st.session_state[seen] = newest
    if first and (state.run(page) or subject(page).network == PRETRAINED):
        return
    state.remember_run(page, newest)
    settle(page, network="run", step=NEWEST)


def _take_network(page: str) -> None:
    chosen = st.session_state[f"{page}.network"]
    if chosen == PRETRAINED:
        return settle(page, network=PRETRAINED, step=NEWEST)
    state.remember_run(page, chosen)
    settle(page, network="run", step=NEWEST)


def _network_name(offered: str) -> str:
    if offered == PRETRAINED:
        return _("Pretrained network")
    mine = offered == state.run_left_on(ABROAD)
    return _("Run of the Digits page") if mine else _("Run {id}").format(id=offered[:8])


def _short_name(view: RunView | None) -> str:
    if view is None:
        return _("pretrained")
    return _("learning") if view.state in runs.ACTIVE else _("step {step}").format(step=number(view.step))


def show_rewind(page: str) -> None:
    """Draw the slider over the snapshots of the run that is looked at; a move of it runs the page again."""
    view = shown_run(page)
    if view is None:
        return
    key, history, step = f"{page}.rewind", history_of(page, view.id), subject(page).step
    news = runs.shown_run(page, history.cursor)
    if news is not None:
        history.take(news)
    linked = step if panels.chosen_step(key) is None and step != NEWEST else None
    say_damage(page, view, None if step == NEWEST else step)
    panels.rewind(key, page, {"snapshots": snapshots_topic(view, history)}, linked, lambda: _take_step(page))


def _take_step(page: str) -> None:
    step = panels.chosen_step(f"{page}.rewind")
    settle(page, step=NEWEST if step is None else step)
