"""Bits per character beside recurrent networks on the same held-out text, at equal parameters and at equal time."""

import numpy as np
import streamlit as st

from dlcore.explain.pretrained import PRETRAINED
from pages.ui import panels, state
from pages.ui.language import _, number
from pages.ui.recurrent.names import cell_name
from pages.ui.recurrent.work import Work, watch, work
from pages.ui.transformer.moments import request
from pages.ui.transformer.polling import subject

OTHERS = "plays"  # recurrent cells that were trained on the plays
COLOURS = {"transformer": "blue"}
LEAST = 10        # seconds that a curve has to go on for, to be compared at equal time


def show_comparison(page: str) -> None:
    """Draw the button that reads the held-out plays with this network and with recurrent ones, and what came of it."""
    looked = subject(page)["sight"]
    if looked is None or looked.spec.data.task not in ("plays", "bpe"):
        st.caption(_("Bits per character are compared on Shakespeare's plays: choose them in the sidebar."))
        return
    st.markdown(_("The same held-out characters, read by this network and by recurrent cells: those that come along, "
                  "and your last run of the plays on the Recurrent page."))
    st.button(_("Compare with recurrent networks"), key=f"{page}.compare", icon=":material/compare_arrows:",
              on_click=_begin, args=(page,))
    watch(page, "beside", lambda found: _show(page, found))


def _begin(page: str) -> None:
    looked = subject(page)["sight"]
    if looked is not None:
        work(page, "beside").begin(request("beside", looked, others=others(), whole=False))


def others() -> list[dict]:
    """Return the recurrent models there are: the pretrained one, and the run that the Recurrent page shows."""
    found = [{"pretrained": OTHERS}] if OTHERS in PRETRAINED else []
    run = state.run_left_on("recurrent")
    view = state.engine().view(run, state.visitor(), 0) if run else None
    if view is not None and view.snapshots and view.experiment.data.task == "shakespeare":
        found.append({"run": view.id, "step": view.snapshots[-1]})
    return found


def _show(page: str, found: Work) -> None:
    if not found.result:
        return
    told = sorted(found.result["models"], key=lambda one: one["bits"])
    head = [_("network"), _("bits per character"), _("parameters"), _("reads at once"), _("seconds learned")]
    lines = [f"| {' | '.join(head)} |", "|---|---:|---:|---:|---:|", *map(_line, told)]
    st.markdown("\n".join(lines))
    st.caption(_("To compare at equal size, give a cell so many units: {sizes}.").format(sizes=" · ".join(
        f"{cell_name(cell)} {number(size['hidden'])}" for cell, size in found.result["matching"].items())))
    _show_curves(page, told)


def _line(one: dict) -> str:
    seconds = "—" if one["seconds"] is None else number(one["seconds"])
    return (f"| {_name(one)} | {number(one['bits'], 3)} | {number(one['parameters'])} | {number(one['window'])} | "
            f"{seconds} |")


def _name(one: dict) -> str:
    name = _("Transformer") if one["kind"] == "transformer" else cell_name(one["kind"])
    return f"{name} ({_('came along')})" if "pretrained" in one["model"] else name


def _show_curves(page: str, models: list[dict]) -> None:
    """Draw the held-out bits over the seconds learned, of those that noted them."""
    curves = {f"{one['kind']}.{place}": np.asarray(one["curve"], np.float32).reshape(-1, 2).T
              for place, one in enumerate(models)}
    curves = {name: points for name, points in curves.items() if points.shape[1] > 1}
    if not curves:
        return
    names = {f"{one['kind']}.{place}": _name(one) for place, one in enumerate(models)}
    last = max(LEAST, *(float(points[0, -1]) for points in curves.values()))
    chart = panels.Chart("beside", _("Bits per character over the seconds learned"), tuple(
        panels.Line(name, names[name], COLOURS.get(name.split(".")[0], name.split(".")[0])) for name in curves), low=1)
    panels.curves(f"{page}.beside", f"{page}.beside", [chart], {
        **curves, "step": last, "total_steps": last, "steps_per_epoch": None, "marks": [], "gap": None, "notes": {}})
