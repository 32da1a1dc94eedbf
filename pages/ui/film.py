"""The picked map along the training: one frame a snapshot, from the first step to the last (the Job "film")."""

import numpy as np
import streamlit as st

from dlcore.plots.theme import encode_magnitude, encode_signed
from dlcore.specs.saliency import why_not
from pages.ui import panels, subject, words
from pages.ui.language import _, number, percent
from pages.ui.maps import find_scale
from pages.ui.methods import method_name
from pages.ui.sheet import Column, request, run_job, spec
from pages.ui.working import show_working

MOST_FRAMES = 20


def show_film(page: str) -> None:
    """Draw the picked map at up to twenty snapshots of the run, each with the probability of the class."""
    sight, asked = subject.look(page), spec(page)
    if sight.view is None or len(sight.view.snapshots) < 2:
        st.caption(_("A film needs a recording: train a network on the Digits page, and look at it here. The "
                     "pretrained network has only its end."))
        return
    if why_not(asked.method, sight.experiment.network):
        st.caption(_("The picked method does not fit this network. Pick another map above."))
        return
    common = st.toggle(_("One scale for all"), key=f"{page}.common_scale",
                       help=_("Switched off, each frame ends at its own largest values."))
    column = Column(sight.image, sight.label, sight.title)
    work = request(sight, asked, [column], ()) | {
        "kind": "film", "method": asked.method, "image": sight.image, "label": sight.label, "cache": True, "at": None,
        "model": {"run": sight.view.id}, "steps": choose_frames(sight.view.snapshots)}
    job = run_job(page, "film", work)
    show_working(f"{page}.filming", job, _("Developing: {share}").format(share=percent(job.progress, 0)))
    if job.result and job.result["steps"]:
        _show(page, sight, asked, job.result, common)


def choose_frames(snapshots: tuple[int, ...]) -> list[int]:
    """Return at most twenty of a run's snapshots, evenly chosen, the first and the last among them."""
    places = np.linspace(0, len(snapshots) - 1, min(MOST_FRAMES, len(snapshots))).round().astype(int)
    return [snapshots[place] for place in np.unique(places)]


def _show(page: str, sight, asked, told: dict, common: bool) -> None:
    limits = [find_scale(values) for values in told["maps"]]
    limits = [max(limits)] * len(limits) if common else limits
    encode = encode_magnitude if asked.absolute else encode_signed
    pictures = np.stack([encode(np.abs(values) if asked.absolute else values, limit or 1.0)
                         for values, limit in zip(told["maps"], limits, strict=True)])
    names = words.class_names(sight.experiment.data.dataset)
    labels = [_("step {step}: {name}, {share}").format(
        step=number(step), name=names[int(scores.argmax())], share=percent(scores.max(), 0))
        for step, scores in zip(told["steps"], told["scores"], strict=True)]
    scale = "sequential" if asked.absolute else "diverging"
    panels.grid(f"{page}.film", page, "film", title=method_name(asked.method), cell=112,
                note=_("and what the network read at that step"),
                pictures={"pictures": pictures, "scale": scale, "labels": labels,
                          "limit": max(limits) if common else 1.0})
