"""Bits per character beside recurrent networks: in a race from the beginning, or those that have been trained."""

import streamlit as st

from dlcore.explain.pretrained import PRETRAINED
from pages.ui import state
from pages.ui.language import _, number
from pages.ui.recurrent.names import cell_name
from pages.ui.recurrent.work import Work, watch, work
from pages.ui.transformer.bits import draw_bits, show_bars
from pages.ui.transformer.moments import request
from pages.ui.transformer.polling import subject
from pages.ui.transformer.racing import TASKS, show_race

OTHERS = "plays"  # recurrent cells that were trained on the plays


def show_comparison(page: str) -> None:
    """Draw the race, and on the plays what reads the held-out ones with this network and with cells that there are."""
    looked = subject(page)["sight"]
    if looked is None or looked.spec.data.task not in TASKS:
        st.caption(_("Bits per character are compared on Shakespeare's plays or a text of your own: choose them in the "
                     "sidebar."))
        return
    show_race(page, looked)
    if looked.spec.data.task != "own":
        st.divider()
        _show_trained(page)


def _show_trained(page: str) -> None:
    st.markdown(_("**Networks that have been trained already.** The same held-out characters, read by this network and "
                  "by recurrent cells: those that come along, and your last run of the plays on the Recurrent page."))
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
    show_bars(page, "beside", [(one["kind"], _name(one), one["bits"]) for one in told])
    draw_bits(page, "beside", [(one["kind"], _name(one), one["curve"]) for one in told])


def _line(one: dict) -> str:
    seconds = "—" if one["seconds"] is None else number(one["seconds"])
    return (f"| {_name(one)} | {number(one['bits'], 3)} | {number(one['parameters'])} | {number(one['window'])} | "
            f"{seconds} |")


def _name(one: dict) -> str:
    name = _("Transformer") if one["kind"] == "transformer" else cell_name(one["kind"])
    return _("{name} (came along)").format(name=name) if "pretrained" in one["model"] else name
