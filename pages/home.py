"""Home: what this is, a pad that reads the digit being drawn, and a card for each page."""

import streamlit as st

from pages.ui import drawing
from pages.ui.cards import PAGE, PRETRAINED, is_waking, show_cards
from pages.ui.finding import show_index
from pages.ui.language import N_, _, lesson
from pages.ui.shell import open_page
from pages.ui.waking import waking

LEAD = N_("Build neural networks, train them before your eyes, and look inside. Begin here: draw a digit.")
PATIENCE = 0.5  # seconds between two looks at whether the engine is awake


def show_waking() -> None:
    """Say how long the engine still needs; once it answers, the page is drawn again with its pictures."""
    if not is_waking():
        st.rerun()
    st.caption(_("{waking}. You can draw already.").format(waking=waking() or _("The network is waking")))


beside = open_page(_("See deep learning happen"), _(LEAD))
with beside:
    show_index(PAGE)
asleep = is_waking()
left, right = st.columns([60, 40], gap="large")
with left:
    drawing.show_pad(PAGE, details=False, model=PRETRAINED)
    if asleep:
        st.fragment(show_waking, run_every=PATIENCE)()
show_cards(right, asleep)
with st.container(key="home.about"):
    st.markdown(lesson(PAGE))
