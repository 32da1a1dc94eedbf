"""Beginning with a picture: noised only so far and drawn anew, or with a part that was erased and is filled in."""

from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcore.data.drawing import receive
from dlcore.data.images import load_test
from dlcore.specs.codec import to_dict
from pages.ui import panels
from pages.ui.canvas import Look, drawing_on, pad
from pages.ui.diffusion import asking, components, film, sight
from pages.ui.diffusion.work import offer
from pages.ui.language import N_, _, language, percent
from pages.ui.live import pack_topics

SIDE, HALF = 28, 14
ERASED = {"none": N_("nothing"), "upper": N_("the upper half"), "lower": N_("the lower half"),
          "left": N_("the left half"), "right": N_("the right half"), "middle": N_("the middle")}
ERASED_WORD = N_("Erased")


def erase(part: str) -> NDArray[np.bool_] | None:
    """Return which pixels are drawn anew (28, 28), None where it is all of them."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    match part:
        case "upper":
            return rows < HALF
        case "lower":
            return rows >= HALF
        case "left":
            return columns < HALF
        case "right":
            return columns >= HALF
        case "middle":
            return (abs(rows - HALF + 0.5) < 6) & (abs(columns - HALF + 0.5) < 6)
    return None


def show_beginning(page: str) -> None:
    """Draw the pad, how far the picture is noised and what is erased, and the way from there."""
    looked = sight.look(page)
    if looked is None:
        return
    given, how = st.columns([30, 70], gap="medium")
    with given:
        pad(f"{page}.pad", page, look=Look(compact=True, store=page))
    with how:
        picture, name = _picture(page)
        st.markdown(_("Begins with {name}; draw another one on the pad.").format(name=name))
        strength = st.slider(_("Share of noise"), 0.05, 1.0, 0.6, 0.05, key=f"{page}.strength")
        part = st.pills(_(ERASED_WORD), list(ERASED), default="none", required=True, key=f"{page}.erased",
                        format_func=lambda part: _(ERASED[part]))
        request = {"kind": "diffusion_walk", "model": looked.model, "image": picture, "sampling": to_dict(
            replace(asking.settled(looked.spec), count=1, strength=1.0 if part != "none" else float(strength)))}
        if (mask := erase(part)) is not None:
            request["mask"] = mask
            st.caption(_("What is erased is drawn anew out of noise alone; the rest is put back at every step."))
        result = offer(page, "beginning", _("Draw"), _plain(request))
        shown = picture if mask is None else np.where(mask, 0, picture).astype(np.uint8)
        panels.grid(f"{page}.begun", page, "begun", cell=56, pictures={
            "pictures": shown[None], "scale": "grey",
            "labels": [percent(float(strength), 0) if mask is None else _(ERASED[part])]})
    if result:
        components.denoise(key=f"{page}.beginning_film", data=pack_topics(
            {"film": film.film_topic(result, looked.spec.process.target)}, channel=f"{page}.beginning",
            language=language(), words=film.film_words()))


def _plain(request: dict) -> dict:
    """Return the request with its pictures as lists: two of them can be compared."""
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in request.items()}


def _picture(page: str) -> tuple[NDArray[np.uint8], str]:
    drawn = drawing_on(f"{page}.pad")
    received = receive(drawn.picture, drawn.steps) if drawn is not None else None
    if received is not None:
        return received.pixels, _("your drawing")
    return load_test("mnist").test_images[0], _("a test digit")
