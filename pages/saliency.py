"""Saliency: why did it say so? Fourteen ways to answer, side by side, and how far each can be trusted."""

import streamlit as st

from pages.ui import saliency, subject
from pages.ui.attacks import show_attacks
from pages.ui.film import show_film
from pages.ui.language import _, lesson
from pages.ui.shell import open_page, show_notices
from pages.ui.teachers import show_teachers

PAGE = "saliency"

open_page(_("Saliency"), _("Which pixels made it say so? Fourteen methods answer, and not all of them can be trusted."))

with st.sidebar:
    pad = subject.choose(PAGE)
    saliency.choose_methods(PAGE)
show_notices(PAGE)

saliency.show_question(PAGE)
st.fragment(saliency.show_sheet, run_every=subject.pause(PAGE))(PAGE, pad, subject.drawn_for(PAGE))
subject.show_rewind(PAGE)

film, attack, taught, code, about = st.tabs([
    _("Along the training"), _("What would change its mind"), _("Who taught it this"), _("PyTorch code"),
    _("About this page")], key="saliency.closer", on_change="rerun")
for tab, show in ((film, show_film), (attack, show_attacks), (taught, show_teachers)):
    if tab.open:
        with tab:
            st.fragment(show)(PAGE)
if code.open:
    code.code(saliency.print_call(PAGE), language="python")
if about.open:
    about.markdown(lesson(PAGE))
