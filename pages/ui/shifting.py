"""The picture moved: how the maps move with it, and whether the reading holds."""

from typing import Any

import numpy as np
import streamlit as st

from dlcore.errors import DerinError
from dlcore.plots.theme import encode_magnitude, encode_signed, find_limit
from dlcore.specs.convolution import MOST_SHIFT
from pages.ui import panels, state, subject, words
from pages.ui.explaining import explain
from pages.ui.filters import PAUSE
from pages.ui.foreign import plain
from pages.ui.forms import Form
from pages.ui.language import _, percent, told
from pages.ui.sheet import run_job
from pages.ui.subject import Sight
from pages.ui.waking import say_work


def show_shift(page: str, pad) -> None:
    """Show the shift; while its chart is being computed the fragment looks again."""
    pending = st.session_state.get(f"_pending.{page}", True)
    st.fragment(_show, run_every=PAUSE if pending else None)(page, pad, pending)


def _show(page: str, pad, pending: bool) -> None:
    subject.show_pad(page, pad)
    sight, spec = subject.look(page), state.page_spec(page, page)
    left, right = st.columns([58, 42], gap="large")
    with left:
        _edit_shift(page)
        try:
            _show_moved(page, sight, _ask(sight, spec))
        except DerinError as error:
            st.caption(told(error))
    with right:
        job = _show_chart(page, sight, spec)
    now = job is None or not job.finished
    if now != pending:
        st.session_state[f"_pending.{page}"] = now
        st.rerun()


def _edit_shift(page: str) -> None:
    form = Form(page, touched=lambda _path, _value: None, kind=page)
    for place, name in zip(st.columns(2), ("right", "lower")):
        with place:
            form.slide(name, 1)


def _ask(sight: Sight, spec: Any) -> dict:
    return explain({
        "kind": "shift", "model": sight.model, "image": sight.image, "right": spec.right, "lower": spec.lower,
        "layer": spec.layer})


def _show_moved(page: str, sight: Sight, answer: dict) -> None:
    names = words.class_names(sight.experiment.data.dataset)
    labels = [_("reads {name}, {share}").format(name=names[int(one.argmax())], share=percent(float(one.max())))
              for one in answer["scores"]]
    panels.grid(f"{page}.moved", page, "moved", cell=130, title=_("The picture, and moved"),
                pictures={"pictures": answer["pictures"], "labels": labels,
                          "scale": "colour" if answer["pictures"].ndim == 4 else "grey"})
    if answer["layer"]:
        limit, signed = find_limit(answer["maps"]), bool((answer["maps"] < 0).any())
        encode, scale = (encode_signed, "diverging") if signed else (encode_magnitude, "sequential")
        for at, title in enumerate((_("Maps of {layer}"), _("The same maps, of the moved picture"))):
            panels.grid(f"{page}.maps_{at}", page, f"maps_{at}", cell=52, title=title.format(layer=answer["layer"]),
                        pictures={"pictures": encode(answer["maps"][at], limit), "scale": scale, "limit": limit})
    st.dataframe(_table(answer["layers"]), hide_index=True, key=f"{page}.moves", height=210)
    st.caption(_("Compared are the units that see nothing of the edge. A convolution moves its map with the picture "
                 "(equivariance); behind strides and pooling it does so only where the shift is a multiple of "
                 "all of them multiplied."))


def _table(layers: list[dict]) -> dict[str, list[str]]:
    return {_("Layer"): [layer["name"] for layer in layers],
            _("The map moves by"): [_moves(layer["moves"]) for layer in layers],
            _("Off by"): [_off(layer) for layer in layers]}


def _moves(moves: tuple[int, int] | None) -> str:
    return _("no whole number of places") if moves is None else f"{moves[0]}, {moves[1]}"


def _off(layer: dict) -> str:
    if layer["difference"] is None:
        return "—"
    return _("nothing") if layer["difference"] < 1e-5 else f"{layer['difference']:.0e}"


def _show_chart(page: str, sight: Sight, spec: Any):
    """Draw the score of the class that is read, for every shift; it is a Job."""
    at = sight.view.live_step if sight.view and sight.model["step"] is None else None
    job = run_job(page, "shifts", {"kind": "shift_scores", "model": sight.model, "image": sight.image, "at": at})
    if job and job.result:
        _draw_chart(page, sight, spec, job.result["scores"])
    if job and not job.finished:
        st.progress(job.progress, say_work(_("Reading the picture at every place"), job))
    if job and job.error:
        st.warning(told(DerinError(job.error.template, **job.error.values)))
    return job


def _draw_chart(page: str, sight: Sight, spec: Any, scores: np.ndarray) -> None:
    middle = scores[MOST_SHIFT, MOST_SHIFT]
    if np.isnan(middle).any():
        return
    top, names = int(middle.argmax()), words.class_names(sight.experiment.data.dataset)
    chart = np.nan_to_num(scores[:, :, top])
    held = np.nanmean(scores.argmax(2)[~np.isnan(scores[:, :, 0])] == top)
    pictures = {"pictures": encode_magnitude(chart, 1.0)[None], "scale": "sequential", "limit": 1.0}
    panels.grid(f"{page}.chart", page, "chart", cell=300, pictures=pictures,
                title=_("Score of {name} at every shift").format(name=names[top]))
    st.caption(_("The middle is the picture as it is, right of it the picture moved to the right, below it the picture "
                 "moved down, up to {most} pixels. At {share} of all places it still reads {name}.").format(
        most=MOST_SHIFT, share=percent(float(held), 0), name=plain(names[top])))
    here = scores[MOST_SHIFT + spec.lower, MOST_SHIFT + spec.right]
    st.markdown(_("Here it reads **{name}**; the score of {first} is {share}.").format(
        name=plain(names[int(here.argmax())]), first=plain(names[top]), share=percent(float(here[top]))))
