"""What the network learns from: examples of the task, and what its tokens are."""

import streamlit as st

from dlcore.data.translation import sides_of
from dlcore.specs.texts import TextData
from pages.ui import state
from pages.ui.language import _, number
from pages.ui.transformer import merging, texts


def show_data(page: str) -> None:
    """Draw examples of the task, and the tokens of both sides of a translation."""
    spec = state.experiment(page)
    left, right = st.columns(2, gap="medium")
    with left:
        texts.describe(spec)
    with right:
        if spec.data.translates:
            _show_sides(spec.data)
    if spec.data.pairs:
        merging.show_merges(page)


def _show_sides(data: TextData) -> None:
    for title, side in zip((_("Tokens of the source"), _("Tokens of the answer")), sides_of(data), strict=True):
        st.markdown(f"**{title}**: {number(len(side.symbols))}")
        st.code(" ".join(side.symbols), language=None, wrap_lines=True)
    st.caption(_("<s> begins what the decoder reads, </s> ends source and answer."))
