"""The sidebar of the Recurrent page: the task, the cells, and how they learn."""

from dataclasses import replace

import streamlit as st

from dlcore.specs.recurrent import CELLS, Recurrent, count_parameters, fit, suit
from dlcore.specs.sequences import TASKS
from pages.ui import runs, state, words
from pages.ui.forms import DECAYS, LEARNING_RATES, Form, grouped
from pages.ui.language import _, number, short
from pages.ui.learned import edit_more, leave_run, show_problem
from pages.ui.recurrent import columns
from pages.ui.recurrent.data import describe_data
from pages.ui.recurrent.names import cell_name, task_name, wave_name

HIDDEN = [8, 16, 32, 64, 128, 256, 512]
EMBEDDINGS = [4, 8, 16, 32, 64, 128]
LENGTHS = [16, 32, 48, 64, 96, 128, 192, 256, 384, 512]
DELAYS = [1, 2, 5, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400, 511]
CLIPS = [0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0]
SYMBOLS = {"recall": tuple(range(2, 9)), "brackets": (2, 3, 4)}
KEPT = [1, 8, 16, 32, 64, 128, 256, 512]
BATCHES = [1, 4, 8, 16, 32, 64, 128, 256, 512]


def edit_settings(page: str) -> None:
    """Draw all groups of controls."""
    form = Form(page, touched=lambda path, value: _touch(page, path, value), kind=page)
    _edit_task(form)
    _edit_cells(form)
    _edit_training(form)


def _touch(page: str, path: str, value: object) -> None:
    """Hand a changed setting to the run where it can change while the cells learn; another task leaves the run."""
    if path.startswith("data."):
        leave_run(page)
        state.remember_parameter(page, "text", None)
        st.session_state.pop(f"_example.{page}", None)
    if path == "data.task":
        state.remember(page, fit(suit(state.experiment(page))))
    runs.change_while_running(page, path, value)


# the task

def _edit_task(form: Form) -> None:
    data = form.experiment.data
    with grouped(_("Task"), "", "task", form.page, unfolded=True):
        form.choose("data.task", TASKS, format_func=task_name, label_visibility="collapsed")
        describe_data(form.experiment)
        if data.task == "grammar":
            form.press("data.language", format_func={"en": "English", "tr": "Türkçe"}.get)
        if data.task == "series":
            _edit_series(form)
        if data.task in ("recall", "brackets"):
            form.press("data.symbols", SYMBOLS[data.task], format_func=str)
        if data.is_memory:
            form.pick("data.delay", DELAYS)
        if data.task != "names":
            form.pick("data.length", LENGTHS)
        show_problem(form, "data")


def _edit_series(form: Form) -> None:
    form.press("data.wave", format_func=wave_name)
    if form.experiment.data.wave == "column":
        columns.upload(form.page)
    else:
        form.slide("data.noise", 1)
    form.pick("data.horizon", [8, 16, 32, 64, 100, 200])


# the cells

def _edit_cells(form: Form) -> None:
    network = form.experiment.network
    summary = f"{' · '.join(cell_name(cell) for cell in network.cells)} · {network.hidden}"
    with grouped(_("Cells"), summary, "cells", form.page, unfolded=False):
        _choose_cells(form)
        form.pick("network.hidden", HIDDEN)
        form.press("network.layers", (1, 2, 3), format_func=str)
        if not form.experiment.data.takes_numbers:
            form.pick("network.embedding", EMBEDDINGS)
        form.slide("network.dropout", 0.05)
        if "lstm" in network.cells:
            form.slide("network.forget_bias", 0.5)
        if {"lstm", "gru"} & set(network.cells):
            form.pick("network.memory", KEPT, help=_(
                "For about how many steps LSTM and GRU keep their state before they have learned anything: ln of it is "
                "added to the biases of forget and update gate, and taken from the input gate's."))
        st.caption(_parameters(form.experiment))
        show_problem(form, "network")


def _choose_cells(form: Form) -> None:
    key = form.key("network.cells")
    st.session_state[key] = list(form.experiment.network.cells)
    st.pills(words.field_name("network.cells"), CELLS, selection_mode="multi", key=key, format_func=cell_name,
             on_change=_take_cells, args=(form.page, key))


def _take_cells(page: str, key: str) -> None:
    """Take over which cells are trained; the last one cannot be taken away."""
    chosen, spec = tuple(cell for cell in CELLS if cell in st.session_state[key]), state.experiment(page)
    if chosen:
        state.remember(page, replace(spec, network=replace(spec.network, cells=chosen)))


def _parameters(spec: Recurrent) -> str:
    """Say how many weights each cell has."""
    counts = [f"{cell_name(cell)} {number(count_parameters(spec, cell))}" for cell in spec.network.cells]
    return _("Parameters: {counts}").format(counts=" · ".join(counts))


# how they learn

def _edit_training(form: Form) -> None:
    training = form.experiment.training
    summary = f"{words.option(training.optimizer).split()[0]} · {short(training.learning_rate)} · {training.batch_size}"
    with grouped(_("Training"), summary, "training", form.page):
        form.choose("training.optimizer")
        form.pick("training.learning_rate", LEARNING_RATES, format_func=short)
        form.pick("training.clip", CLIPS, format_func=_clip, help=_(
            "The gradient of a step is shortened to this norm. Switched off, it may explode."))
        form.choose("training.schedule")
        form.pick("training.weight_decay", DECAYS, format_func=short)
        if training.optimizer == "sgd":
            form.slide("training.momentum", 0.01)
        form.pick("training.batch_size", BATCHES)
        form.enter("training.epochs")
        show_problem(form, "training")
    edit_more(form)


def _clip(norm: float) -> str:
    return short(norm) if norm else _("off")
