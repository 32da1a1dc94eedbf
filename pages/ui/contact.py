"""Whether the page still has its server: its script asks on a line of the session, and says when nobody answers."""

import streamlit as st

from pages.ui.language import _
from pages.ui.lines import open_line
from pages.ui.live import pack
from pages.ui.panels import register

_contact = register("contact")


def keep_contact() -> None:
    """Have the page notice that its server has gone, say so, and come back by itself (static/js/contact.js)."""
    words = {"lost": _("The server does not answer. What you see is as it was last; the page comes back by itself."),
             "short": _("No connection")}
    with st.container(key="shell_contact"):
        _contact(key="shell.contact", data=pack({"line": open_line("shell.contact", _answer), "words": words}))


def _answer(_question: dict) -> bytes:
    """Say that this server is there and knows the session."""
    return pack({})
