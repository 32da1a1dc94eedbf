"""What Streamlit's own upload and camera say: their words are English in the browser, so a style says ours instead.

Streamlit has no setting for them. The English word stays in the page, hidden from the eye and from a screen reader.
"""

import streamlit as st

from pages.ui.language import N_, _, language

TEXTS = {  # by the elements that say them
    '[data-testid="stFileUploaderDropzone"] [data-testid="stBaseButton-secondary"] p': N_("Upload"),
    '[data-testid="stFileUploaderDropzone"] > input + div:not([data-testid]) > span': N_("Drop it here"),
    '[data-testid="stCameraInputWebcamComponent"] > button': N_("Take a photo"),
    '[data-testid="stCameraInput"] > button': N_("Another photo"),
    '[data-testid="stCameraInputWebcamComponent"] > div:first-child:not([data-testid]) p': N_(
        "Allow your browser to use the camera."),
}
LIMITS = '[data-testid="stFileUploaderDropzoneInstructions"]'  # what may be uploaded; beside each, the page says it too


def translate_widgets() -> None:
    """Have the widgets of this page speak the visitor's language."""
    if language() != "en":
        st.html(f"<style>{write_style()}</style>")


def write_style() -> str:
    """Return the style that puts our words in the place of Streamlit's."""
    rules = [f"{LIMITS} {{ display: none; }}"]
    for place, text in TEXTS.items():
        quoted = _(text).replace("\\", "\\\\").replace('"', '\\"')
        rules += [f"{place} {{ visibility: hidden; font-size: 0; }}",
                  f'{place}::after {{ content: "{quoted}"; visibility: visible; font-size: .875rem; }}']
    return "\n".join(rules)
