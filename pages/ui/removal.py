"""Deletion and insertion curves of the methods' maps, as the Job "removal" has found them."""

import numpy as np
import streamlit as st

from dlcore.engine.views import JobView
from dlcore.plots.charts import Series, draw_series
from dlcore.specs.saliency import Saliency, fitting
from pages.ui.charts import share_axis, show_chart
from pages.ui.language import _, number
from pages.ui.methods import in_order, method_name
from pages.ui.sheet import Column, request, run_job
from pages.ui.subject import Sight

CHART_HEIGHT = 230
CONTROLS = {"edges": ("orange", "dashed"), "random": ("grey", "dotted")}


def ask_removal(page: str, sight: Sight, asked: Saliency, column: Column) -> JobView:
    """Return how far the curves of a picture are; begun now where they are about something new."""
    methods = fitting(sight.experiment.network, in_order(asked.methods))
    work = request(sight, asked, [column], methods) | {
        "kind": "removal", "image": column.image, "label": column.label, "cache": True}
    return run_job(page, "removal", work)


def show_removal(key: str, told: dict | None, picked: str, stale: bool) -> None:
    """Show the curves once all are known; while others are measured the last ones stay, and are said to be those."""
    kept, fresh = f"_removal.{key}", told is not None and not stale
    if fresh:
        st.session_state[kept] = told["curves"]
    curves = st.session_state.get(kept)
    if curves is None or not fresh:
        st.caption(_("Deletion and insertion are being measured …") if curves is None else
                   _("Being measured anew; these are the curves from before."))
    if curves is None:
        return
    for kind, hint in hints().items():
        areas = [_say_area(name, curves[name]["areas"][kind == "insertion"]) for name in _order(curves)]
        about = (picked, tuple(curves[name][kind].tobytes() for name in _order(curves)))
        show_chart(f"{key}_{kind}", draw_removal, curves, kind, picked, about=about, title=kind_name(kind),
                   text=f"{kind_name(kind)}: {'; '.join(areas)}. {hint}")


def draw_removal(curves: dict[str, dict], kind: str, picked: str):
    """Draw the "deletion" or "insertion" curves: the picked method strong, the controls dashed, the others pale."""
    series = [_series(name, curves[name], kind, picked) for name in sorted(_order(curves), key=picked.__eq__)]
    named = [one for one in series if one.colour != "grey" or one.dash != "solid"]
    moved = _("pixels removed") if kind == "deletion" else _("pixels put in")
    return draw_series(series, share_axis(moved, ticks=(0, 0.5, 1)), share_axis(_("probability"), ticks=(0, 0.5, 1)),
                       named[::-1], columns=1).properties(height=CHART_HEIGHT)


def _series(name: str, found: dict, kind: str, picked: str) -> Series:
    values = found[kind]
    label = _say_area(name, found["areas"][kind == "insertion"])
    colour, dash = CONTROLS.get(name, ("blue" if name == picked else "grey", "solid"))
    strong, control = name == picked, name in CONTROLS
    return Series(label, np.linspace(0, 1, len(values)), values, colour, dash,
                  width=2.25 if strong else 1.5 if control else 1, opacity=1 if strong or control else 0.45)


def _order(curves: dict) -> list[str]:
    return [*in_order(tuple(curves)), *(name for name in CONTROLS if name in curves)]


def _say_area(name: str, area: float) -> str:
    called = {"random": _("random order"), "edges": _("an edge detector")}.get(name) or method_name(name)
    return _("{name}: area {area}").format(name=called, area=number(area, 2))


def kind_name(kind: str) -> str:
    """Return what is done to the picture."""
    return {"deletion": _("Deletion"), "insertion": _("Insertion")}[kind]


def hints() -> dict[str, str]:
    """Return how the curves are to be read."""
    return {"deletion": _("The pixels that a map calls important are set to the baseline first: the earlier the "
                          "probability falls, the better."),
            "insertion": _("The pixels that a map calls important are put into the baseline first: the earlier the "
                           "probability rises, the better.")}


def say_rank(told: dict | None, picked: str) -> str:
    """Return in one sentence how the picked method does among the others; nothing before all is known."""
    curves = {name: found for name, found in (told or {}).get("curves", {}).items() if name != "random"}
    if picked not in curves or len(curves) < 3:
        return ""
    places = [1 + sum(sign * found["areas"][side] < sign * curves[picked]["areas"][side] for found in curves.values())
              for side, sign in ((0, 1), (1, -1))]
    return _("Place {deletion} by deletion and {insertion} by insertion of {count}, the edge detector among "
             "them.").format(deletion=number(places[0]), insertion=number(places[1]), count=number(len(curves)))
