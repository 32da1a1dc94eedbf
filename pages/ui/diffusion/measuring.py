"""Measured: do a hundred pictures show what was asked for, and are they copies of training digits?"""

from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.specs.codec import to_dict
from pages.ui import panels, state
from pages.ui.diffusion import asking, sight
from pages.ui.diffusion.work import offer
from pages.ui.language import N_, _, number, percent

COUNT = 100
ABROAD = "digits"  # the page whose run may read the pictures
MEASURES = {"stroke": N_("stroke"), "slant": N_("slant"), "width": N_("width")}
PAIRS = 8


def show_measured(page: str) -> None:
    """Draw the choice of the reader, the button, and what was found."""
    looked = sight.look(page)
    if looked is None:
        return
    st.markdown(_("A hundred pictures for what is asked for above are read by a network that learned to read digits, "
                  "and measured like the training digits were."))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reader = _choose_reader(page)
        result = offer(page, "measured", _("Draw 100 and measure"), {
            "kind": "diffusion_measure", "model": looked.model, "reader": reader,
            "sampling": to_dict(replace(asking.settled(looked.spec), count=COUNT))})
    if not result or "read" not in result:
        return
    st.markdown(f"**{say_reading(result)}**")
    if kept := say_kept(result):
        st.markdown(kept)
    _show_pictures(page, result)
    _show_nearest(page, result)


def _choose_reader(page: str) -> dict:
    run = state.run_left_on(ABROAD)
    offered = ["pretrained"] + (["run"] if run else [])
    chosen = st.selectbox(_("Read by"), offered, key=f"{page}.reader", width=220, format_func=lambda name: (
        _("Pretrained network") if name == "pretrained" else _("Run of the Digits page")))
    return {"run": run, "step": None} if chosen == "run" else {"pretrained": "digits"}


def say_reading(result: dict) -> str:
    """Return "Asked for 3, read as 3 in 97 of 100." """
    digit, right = result["asked"]["digit"], result["right"]
    if digit is None:
        kinds = len(set(np.asarray(result["read"]).tolist()))
        return _("No digit was asked for; read as {n} different ones.").format(n=kinds)
    return _("Asked for {digit}, read as {digit} in {right} of {count}.").format(
        digit=digit, right=int(np.sum(right)), count=len(right))


def say_kept(result: dict) -> str:
    """Return which share of the pictures have the stroke, slant and width that were asked for."""
    said = [f"{_(MEASURES[name])} {percent(float(share), 0)}" for name, share in (result.get("kept") or {}).items()
            if share is not None]
    return _("In the third of the training digits that was asked for: {shares}.").format(
        shares=", ".join(said)) if said else ""


def _show_pictures(page: str, result: dict) -> None:
    """Show all pictures, those first that were read as something else."""
    right, read = result["right"], np.asarray(result["read"])
    wrong = np.zeros(len(read), bool) if right is None else ~np.asarray(right)
    order = np.argsort(~wrong, kind="stable")
    labels = [str(read[index]) if wrong[index] else "" for index in order]
    panels.grid(f"{page}.measured_pictures", page, "measured", cell=30, columns=25, title=_("All of them"),
                note=_("those read as something else come first, with what they were read as"),
                pictures={"pictures": np.asarray(result["pictures"])[order], "scale": "grey", "labels": labels})


def _show_nearest(page: str, result: dict) -> None:
    """Show the pictures that are nearest to a training digit beside it: are they copies?"""
    nearest, usual = result["nearest"], np.asarray(result["nearest"]["usual"])
    order = np.argsort(nearest["distances"])[:PAIRS]
    pairs = np.stack([np.asarray(result["pictures"])[order], np.asarray(nearest["pictures"])[order]], 1)
    labels = [text for index in order for text in (_("drawn"), number(float(nearest["distances"][index]), 2))]
    panels.grid(f"{page}.nearest", page, "nearest", cell=44, columns=2 * PAIRS, title=_("Is it copied?"),
                note=_("the nearest training digit of each, and its distance; of real test digits from {least}").format(
                    least=number(float(usual.min()), 2)),
                pictures={"pictures": pairs.reshape(-1, 28, 28), "scale": "grey", "labels": labels})
