"""What a picture shall be of: a typed prompt whose unknown words are marked, or a class."""

import streamlit as st

from dlcore.diffusion.prompts import OTHERS, TURKISH, Prompt, read_prompt
from pages.ui import state
from pages.ui.language import _, language

MOST = 200  # letters of a prompt
BEGINNING = {"en": "a thick right slanted seven", "tr": "ince bir üç"}
ENGLISH_OTHERS = OTHERS[:10]  # the rest is Turkish


def prompt_text(page: str, name: str = "prompt") -> str:
    """Return the prompt as it was typed, or the one to begin with."""
    kept = state.parameter(page, name)
    return BEGINNING[language()] if kept is None else kept


def edit_prompt(page: str, name: str = "prompt", label: str = "") -> Prompt:
    """Draw a field for a prompt, and under it what was not understood; return what was."""
    key = f"{page}.{name}"
    st.session_state[key] = prompt_text(page, name)
    st.text_input(label or _("Prompt"), key=key, max_chars=MOST, on_change=_take, args=(page, name),
                  placeholder=_("empty: whatever comes"), label_visibility="visible" if label else "collapsed")
    prompt = read_prompt(prompt_text(page, name))
    if said := say_unknown(prompt):
        st.markdown(said)
    return prompt


def _take(page: str, name: str) -> None:
    state.remember_parameter(page, name, st.session_state[f"{page}.{name}"])


def say_unknown(prompt: Prompt) -> str:
    """Return a sentence about the words that the network does not know, the words struck out; "" where it knows all."""
    parts = []
    if prompt.unknown:
        words = " ".join(f":orange[~~{word}~~]" for word in prompt.unknown)
        parts.append(_("Not in the vocabulary, and left out: {words}").format(words=words))
    if prompt.left_over:
        words = " ".join(f":orange[~~{word}~~]" for word in prompt.left_over)
        parts.append(_("More than fit into a prompt: {words}").format(words=words))
    if prompt.empty:
        parts.append(_("An empty prompt asks for nothing: the unconditional model answers."))
    return " · ".join(parts)


def show_vocabulary() -> None:
    """List the words that the network knows."""
    st.markdown(_("**Digits:** 0 to 9, zero to nine, {turkish}").format(turkish=", ".join(TURKISH)))
    st.markdown(_("**Attributes:** {english}; {turkish}").format(
        english=", ".join(ENGLISH_OTHERS), turkish=", ".join(OTHERS[10:])))
    st.caption(_("The attributes were measured in the pictures: the stroke's width, the slant of the main axis, and "
                 "the width, each among digits of the same kind."))
