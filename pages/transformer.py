"""Transformer: an encoder-decoder or a small GPT that the visitor trains, with the attention of every head."""

import streamlit as st

from pages.ui import learned, runs, state
from pages.ui.language import _
from pages.ui.shell import open_page, show_notices
from pages.ui.transformer import board, closer, polling
from pages.ui.transformer.settings import edit_settings

PAGE = "transformer"

buttons = open_page(
    _("Transformer"), _("Type a text, train, and point at a token to see whom it looks at."),
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

# who looks at whom, live

polling.poll(PAGE, view)
board.show_board(PAGE)
polling.rewind_bar(PAGE)

# look closer

tabs = st.tabs(closer.titles(), key=f"{PAGE}.closer", on_change="rerun")
for tab, show in zip(tabs, closer.panels_of(), strict=True):
    if tab.open:
        with tab:
            show(PAGE)
