"""What the filters of a convolution look for: their stamps, the pictures that excite them most, one made to excite
them, and what the network reads without them."""

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from dlcore.engine.views import JobView
from dlcore.errors import DerinError
from dlcore.specs.model import named_blocks
from pages.ui import moments, panels, state, subject, words
from pages.ui.explaining import explain
from pages.ui.foreign import plain
from pages.ui.language import _, number, percent, told
from pages.ui.microscope import ask_inside
from pages.ui.sheet import run_job, stop_job
from pages.ui.subject import Sight
from pages.ui.waking import say_work

PAUSE = 0.4  # seconds between two looks at a Job


def show_filters(page: str, pad) -> None:
    """Show the filters; while a Job is under way the fragment looks again."""
    pending = st.session_state.get(f"_pending.{page}", True)
    st.fragment(_show, run_every=PAUSE if pending else None)(page, pad, pending)


def _show(page: str, pad, pending: bool) -> None:
    subject.show_pad(page, pad)
    sight = subject.look(page)
    layers = {name: block for name, block in named_blocks(sight.experiment.network.blocks) if block.kind == "conv"}
    if not layers:
        st.info(_("This network has no convolution. Choose another one, or train one on the Digits page."))
        return
    layer, channel = chosen_filter(page, layers)
    left, right = st.columns([52, 48], gap="large")
    try:
        jobs = [_show_all(page, sight, left, layer, layers), *_show_one(page, sight, right, layer, channel)]
    except DerinError as error:
        st.caption(told(error))
        jobs = [None]
    now = any(job is None or not job.finished for job in jobs)
    if now != pending:
        st.session_state[f"_pending.{page}"] = now
        st.rerun()


def chosen_filter(page: str, layers: dict) -> tuple[str, int]:
    """Return the convolution and the filter of it that the spec names, or the nearest that there are."""
    spec = state.page_spec(page, page)
    layer = spec.layer if spec.layer in layers else next(iter(layers))
    return layer, min(spec.channel, layers[layer].channels - 1)


def settle(page: str, **changed: Any) -> None:
    """Keep changed fields of the page's spec; the Jobs begin anew."""
    state.remember(page, replace(state.page_spec(page, page), **changed))
    st.session_state[f"_pending.{page}"] = True


def _model(sight: Sight) -> dict:
    """Return what a Job is told of the network; a live one is looked at as it is when the Job begins."""
    at = sight.view.live_step if sight.view and sight.model["step"] is None else None
    return {"model": sight.model, "at": at, "cache": at is None}


def _show_all(page: str, sight: Sight, place, layer: str, layers: dict) -> JobView:
    """Draw every filter of the layer: the first layer's stamps, and what excites each most."""
    job = run_job(page, "favourites", {"kind": "favourites", "layer": layer, **_model(sight)}, patient=True)
    with place:
        _choose_layer(page, layer, layers)
        if layer == next(iter(layers)):
            _show_stamps(page, sight, layer)
        found = job.result if job else None
        note = _("the patch that excites each most, in {n} held-out pictures")
        if found:
            _take_picked(page, layer, panels.picked_index(f"{page}.best"))
            panels.grid(f"{page}.best", page, "best", title=_("Filters of {layer}").format(layer=layer), cell=38,
                        note=note.format(n=number(found["count"])), answers=True,
                        pictures=_patches(found["patches"][:, 0]))
        if job and not job.finished:
            st.progress(job.progress, say_work(_("Looking through the held-out pictures"), job))
        _say_error(job)
    return job


def _choose_layer(page: str, layer: str, layers: dict) -> None:
    spec, key = state.page_spec(page, page), f"{page}.filter_layer"
    st.session_state[key] = layer
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(_("Convolution"), list(layers), key=key, on_change=_take_layer, args=(page,), width=160)
        channel = f"{page}.filter_channel"
        most = layers[layer].channels
        st.session_state[channel] = min(spec.channel, most - 1) + 1
        st.number_input(_("Filter"), 1, most, key=channel, on_change=_take_channel, args=(page,), width=140)


def _take_layer(page: str) -> None:
    settle(page, layer=st.session_state[f"{page}.filter_layer"], channel=0)


def _take_picked(page: str, layer: str, picked: int | None) -> None:
    """Open the filter whose picture was clicked."""
    seen = f"_picked.{page}"
    if picked is not None and st.session_state.get(seen) != (layer, picked):
        st.session_state[seen] = (layer, picked)
        settle(page, layer=layer, channel=picked)
        st.rerun()


def _take_channel(page: str) -> None:
    st.session_state[f"_picked.{page}"] = (state.page_spec(page, page).layer, None)
    settle(page, channel=st.session_state[f"{page}.filter_channel"] - 1)


def _show_stamps(page: str, sight: Sight, layer: str) -> None:
    answer = explain({"kind": "stamps", "model": sight.model, "layer": layer})
    coloured = answer["stamps"].ndim == 4
    note = _("in the colours of their weights, zero is grey") if coloured else \
        _("added up over the channels") if answer["channels"] > 1 else ""
    panels.grid(f"{page}.stamps", page, "stamps", title=_("Stamps of {layer}").format(layer=layer), cell=38, note=note,
                pictures=moments.weight_pictures(answer["stamps"]))


def _patches(patches: np.ndarray, labels: list[str] | None = None) -> dict:
    return {"pictures": patches, "scale": "colour" if patches.ndim == 4 else "grey"} | (
        {"labels": labels} if labels else {})


def _show_one(page: str, sight: Sight, place, layer: str, channel: int) -> list[JobView | None]:
    """Draw what one filter looks for, and what is read without it."""
    found = run_job(page, "favourites", {"kind": "favourites", "layer": layer, **_model(sight)}, patient=True)
    smooth = st.session_state.get(f"{page}.smooth", True)
    ascent = run_job(page, "ascent", {"kind": "ascent", "layer": layer, "channel": channel, "smooth": smooth,
                                      **_model(sight)})
    with place:
        if found and found.result:
            values = found.result["values"][channel]
            panels.grid(f"{page}.excite", page, "excite", cell=47, columns=8,
                        title=_("Filter {n} of {layer}").format(n=channel + 1, layer=layer),
                        note=_("what excites it most, and by how much"),
                        pictures=_patches(found.result["patches"][channel], [number(float(one), 2) for one in values]))
        made, off = st.columns([42, 58], gap="medium")
        with made:
            _show_ascent(page, ascent)
        with off:
            without = _show_off(page, sight, layer, channel)
    return [ascent, *without]


def _show_ascent(page: str, job: JobView | None) -> None:
    if job and job.result is not None:
        values = job.result["values"]
        panels.grid(f"{page}.ascent", page, "ascent", title=_("Made to excite it"), cell=120,
                    pictures=_patches(job.result["picture"][None], [_("{first} → {last}").format(
                        first=number(float(values[0]), 2), last=number(float(values[-1]), 2))]))
    if job and not job.finished:
        st.progress(job.progress, say_work(_("Gradient ascent"), job))
    _say_error(job)
    st.toggle(_("Smooth"), value=True, key=f"{page}.smooth", on_change=settle, args=(page,),
              help=_("Blurs the gradient in every step. Without it the picture is full of speckles, which excite the "
                     "filter just as much."))


def _show_off(page: str, sight: Sight, layer: str, channel: int) -> list[JobView | None]:
    """Draw the switch of the filter, what is read of the picture without it, and the accuracy as a Job."""
    spec, key = state.page_spec(page, page), f"{page}.filter_off"
    st.session_state[key] = (layer, channel) in spec.off
    st.toggle(_("Switch this filter off"), key=key, on_change=_take_off, args=(page, layer, channel))
    if not spec.off:
        st.caption(_("Its map becomes 0, after the activation. Switch off several and see how long the network holds."))
        return []
    names = words.class_names(sight.experiment.data.dataset)
    for title, asked in ((_("with all"), replace(spec, off=())), (_("without"), spec)):
        scores = ask_inside(f"{page}.{len(asked.off) > 0}", sight, replace(asked, draw=0))["scores"]
        st.markdown(_("{title}: reads **{name}**, {share}").format(
            title=title, name=plain(names[int(scores.argmax())]), share=percent(float(scores.max()))))
    listed = ", ".join(f"{name}[{index + 1}]" for name, index in spec.off)
    st.caption(_("Switched off: {filters}").format(filters=listed))
    st.button(_("Switch all on"), key=f"{page}.all_on", on_click=settle, args=(page,), kwargs={"off": ()})
    return _show_accuracy(page, sight, spec.off)


def _take_off(page: str, layer: str, channel: int) -> None:
    others = {pair for pair in state.page_spec(page, page).off if pair != (layer, channel)}
    settle(page, off=tuple(sorted(others | ({(layer, channel)} if st.session_state[f"{page}.filter_off"] else set()))))


def _show_accuracy(page: str, sight: Sight, off: tuple) -> list[JobView | None]:
    """Offer to read all test pictures with and without the filters; it is a Job that can be stopped."""
    wanted = str(sight.model), off
    if st.session_state.get(f"_measured.{page}") != wanted:
        st.button(_("Measure the accuracy without them"), key=f"{page}.measure", icon=":material/fact_check:",
                  on_click=_measure, args=(page, wanted))
        return []
    job = run_job(page, "without", {"kind": "without", "off": [list(pair) for pair in off], **_model(sight)})
    if job and job.result:
        told_of = _("{n} test pictures: **{whole}** with all, **{without}** without")
        st.markdown(told_of.format(n=number(job.result["count"]), whole=percent(job.result["whole"], 2),
                                   without=percent(job.result["without"], 2)))
    if job and not job.finished:
        st.progress(job.progress, say_work("", job))
        st.button(_("Stop"), key=f"{page}.stop_measuring", on_click=_measure, args=(page, None))
    _say_error(job)
    return [job]


def _measure(page: str, wanted: tuple | None) -> None:
    """Begin to measure, or (None) stop it."""
    st.session_state[f"_measured.{page}"] = wanted
    st.session_state[f"_pending.{page}"] = True
    if wanted is None:
        stop_job(page, "without")


def _say_error(job: JobView | None) -> None:
    if job and job.error:
        st.warning(told(DerinError(job.error.template, **job.error.values)))
