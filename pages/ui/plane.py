"""The plane on which a curve is drawn, and imitated by a line of neurons.

One component (static/js/plane.js); it shows the topic "fit" of its channel (pages/ui/fitting.py) and sends what the
visitor draws:

    curve     seq (numbers what the browser has sent), heights (one at each knot)
    message   meta  channel, language, words, seq, high, left, right      arrays  target float32 (2, points)
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.data.curves import heights, places
from dlcore.specs.fields import Rule, walk
from dlcore.specs.neuron import HIGH, LEFT, RIGHT, Line
from pages.ui import state
from pages.ui.language import _, language
from pages.ui.live import pack
from pages.ui.neuron import is_newer
from pages.ui.panels import register

_plane = register("plane", 270)


def take_drawing(page: str) -> None:
    """Make what the visitor has drawn on the plane the curve to imitate; call it before the page's widgets."""
    held, seen = st.session_state.get(f"{page}.plane"), f"_seq.{page}.plane"
    drawn = held.get("curve") if isinstance(held, Mapping) else None
    if not isinstance(drawn, Mapping) or not is_newer(drawn.get("seq"), st.session_state.get(seen, 0)):
        return
    st.session_state[seen] = drawn["seq"]
    spec = state.page_spec(page, "neuron")
    try:
        line = replace(spec.line, curve="drawn", drawn=_drawn_rule().nearest(drawn.get("heights")))
    except (ValueError, TypeError, OverflowError):
        return
    state.remember(page, replace(spec, line=line))


def _drawn_rule() -> Rule:
    return next(rule for path, _value, rule in walk(Line()) if path == "drawn")


def show_plane(page: str) -> None:
    """Show the curve, the line of neurons that imitates it, and each neuron's part; the curve can be drawn."""
    x = places()
    target = np.stack([x, heights(state.page_spec(page, "neuron").line, x)])
    meta = {"channel": page, "language": language(), "words": _plane_words(), "left": LEFT, "right": RIGHT,
            "high": HIGH, "seq": st.session_state.get(f"_seq.{page}.plane", 0)}
    _plane(key=f"{page}.plane", data=pack(meta, target=target), on_curve_change=lambda: None)


def _plane_words() -> dict[str, str]:
    return {
        "target": _("curve"), "output": _("what the neurons make of it"), "parts": _("each neuron's part"),
        "hint": _("draw here"),
        "plane": _("The curve and its imitation. Draw with mouse, pen or finger. Keys: left and right choose a place, "
                   "up and down move the curve there."),
        "reading": _("{n} neurons, mean squared error {loss}"),
    }
