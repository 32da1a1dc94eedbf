"""What locality is worth: a convolutional and a fully connected network on pictures, and on shuffled pixels."""

import numpy as np
import streamlit as st

from dlcore.errors import DerinError
from pages.ui import panels, subject
from pages.ui.explaining import explain
from pages.ui.filters import PAUSE
from pages.ui.language import _, number, percent, told
from pages.ui.panels import Chart, Line
from pages.ui.sheet import run_job, stop_job

LEARNERS = ("conv", "conv_shuffled", "dense", "dense_shuffled")


def show_locality(page: str, pad) -> None:
    """Show the four trainings; while they learn the fragment looks again."""
    running = st.session_state.get(f"_locality.{page}", False)
    st.fragment(_show, run_every=PAUSE if running else None)(page, pad, running)


def _show(page: str, pad, running: bool) -> None:
    if running != st.session_state.get(f"_locality.{page}", False):
        st.rerun()  # a button of the fragment has begun or ended it: from the whole page on it looks again, or not
    subject.show_pad(page, pad)
    st.markdown(_("The pixels of every digit are put into the same other order. Nothing is lost, but what was side by "
                  "side no longer is. A fully connected network does not mind: it never knew which pixels are "
                  "neighbours. A convolution lives on that."))
    left, right = st.columns([40, 60], gap="large")
    with left:
        _show_digits(page)
        _show_button(page, running)
    job = _job(page) if running or st.session_state.get(f"_begun.{page}") else None
    with right:
        _show_curves(page, job)
    if running and job is not None and job.finished:
        st.session_state[f"_locality.{page}"] = False
        st.rerun()


def _job(page: str):
    return run_job(page, "locality", {"kind": "locality", "cache": True})


def _show_digits(page: str) -> None:
    try:
        answer = explain({"kind": "shuffled", "count": 6})
    except DerinError as error:
        st.caption(told(error))
        return
    for name, title in (("before", _("Test digits")), ("after", _("The same, shuffled"))):
        panels.grid(f"{page}.{name}", page, name, title=title, cell=52, pictures={"pictures": answer[name],
                                                                                 "scale": "grey"})


def _show_button(page: str, running: bool) -> None:
    if running:
        st.button(_("Stop"), key=f"{page}.stop_locality", icon=":material/stop:", on_click=_stop, args=(page,))
    else:
        st.button(_("Train all four"), key=f"{page}.train_locality", icon=":material/play_arrow:", type="primary",
                  on_click=_start, args=(page,))
    st.caption(_("6,000 digits, three epochs, the same settings for all; 1,000 digits are held out to measure the "
                 "accuracy. For longer trainings switch on Shuffle the pixels under Data on the Digits page."))


def _start(page: str) -> None:
    st.session_state[f"_locality.{page}"] = st.session_state[f"_begun.{page}"] = True


def _stop(page: str) -> None:
    st.session_state[f"_locality.{page}"] = st.session_state[f"_begun.{page}"] = False
    stop_job(page, "locality")


def _show_curves(page: str, job) -> None:
    found = job.result if job and job.result else {}
    curves = {name: found[name] for name in LEARNERS if name in found and found[name].shape[1]}
    steps = int(max((curve[0, -1] for curve in curves.values()), default=0))
    topic = {**curves, "step": steps, "total_steps": 141, "steps_per_epoch": 47.0, "marks": [], "gap": None,
             "notes": {}}
    names = {"conv": _("as they are"), "conv_shuffled": _("shuffled")}
    panels.live(f"{page}.locality", page, {"curves": topic}, progress=job.progress if job else 0.0,
                left=_say_last(curves))
    panels.curves(f"{page}.locality_curves", page, [
        Chart(first, title, (Line(first, names["conv"], "blue"), Line(f"{first}_shuffled", names["conv_shuffled"],
                                                                     "orange")), unit="percent", low=0, high=1,
              height=150) for first, title in (("conv", _("Convolutional: held-out accuracy")),
                                               ("dense", _("Fully connected: held-out accuracy")))])
    if job and job.error:
        st.warning(told(DerinError(job.error.template, **job.error.values)))
    if job and job.finished and len(curves) == len(LEARNERS):
        st.markdown(_say_result({name: curve[1, -1] for name, curve in curves.items()}))


def _say_last(curves: dict[str, np.ndarray]) -> str:
    return " · ".join(percent(float(curve[1, -1])) for curve in curves.values())


def _say_result(last: dict[str, float]) -> str:
    return _("Shuffling costs the convolution {conv} points ({conv_before} → {conv_after}), the fully connected "
             "network {dense} ({dense_before} → {dense_after}).").format(
        conv=_points(last["conv"] - last["conv_shuffled"]), conv_before=percent(last["conv"]),
        conv_after=percent(last["conv_shuffled"]), dense=_points(last["dense"] - last["dense_shuffled"]),
        dense_before=percent(last["dense"]), dense_after=percent(last["dense_shuffled"]))


def _points(share: float) -> str:
    return number(100 * float(share), 1)
