"""How pictures grow out of noise along the training: the same noise at every kept moment, as a film to play through."""

import numpy as np
import streamlit as st

from dlcore.engine.views import RunView
from pages.ui.diffusion import asking, components, film, sight
from pages.ui.diffusion.work import offer
from pages.ui.language import _, language
from pages.ui.live import pack_topics

MOMENTS = 30  # snapshots that are drawn, at most


def show_growth(page: str) -> None:
    """Draw the button, and the film along the training."""
    view = sight.shown(page)
    if view is None or len(view.snapshots) < 2:
        st.caption(_("Train first: a recording has a moment every few seconds, and here you play through them. The "
                     "pretrained network has only its end."))
        return
    st.markdown(_("At every moment that the recording kept, the same noise is led to pictures in ten steps: play, and "
                  "watch the network learn."))
    result = offer(page, "growth", _("Draw all moments"), {
        "kind": "diffusion_growth", "run": view.id, "steps": choose_moments(view), "prompt": asking.asked().prompt})
    if result:
        components.denoise(key=f"{page}.growth_film", data=pack_topics(
            {"film": growth_topic(result)}, channel=f"{page}.growth", language=language(), words=_words()))


def choose_moments(view: RunView) -> list[int]:
    """Return so many of a run's snapshots that they can be drawn: evenly, with the first and the last."""
    places = np.linspace(0, len(view.snapshots) - 1, min(MOMENTS, len(view.snapshots))).round().astype(int)
    return [view.snapshots[place] for place in np.unique(places)]


def growth_topic(result: dict) -> dict:
    """Return the topic "film" whose moments are those of the training (dlcore.training.diffusion_growth)."""
    steps = np.asarray(result["steps"], np.uint32)
    return {"states": np.asarray(result["pictures"], np.uint8), "steps": steps, "parts": [], "tokens": [],
            "times": steps.astype(np.float32), "labels": [str(label) for label in result["labels"] or ()]}


def _words() -> dict[str, str]:
    return film.film_words() | {
        "step": _("Moment of the training"), "at": _("training step {step} of {last}"),
        "film": _("to training step {step}"), "whole": _("after {step} training steps"),
    }
