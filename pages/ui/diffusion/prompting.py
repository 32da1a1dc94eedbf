"""Prompts on screen: words that the network does not know are marked, and those that it knows are listed."""

import streamlit as st

from dlcore.diffusion.prompts import OTHERS, TURKISH, Prompt
from pages.ui.foreign import plain
from pages.ui.language import _

ENGLISH_OTHERS, TURKISH_OTHERS = OTHERS[:10], OTHERS[10:]


def say_unknown(prompt: Prompt) -> str:
    """Return what is to be said of a prompt: words that are not known or too many, struck out; that it is empty."""
    parts = []
    if prompt.unknown:
        parts.append(_("Not in the vocabulary, and left out: {words}").format(words=_strike(prompt.unknown)))
    if prompt.left_over:
        parts.append(_("More than fit into a prompt: {words}").format(words=_strike(prompt.left_over)))
    if prompt.empty:
        parts.append(_("An empty prompt asks for nothing: the unconditional model answers."))
    return " · ".join(parts)


def _strike(words: tuple[str, ...]) -> str:
    return " ".join(f":orange[~~{plain(word)}~~]" for word in words)


def show_vocabulary() -> None:
    """List the words that the network knows."""
    st.markdown(_("**Digits:** 0 to 9, zero to nine, {turkish}").format(turkish=", ".join(TURKISH)))
    st.markdown(_("**Attributes:** {english}; {turkish}").format(
        english=", ".join(ENGLISH_OTHERS), turkish=", ".join(TURKISH_OTHERS)))
    st.caption(_("The attributes were measured in the pictures: the stroke's width, the slant of the main axis, and "
                 "the width, each among digits of the same kind."))
