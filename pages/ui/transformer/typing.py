"""What is typed: the text that the network reads, and of a translator the answer that its decoder reads."""

import streamlit as st

from dlcore.errors import DerinError, SpecError
from pages.ui import state
from pages.ui.language import _, told
from pages.ui.transformer import sight
from pages.ui.transformer.moments import ask

MOST_TEXT = 1000
PAUSE = "500ms"  # in typing, until the page's script follows; a direct line is quicker
FIELDS = ("text", "target")


def type_texts(page: str) -> None:
    """Draw the fields; they are read while one types in them."""
    if not state.experiment(page).data.translates:
        _type(page, "text", sight.typed(page), _("Text so far"), label_visibility="collapsed")
        return
    source, answer = st.columns(2, gap="small")
    with source:
        _type(page, "text", sight.typed(page), _("Sentence to translate"))
    with answer, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _type(page, "target", sight.given(page) or "", _("The decoder reads"),
              placeholder=_("the network's own answer"), help=_(
                  "Any answer, right or wrong: the decoder reads it token by token, whatever the network itself would "
                  "have told (teacher forcing), and all pictures are of it. Empty: the network's own answer."))
        _offer_answer(page)


def _type(page: str, name: str, text: str, label: str, **how: str) -> None:
    key = f"{page}.{name}"
    st.session_state[key] = text
    st.text_input(label, key=key, max_chars=MOST_TEXT, on_change=_take, args=(page, name), live=PAUSE,
                  **{"placeholder": label, **how})


def _take(page: str, name: str) -> None:
    text = st.session_state[f"{page}.{name}"]
    state.remember_parameter(page, name, text if name == "text" or text.strip() else None)


def _offer_answer(page: str) -> None:
    """Offer to take over the network's own answer, so that it can be changed, or to go back to it."""
    if sight.given(page) is None:
        st.button(_("Take over"), key=f"{page}.take_answer", on_click=_take_answer, args=(page,),
                  help=_("Put the network's own answer into the field, to change it."))
    else:
        st.button(_("Its own"), key=f"{page}.own_answer", on_click=state.remember_parameter,
                  args=(page, "target", None), help=_("Read the network's own answer again."))


def _take_answer(page: str) -> None:
    looked = sight.look(page)
    if looked is None:
        return
    try:
        state.remember_parameter(page, "target", looked.joint.join(ask("attention", looked)["target"][1:]))
    except DerinError:
        return  # what is wrong with the sentence is said at its field; an engine that wakes is asked again


def say_problem(error: SpecError) -> None:
    """Say what is wrong with a text, under the fields."""
    said = f"**{_('The decoder reads')}**: {told(error)}" if error.field == "target" else told(error)
    st.warning(said + "  \n" + _("The pictures show the last text that could be read."))
