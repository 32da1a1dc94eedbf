"""What is behind "look closer" on the Recurrent page."""

from collections.abc import Callable

import streamlit as st

from dlcore.export.recurrent import print_recurrent
from pages.ui import state
from pages.ui.language import _, lesson
from pages.ui.recurrent import sight
from pages.ui.recurrent.along import show_gradients
from pages.ui.recurrent.changing import show_clamp, show_edit
from pages.ui.recurrent.generating import show_generating
from pages.ui.recurrent.units import show_units
from pages.ui.recurrent.verdicts import show_verdict


def titles() -> list[str]:
    """Return the titles of the tabs."""
    return [_("About this page"), _("Write"), _("Change a symbol"), _("Hold a gate"), _("Units"),
            _("Gradients"), _("Delays"), _("PyTorch code")]


def panels_of() -> list[Callable[[str], None]]:
    """Return what draws the content of each tab, given the page."""
    return [show_lesson, show_generating, show_edit, show_clamp, show_units, show_gradients, show_verdict, show_code]


def show_code(page: str) -> None:
    """Draw the experiment as PyTorch code, with what was changed by hand noted."""
    if sight.problem(state.experiment(page)) is None:
        view = sight.shown(page)
        st.code(print_recurrent(view.experiment if view is not None else state.experiment(page)), language="python",
                height=420)


def show_lesson(page: str) -> None:
    """Draw the page's lesson."""
    st.markdown(lesson(page))
