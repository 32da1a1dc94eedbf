"""The memory task's verdict: which cell learns it at which delay."""

import numpy as np
import streamlit as st

from dlcore.specs.codec import to_dict
from pages.ui import learned, state
from pages.ui.language import _, language, number
from pages.ui.live import pack
from pages.ui.recurrent import parts
from pages.ui.recurrent.names import cell_name, task_name
from pages.ui.recurrent.work import Work, watch, work

DELAYS = (2, 5, 10, 20, 40, 80)
SECONDS = 60



def show_verdict(page: str) -> None:
    """Draw the button that trains every cell at every delay, and the table of what they learned."""
    spec = state.experiment(page)
    if not spec.data.is_memory:
        st.caption(_("The delay is a setting of the memory tasks: choose one in the sidebar."))
        return
    st.markdown(_("**{task}**: each cell is trained from the start at each delay, {seconds} seconds in all.").format(
        task=task_name(spec.data.task), seconds=SECONDS))
    st.button(_("Train every cell at every delay"), key=f"{page}.verdict", icon=":material/table_chart:",
              on_click=_begin, args=(page,), disabled=learned.problem(spec) is not None)
    watch(page, "verdict", lambda found: _show(page, found))


def _begin(page: str) -> None:
    spec = state.experiment(page)
    work(page, "verdict").begin({"kind": "recurrent_verdict", "spec": to_dict(spec, whole=True), "delays": list(DELAYS),
                                 "seconds": SECONDS})


def _show(page: str, found: Work) -> None:
    result = found.result
    if not result:
        return
    cells = [{"name": cell, "title": cell_name(cell)} for cell in result["cells"]]
    words = {"delay": _("{n} steps"), "solved": _("solved"), "unsolved": _("not solved"), "untried": _("not tried yet"),
             "steps": _("after {n} training steps")}
    parts.verdict(key=f"{page}.verdict_table", data=pack(
        {"language": language(), "words": words, "cells": cells, "delays": [int(delay) for delay in result["delays"]],
         "label": _("Share of right answers, by cell and delay")},
        accuracy=np.asarray(result["accuracy"], np.float32), solved=np.asarray(result["solved"], np.uint8),
        steps=np.asarray(result["steps"], np.uint32)))
    st.caption(_("Share of right answers on held-out sequences; guessing gives {chance}.").format(
        chance=_chance(page)))


def _chance(page: str) -> str:
    data = state.experiment(page).data
    if data.task == "adding":
        return "0.19" if language() == "en" else "0,19"
    kinds = data.kinds_of_bracket if data.task == "brackets" else data.symbols
    return number(1 / kinds, 2)
