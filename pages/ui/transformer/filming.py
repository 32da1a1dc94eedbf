"""The same head along the recording: its maps of the text, with what the network answered."""

import numpy as np
import streamlit as st

from pages.ui import panels
from pages.ui.foreign import write_out
from pages.ui.language import _, number
from pages.ui.learned import shown
from pages.ui.recurrent.work import Work, watch
from pages.ui.transformer import sight
from pages.ui.transformer.inducing import begin_film, show_induction
from pages.ui.transformer.names import part_name
from pages.ui.transformer.polling import subject
from pages.ui.transformer.sight import Sight, place

CELL = 108  # pixels of a frame


def show_film(page: str) -> None:
    """Draw the filmstrip of the chosen head, and of a language model the induction probe."""
    looked = subject(page)["sight"]
    if looked is None:
        st.caption(_("The settings cannot be built: the sidebar says why."))
        return
    _show_strip(page, looked)
    if not looked.translates:
        st.divider()
        show_induction(page, looked)


# the filmstrip

def _show_strip(page: str, looked: Sight) -> None:
    view, at = shown(page), place(page, looked)
    if view is None or len(view.snapshots) < 2:
        st.caption(_("A filmstrip needs a recording: press Train. The pretrained network has only its end."))
        return
    title = _("{group} · layer {layer} · head {head}").format(
        group=part_name(at.part, looked.translates), layer=at.layer + 1, head=at.head + 1)
    st.button(_("Filmstrip of {head}").format(head=title), key=f"{page}.film", icon=":material/theaters:",
              on_click=_begin, args=(page,), help=_("The head that is chosen above, at up to twenty snapshots."))
    watch(page, "film", lambda found: _show_frames(page, found))


def _begin(page: str) -> None:
    looked = subject(page)["sight"]
    if looked is not None:
        at = place(page, looked)
        begin_film(page, at.part, at.layer, at.head)


def _show_frames(page: str, found: Work) -> None:
    """Show a map a snapshot, its step and what the network answered then."""
    result, asked = found.result, found.asked
    if not result or not len(result["steps"]):
        return
    labels = [_("step {step}").format(step=number(int(step))) for step in result["steps"]]
    pictures = {"pictures": np.asarray(result["weights"], np.uint8), "scale": "sequential", "limit": 1.0,
                "labels": labels}
    panels.grid(f"{page}.frames", page, "frames", cell=CELL, pictures=pictures,
                title=_("{group} · layer {layer} · head {head}").format(
                    group=part_name(asked["part"], len(sight.parts_of(subject(page)["sight"].spec)) > 1),
                    layer=asked["layer"] + 1, head=asked["head"] + 1))
    if subject(page)["sight"].translates:
        answers = [f"{label}: {text}" for label, text in zip(labels, result["answers"], strict=True)]
        st.code(write_out("\n".join(answers)), language=None)
        st.caption(_("What each row told, behind the same tokens at every step: not the answer that the network would "
                     "have come to by itself."))
    bits = " · ".join(number(float(one), 2) for one in result["entropy"])
    st.caption(_("Mean entropy of a row, in bits (0: each token looks at one only): {bits}").format(bits=bits))
