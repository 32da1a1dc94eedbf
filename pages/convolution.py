"""Convolution: a stamp that is laid on a picture, multiplied, summed and slid on, in a network of one's own."""

import streamlit as st

from pages.ui import state, subject, words
from pages.ui.bench import show_bench
from pages.ui.filters import show_filters
from pages.ui.forms import Form
from pages.ui.language import _, lesson
from pages.ui.locality import show_locality
from pages.ui.microscope import show_microscope
from pages.ui.shell import open_page, show_notices
from pages.ui.shifting import show_shift

PAGE = "convolution"
VIEWS = {"layers": show_microscope, "bench": show_bench, "filters": show_filters, "shift": show_shift,
         "locality": show_locality}
WITHOUT_NETWORK = ("bench", "locality")

open_page(_("Convolution"), _("Lay the stamp on the picture, multiply, add up, and write one number. Then slide on."))

with st.sidebar:
    pad = subject.choose(PAGE)
show_notices(PAGE)

Form(PAGE, kind=PAGE).press("view", tuple(VIEWS), format_func=words.view_name, label_visibility="collapsed")
view = state.page_spec(PAGE, PAGE).view
VIEWS.get(view, show_microscope)(PAGE, pad)
if view not in WITHOUT_NETWORK:
    subject.show_rewind(PAGE)

with st.expander(_("About this page"), key="convolution.about"):
    st.markdown(lesson(PAGE))
