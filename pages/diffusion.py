"""Diffusion: how a picture becomes noise, and how a network makes a picture out of noise."""

import streamlit as st

from pages.ui.diffusion import forward
from pages.ui.language import N_, _, lesson
from pages.ui.shell import open_page, show_notices

PAGE = "diffusion"

LEAD = N_("Noise a picture until nothing is left of it; then learn to take the noise away.")

open_page(_("Diffusion"), _(LEAD))

with st.sidebar:
    pad = forward.edit_forward()
show_notices(forward.PART)
forward.show_forward(pad)

with st.expander(_("About this page"), key="diffusion.about"):
    st.markdown(lesson(PAGE))
