"""What is behind "look closer" on the Recurrent page."""

from collections.abc import Callable

import streamlit as st

from pages.ui.language import _, lesson
from pages.ui.recurrent.along import show_gradients
from pages.ui.recurrent.changing import show_clamp, show_edit
from pages.ui.recurrent.generating import show_generating
from pages.ui.recurrent.verdicts import show_verdict


def titles() -> list[str]:
    """Return the titles of the tabs."""
    return [_("About this page"), _("Write"), _("Change a symbol"), _("Hold a gate"), _("Gradients"), _("Delays")]


def panels_of() -> list[Callable[[str], None]]:
    """Return what draws the content of each tab, given the page."""
    return [show_lesson, show_generating, show_edit, show_clamp, show_gradients, show_verdict]


def show_lesson(page: str) -> None:
    """Draw the page's lesson."""
    st.markdown(lesson(page))
