"""The page's experiment as PyTorch code."""

import streamlit as st

from dlcore.export.playground import print_playground
from pages.ui import state
from pages.ui.playground import sharing, steering


def show_code(page: str) -> None:
    """Draw the whole script: points, network and training loop, with what was changed by hand where it was changed."""
    if sharing.hides(page, "code"):
        return
    view, spec = steering.shown(page), state.experiment(page)
    if steering.problem(spec) is None:
        st.code(print_playground(view.experiment if view else spec), language="python", height=420)
