"""Diffusion: how a picture becomes noise, and how a network makes a picture out of noise."""

import streamlit as st

from pages.ui.diffusion import digits, forward, parts, plane
from pages.ui.language import N_, _, lesson
from pages.ui.shell import open_page, show_notices, show_run_elsewhere

PAGE = "diffusion"
LEAD = N_("Noise a picture until hardly anything is left of it; then learn to take the noise away.")

buttons = open_page(_("Diffusion"), _(LEAD))
part = parts.choose_part(PAGE)
show_run_elsewhere(parts.NAMES[part])

if part == "noise":
    with st.sidebar:
        pad = forward.edit_forward()
    show_notices(forward.PART)
    forward.show_forward(pad)
elif part == "plane":
    plane.show_plane(buttons)
else:
    digits.show_digits(buttons)

with st.expander(_("About this page"), key="diffusion.about"):
    st.markdown(lesson(PAGE))
