"""Digits: build a network, train it on handwritten digits, and see it read one of your own."""

import streamlit as st

from dlcore.export.pytorch import print_script
from pages.ui import choosing, code, collecting, drawing, fetching, mistakes, network, results, runs, state
from pages.ui.forms import Form, edit_data, edit_training
from pages.ui.language import N_, _, lesson
from pages.ui.panels import Chart, Line, curves, grid
from pages.ui.polling import poll, rewind_bar
from pages.ui.shell import open_page, show_notices

PAGE = "digits"
LEAD = N_("Build a network, train it on handwritten digits or other pictures, then give it one of your own.")

buttons = open_page(_("Digits"), _(LEAD))
runs.show_refusal(PAGE)

# the experiment, in the sidebar

form = Form(PAGE, touched=lambda path, value: runs.change_while_running(PAGE, path, value))
with st.sidebar:
    network.show_network(PAGE)
    edit_data(form, fetching.offered(), fetching.option_name, lambda: collecting.show_button(PAGE))
    edit_training(form, state.engine().status().devices)

experiment = state.experiment(PAGE)
view = runs.shown_run(PAGE)
show_notices(PAGE)
collecting.show_collected(PAGE)
mistakes.show_weight(PAGE)
collecting.show_dialog(PAGE)
missing = fetching.show_missing(PAGE, experiment.data.dataset)
with buttons:
    runs.show_transport(PAGE, view, broken=missing or network.problem(experiment) is not None)

# the run, live

poll(PAGE, view)
drawn, figures = st.columns([57, 43], gap="medium")
with drawn:
    if drawing.can_draw(PAGE):
        drawing.show_pad(PAGE)
    else:
        choosing.show_reader(PAGE)
    layers, examples = st.columns([52, 48], gap="medium")
with layers:
    grid("digits.filters", PAGE, "filters", title=_("First layer"), note=_("filters"), cell=26, columns=8)
    grid("digits.maps0", PAGE, "maps0", title=_("What they see"), cell=26, columns=8)
    grid("digits.maps1", PAGE, "maps1", title=_("Second layer"), cell=26, columns=8)
with figures:
    curves("digits.curves", PAGE, [
        Chart("loss", _("Loss"), (Line("train_loss", _("training"), "grey"), Line("held_loss", _("held-out"))),
              low=0, gap=("train_loss", "held_loss"), height=105),
        Chart("accuracy", _("Accuracy"), (Line("train_accuracy", _("training"), "grey"),
                                          Line("held_accuracy", _("held-out"))),
              unit="percent", low=0.8, high=1, height=105),
    ])
results.show_results(PAGE, examples, confusions=figures)
rewind_bar(PAGE)

# look closer

about, table, figures_by_class, flips, scripts, changed = st.tabs([
    _("About this page"), _("Layers"), _("Figures by class"), _("What changed"), _("PyTorch code"), _("Augmentation")],
    key="digits.closer", on_change="rerun")
if about.open:
    about.markdown(lesson(PAGE))
if table.open:
    with table:
        network.show_layers(experiment, PAGE)
if figures_by_class.open:
    with figures_by_class:
        results.show_report(PAGE)
if flips.open:
    with flips:
        mistakes.show_flips(PAGE, results.shown_predictions(PAGE))
if scripts.open and not network.problem(experiment):
    with scripts:
        printed = code.written(experiment, view)
        code.show_code(PAGE, printed, print_script(printed), view)
if changed.open:
    with changed:
        results.show_augmentation(PAGE)
