"""Home: what this is, a pad that reads the digit being drawn, and a card for each page."""

import streamlit as st

from dlcore.data.images import load_test
from dlcore.errors import DerinError
from pages.ui import drawing, moments, panels, state
from pages.ui.language import _, lesson, number
from pages.ui.shell import open_page, pages_there

PAGE = "home"
SEVEN = 0  # the test digit, a 7, that the card's pictures are computed from


def show_waking() -> None:
    """Say how long the engine still needs; once it is awake the page is drawn again, with answers."""
    status = state.engine().status()
    if status.ready:
        st.rerun()
    st.caption(_("The network is waking, {seconds} s. You can draw already.").format(
        seconds=number(max(1, status.seconds_left))))


def digits_card() -> None:
    """Show the first-layer filters of the pretrained network, as they are."""
    st.markdown(_("Build a convolutional network, watch it learn 60,000 digits in seconds, and see what it gets wrong."))
    if state.engine().status().ready:
        try:
            answer = moments.ask_moment({"pretrained": "digits"}, load_test("mnist").test_images[SEVEN])
        except DerinError:
            return  # busy: the next look at the page asks again
        panels.grid("home.filters", PAGE, "filters", note=_("what the first layer of the network above looks for"),
                    pictures=moments.picture_topics(answer)["filters"])


CARDS = {"digits.py": digits_card}

beside = open_page(_("See deep learning happen"), _("Draw a digit: a small network reads it while you draw."))
if not state.engine().status().ready:
    with beside:
        st.fragment(show_waking, run_every=0.5)()
drawing.show_pad(PAGE)

cards = [row for row in pages_there() if row[1] in CARDS]
for place, (_group, file, title) in zip(st.columns(max(len(cards), 2), gap="medium"), cards):
    with place.container(key=f"home_{file.removesuffix('.py')}", border=True):
        st.page_link(f"pages/{file}", label=f"**{_(title)}**")
        CARDS[file]()
with st.expander(_("About this page"), key="home.about"):
    st.markdown(lesson(PAGE))
