"""Backpropagation: one example's way through a small network and back, every number of it, and the updates."""

import streamlit as st

from dlcore.errors import DerinError
from pages.ui import gradient_health, walking
from pages.ui.forms import Form
from pages.ui.language import _, lesson, told
from pages.ui.panels import Chart, Line, curves
from pages.ui.shell import open_page, show_notices
from pages.ui.small_network import KIND, edit_small_network, spec
from pages.ui.waking import show_waking

PAGE = "backprop"


def show_updates() -> None:
    """Draw the buttons that make updates and take them back."""
    made = spec(PAGE).updates
    st.button(_("Update"), key=f"{PAGE}.update", on_click=walking.make_updates, args=(PAGE, 1), type="primary")
    st.button(_("10 updates"), key=f"{PAGE}.ten", on_click=walking.make_updates, args=(PAGE, 10))
    st.button(_("Take back"), key=f"{PAGE}.back", on_click=walking.make_updates, args=(PAGE, -1), disabled=not made)
    st.button(_("Restart"), key=f"{PAGE}.restart", on_click=walking.make_updates, args=(PAGE, -made), disabled=not made)


def show_pass() -> None:
    """Draw the walk, the losses and the gradients of the deep stack."""
    answer = walking.ask_walk(PAGE)
    walking.show_notes(PAGE, answer)
    walking.show_walk(PAGE, answer)
    left, right = st.columns([42, 58], gap="large")
    with left:
        curves(f"{PAGE}.curves", PAGE, [Chart("loss", _("Loss"), (Line("loss", _("before each update")),), low=0,
                                           log=True)])
        Form(PAGE, kind=KIND).slide("updates", 1)
    with right:
        gradient_health.show_health(PAGE)
    walking.show_receipt(answer)


buttons = open_page(_("Backpropagation"), _("Walk one example through a network and back, node by node."))
walking.take_wish(PAGE)
with st.sidebar:
    edit_small_network(PAGE)
show_notices(PAGE)
with buttons:
    show_updates()
try:
    show_pass()
except DerinError as error:
    if walking.is_waking(error):
        st.fragment(show_waking, run_every=0.5)()
    else:
        st.error(told(error))
with st.expander(_("About this page"), key=f"{PAGE}.about"):
    st.markdown(lesson(PAGE))
