"""What is behind "look closer" on the Transformer page."""

from collections.abc import Callable

import streamlit as st

from pages.ui.language import _, lesson
from pages.ui.transformer.data import show_data
from pages.ui.transformer.inner import show_inside
from pages.ui.transformer.layers import show_layers


def titles() -> list[str]:
    """Return the titles of the tabs."""
    return [_("About this page"), _("Inside a head"), _("Data"), _("Layers")]


def panels_of() -> list[Callable[[str], None]]:
    """Return what draws the content of each tab, given the page."""
    return [show_lesson, show_inside, show_data, show_layers]


def show_lesson(page: str) -> None:
    """Draw the page's lesson."""
    st.markdown(lesson(page))
