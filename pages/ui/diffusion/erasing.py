"""What is erased of a picture, to be drawn anew: any of its pixels, or whole parts (static/js/eraser.js)."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui.diffusion import components
from pages.ui.language import N_, _, language
from pages.ui.live import pack

SIDE, HALF = 28, 14
PARTS = {"upper": N_("the upper half"), "lower": N_("the lower half"), "left": N_("the left half"),
         "right": N_("the right half"), "middle": N_("the middle")}


def erase(part: str) -> NDArray[np.bool_]:
    """Return which pixels a part of the picture has (28, 28)."""
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
    return (abs(rows - HALF + 0.5) < 6) & (abs(columns - HALF + 0.5) < 6)


def erased(key: str) -> NDArray[np.bool_] | None:
    """Return which pixels a visitor has erased (28, 28), None where there are none."""
    held = st.session_state.get(key)
    told = held.get("erased") if isinstance(held, Mapping) else None
    bits = told.get("bits") if isinstance(told, Mapping) else None
    if not isinstance(bits, str) or len(bits) != SIDE * SIDE or set(bits) - {"0", "1"} or "1" not in bits:
        return None
    return (np.frombuffer(bits.encode(), np.uint8) == ord("1")).reshape(SIDE, SIDE)


def show_eraser(key: str, page: str, picture: NDArray[np.uint8]) -> None:
    """Draw the picture (28, 28), of which a pen erases."""
    presets = {name: {"title": _(title), "bits": "".join(map(str, erase(name).ravel().astype(int)))}
               for name, title in PARTS.items()}
    components.eraser(key=key, on_erased_change=_keep, data=pack(
        {"channel": page, "store": key, "language": language(), "words": _words(), "presets": presets},
        picture=picture))


def _keep() -> None:
    """Do nothing when something is erased: it is read in the run that follows."""


def _words() -> dict:
    return {
        "label": _("The picture to begin with: pull over it to erase; with the arrow keys and the space bar, too."),
        "none": _("Pull over the picture to erase a part of it."), "some": _("{count} of 784 pixels are drawn anew."),
        "undo": _("Undo"), "clear": _("Put all back"), "tools": _("Eraser"),
        "brushes": [_("thin eraser"), _("medium eraser"), _("thick eraser")],
    }
