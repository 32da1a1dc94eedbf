"""What is behind "look closer" on the Transformer page."""

from collections.abc import Callable

import streamlit as st

from dlcore.export.transformer import print_transformer
from pages.ui import code, learned, state
from pages.ui.language import _, lesson
from pages.ui.transformer import sight
from pages.ui.transformer.attributing import show_attribution
from pages.ui.transformer.comparing import show_comparison
from pages.ui.transformer.data import show_data
from pages.ui.transformer.filming import show_film
from pages.ui.transformer.inner import show_inside
from pages.ui.transformer.layers import show_layers
from pages.ui.transformer.placing import show_positions
from pages.ui.transformer.switching import show_switches
from pages.ui.transformer.writing import show_writing


def titles() -> list[str]:
    """Return the titles of the tabs."""
    return [_("About this page"), _("Inside a head"), _("Write"), _("Heads"), _("Attribution"), _("Positions"),
            _("Filmstrip"), _("Beside RNNs"), _("Data"), _("Layers"), _("PyTorch code")]


def panels_of() -> list[Callable[[str], None]]:
    """Return what draws the content of each tab, given the page."""
    return [show_lesson, show_inside, show_writing, show_switches, show_attribution, show_positions, show_film,
            show_comparison, show_data, show_layers, show_code]


def show_code(page: str) -> None:
    """Draw the experiment as PyTorch code, with what was changed by hand noted."""
    if learned.problem(state.experiment(page)) is None:
        view = learned.shown(page)
        spec = view.experiment if view is not None else state.experiment(page)
        code.show_code(page, spec, print_transformer(spec), view, sight.unlearned(spec))


def show_lesson(page: str) -> None:
    """Draw the page's lesson."""
    st.markdown(lesson(page))
