"""Gradients while the cells learn: their size before and after clipping, and the gradient through time at snapshots."""

import numpy as np
import streamlit as st

from dlcore.plots.theme import encode_magnitude
from pages.ui import learned, panels, state
from pages.ui.language import _, number
from pages.ui.recurrent import figures, sight
from pages.ui.recurrent.names import cell_name
from pages.ui.recurrent.work import Work, watch, work

DECADES = 2, 8  # below the largest gradient that are told apart, at least and at most


def show_gradients(page: str) -> None:
    """Draw the curves of the gradients' size, and the gradient through time along the training."""
    view = learned.shown(page)
    norms, history = st.columns(2, gap="medium")
    with norms:
        figures.show_gradients(page, view.experiment if view is not None else state.experiment(page))
        st.caption(_("Without clipping (set it to off in the sidebar, with a large learning rate) the gradient of an "
                     "RNN can explode; clipping shortens it and keeps its direction."))
    with history:
        if view is None or len(view.snapshots) < 2:
            st.caption(_("Train first: the gradient through time is then shown for every snapshot."))
            return
        st.button(_("Gradient through time at every snapshot"), key=f"{page}.history", icon=":material/timeline:",
                  on_click=_begin, args=(page, view.id))
        watch(page, "history", lambda found: _show(page, found))


def _begin(page: str, run: str) -> None:
    looked = sight.look(page)
    step = sight.place(page, looked).step
    place = {} if step is None else {"at": step}
    work(page, "history").begin({"kind": "recurrent_history", "model": {"run": run}, "cells": list(looked.cells),
                                 **sight.sequence(page), **place})


def _show(page: str, found: Work) -> None:
    """Show a picture a cell: a row a snapshot, the first at the top, and a column a time step."""
    if not found.result or not len(found.result["steps"]):
        return
    cells = found.result["cells"]
    stacked = np.stack([np.asarray(cells[cell]["hidden"], np.float64) for cell in cells])
    powers = np.log10(np.maximum(stacked, 1e-30))
    depth = int(np.clip(np.ceil(powers.max() - powers.min()), *DECADES))
    shares = 1 + (powers - powers.max()) / depth
    panels.grid(f"{page}.history_maps", page, "history", title=_("∂y/∂h at every snapshot"), cell=138, columns=3,
                note=_("down: training, across: time"),
                pictures={"pictures": encode_magnitude(shares, 1.0), "scale": "sequential", "limit": None,
                          "labels": [cell_name(cell) for cell in cells]})
    st.caption(_("On a logarithmic scale: the darkest blue is the largest gradient, the palest one {n} times smaller "
                 "or less. {count} snapshots.").format(n=number(10**depth), count=number(len(found.result["steps"]))))
