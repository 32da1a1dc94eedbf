"""Playground: a small network on the plane, every neuron a picture, trained before the visitor's eyes."""

import streamlit as st

from pages.ui import runs, state
from pages.ui.language import _, lesson
from pages.ui.learned import problem
from pages.ui.panels import matrix
from pages.ui.playground import board, code, datasets, figures, polling, seeds, sharing, steering, transport, wishes
from pages.ui.playground.settings import edit_settings
from pages.ui.shell import open_page, show_notices

PAGE = "playground"

buttons = open_page(_("Playground"), _("Build a network, press Train, and watch it bend the plane."))
steering.adopt(PAGE)
datasets.take_choice(PAGE)
wishes.take(PAGE)
wishes.leave(PAGE)
runs.show_refusal(PAGE)

# the experiment, in the sidebar

with st.sidebar:
    edit_settings(PAGE)

spec, view = state.experiment(PAGE), steering.shown(PAGE)
show_notices(PAGE)
with buttons:
    transport.show_transport(PAGE, view, broken=problem(spec) is not None)

# the network and the plane, live

polling.poll(PAGE, view)
board.show_board(PAGE)
loss, accuracy, confusions = st.columns([36, 36, 28], gap="medium")
with loss:
    figures.show_loss(PAGE, spec)
with accuracy:
    figures.show_accuracy(PAGE, spec)
with confusions:
    if not spec.data.regression:
        matrix(f"{PAGE}.confusion", PAGE, title=_("Confusion"), place=90)
seeds_said = st.container(key="playground_seeds_said", gap="small")
with confusions:
    seeds.show_seeds(PAGE, seeds_said)
polling.rewind_bar(PAGE)

# look closer

about, printed = st.tabs([_("About this page"), _("PyTorch code")], key="playground.closer", on_change="rerun")
if about.open:
    about.markdown(lesson(PAGE))
if printed.open:
    with printed:
        code.show_code(PAGE)
sharing.show_dialog(PAGE)
