"""What Streamlit's own upload and camera say: it has no setting for their words, so a script says ours in their place.

The script is static/js/wording.js; it gets the words as pairs, Streamlit's and ours.
"""

from html import escape

import streamlit as st

from pages.ui.language import N_, _, language
from pages.ui.panels import register

TEXTS = (  # as Streamlit 1.67 has them; what stands in braces is any text
    N_("Upload"), N_("Add files"), N_("Drag and drop a file here"), N_("Drag and drop files here"), N_("{x} per file"),
    N_("File must be {x} or smaller."), N_("{x} files are not allowed."), N_("Take Photo"), N_("Clear photo"),
    N_("Uploading..."), N_("This app would like to use your camera."), N_("Learn how to allow access."),
)

_wording = register("wording")


def translate_widgets() -> None:
    """Have the widgets of this page speak the visitor's language, and panels that wait or fail (static/js/panel.js)."""
    with st.container(key="shell_wording"):
        words = {"waiting": _("Waiting for the answer"),
                 "undrawn": _("This part of the page could not be drawn. Reload the page.")}
        said = " ".join(f'data-derin-{name}="{escape(text)}"' for name, text in words.items())
        st.html(f"<span {said}></span>")
        if language() != "en":
            _wording(key="shell.wording", data={"words": [[text, _(text)] for text in TEXTS]})
