"""Recurrent: cells that read a text side by side; what they remember, and what they learn from it."""

import streamlit as st

from pages.ui import learned, runs, state
from pages.ui.language import _
from pages.ui.recurrent import board, closer, polling
from pages.ui.recurrent.settings import edit_settings
from pages.ui.shell import open_page, show_notices

PAGE = "recurrent"

buttons = open_page(
    _("Recurrent"), _("Train RNN, LSTM and GRU side by side; point at a step to see what they remember."),
)
learned.adopt(PAGE)
runs.show_refusal(PAGE)

# the experiment, in the sidebar

with st.sidebar:
    edit_settings(PAGE)

spec, view = state.experiment(PAGE), learned.shown(PAGE)
show_notices(PAGE)
with buttons:
    runs.show_transport(PAGE, view, broken=learned.problem(spec) is not None)

# the cells, live

polling.poll(PAGE, view)
board.show_board(PAGE)
polling.rewind_bar(PAGE)

# look closer

tabs = st.tabs(closer.titles(), key="recurrent.closer", on_change="rerun")
for tab, show in zip(tabs, closer.panels_of(), strict=True):
    if tab.open:
        with tab:
            show(PAGE)
