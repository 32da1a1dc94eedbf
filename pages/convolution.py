"""Convolution: a stamp that is laid on a picture, multiplied, summed and slid on, in a network of one's own."""

import streamlit as st

from pages.ui import subject
from pages.ui.language import _, lesson
from pages.ui.microscope import show_microscope
from pages.ui.shell import open_page, show_notices

PAGE = "convolution"

open_page(_("Convolution"), _("Lay the stamp on the picture, multiply, add up, and write one number. Then slide on."))

with st.sidebar:
    subject.choose_network(PAGE)
    pad = subject.choose_picture(PAGE)
show_notices(PAGE)

show_microscope(PAGE, pad)
subject.show_rewind(PAGE)

with st.expander(_("About this page"), key="convolution.about"):
    st.markdown(lesson(PAGE))
