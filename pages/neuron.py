"""Neuron: what one neuron does with its inputs, and what a line of them can imitate."""

import streamlit as st

from pages.ui import fitting, plane, words
from pages.ui.forms import Form
from pages.ui.language import _, lesson
from pages.ui.matrices import show_product
from pages.ui.neuron import edit_sizes, show_neuron
from pages.ui.shell import open_page, show_notices

PAGE = "neuron"

open_page(_("Neuron"), _("Pull the inputs and weights, and see what the activation function lets through."))
plane.take_drawing(PAGE)

# one neuron

form = Form(PAGE, kind="neuron")
with st.sidebar:
    edit_sizes(form)
form.press("activation", format_func=words.function_name, label_visibility="collapsed")
show_notices(PAGE)
show_neuron(PAGE)

# neurons side by side, learning a curve

with st.container(key="neuron_line_head", horizontal=True, vertical_alignment="center"):
    st.subheader(_("Neurons side by side imitate a curve"), anchor=False)
    form.press("line.curve", format_func=words.curve_name, label_visibility="collapsed")
    place = st.container(key="neuron_transport", horizontal=True, horizontal_alignment="right", width="content")
drawn, figures = st.columns([57, 43], gap="medium")
with figures, st.container(horizontal=True, vertical_alignment="bottom"):
    form.slide("line.neurons", 1)
    form.switch("line.linear", help=_("Takes the activation function out from between the layers."))
with drawn:
    fitting.poll(PAGE)
    plane.show_plane(PAGE)
with place:
    fitting.show_buttons(PAGE)
with figures:
    fitting.show_widths(PAGE)
show_product(PAGE)

with st.expander(_("About this page"), key="neuron.about"):
    st.markdown(lesson(PAGE))
