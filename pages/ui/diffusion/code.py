"""What a part of the Diffusion page trains, and what it draws, as PyTorch code."""

import streamlit as st

from dlcore.export.diffusion import print_diffusion
from pages.ui import code, state
from pages.ui.diffusion import sight
from pages.ui.diffusion.asking import ASKED, settled
from pages.ui.language import _
from pages.ui.learned import problem


def show_code(page: str, asked: str = ASKED) -> None:
    """Draw data, noise, network, training and the way back from noise, with what is asked for."""
    view, spec = sight.shown(page), state.experiment(page)
    if problem(spec) is None:
        spec = view.experiment if view is not None else spec
        script = print_diffusion(spec, settled(spec, asked))
        code.show_code(page, spec, script, view, sight.unlearned(spec))


def offer_code(page: str, asked: str) -> None:
    """Draw the same behind a line that opens it."""
    closed = st.expander(_("PyTorch code"), key=f"{page}.code", on_change="rerun")
    if closed.open:
        with closed:
            show_code(page, asked)
