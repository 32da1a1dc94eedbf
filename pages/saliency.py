"""Saliency: why did it say so? Fourteen ways to answer, side by side, and how far each can be trusted."""

import streamlit as st

from pages.ui import saliency, subject
from pages.ui.language import _, lesson
from pages.ui.shell import open_page, show_notices

PAGE = "saliency"

open_page(_("Saliency"), _("Which pixels made it say so? Fourteen methods answer, and not all of them can be trusted."))

with st.sidebar:
    subject.choose_network(PAGE)
    pad = subject.choose_picture(PAGE)
    saliency.choose_methods(PAGE)
show_notices(PAGE)

saliency.show_question(PAGE)
st.fragment(saliency.show_sheet, run_every=subject.pause(PAGE))(PAGE, pad)
subject.show_rewind(PAGE)

about, = st.tabs([_("About this page")], key="saliency.closer", on_change="rerun")
if about.open:
    about.markdown(lesson(PAGE))
