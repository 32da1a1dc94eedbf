"""The sidebar of the Transformer page: the task, the network, and how it learns."""

import streamlit as st

from dlcore.specs.transformer import Transformer
from dlcore.specs.transformer_table import count_parameters
from pages.ui import runs, state, words
from pages.ui.forms import DECAYS, LEARNING_RATES, Form, grouped
from pages.ui.language import _, number, short
from pages.ui.learned import edit_more, leave_run, problem, show_problem
from pages.ui.transformer import sight, texts
from pages.ui.transformer.borrowed import offer_settings
from pages.ui.transformer.names import family_name, option_name, task_name, tasks_of
from pages.ui.transformer.presets import PRESETS, beginning, preset_name, preset_of

FAMILIES = ("translator", "language_model")
LAYERS, HEADS = (1, 2, 3, 4, 6), (1, 2, 4, 8)
WIDTHS = [16, 32, 48, 64, 96, 128, 192, 256]
CONTEXTS = [16, 32, 48, 64, 96, 128, 192, 256]
VOCABULARIES = [128, 256, 512, 1024, 2048]
WARMUPS = [0, 10, 50, 100, 200, 500, 1000, 2000]
CLIPS = [0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0]
BATCHES = [1, 4, 8, 12, 16, 32, 64, 128, 256]


def edit_settings(page: str) -> None:
    """Draw all groups of controls."""
    form = Form(page, touched=lambda path, value: _touch(page, path, value), kind=sight.KIND)
    _edit_task(form)
    offer_settings(page)
    _edit_network(form)
    _edit_training(form)


def _touch(page: str, path: str, value: object) -> None:
    """Hand a changed setting to the run where it can change while it learns; another task leaves the run."""
    if path.startswith("data."):
        leave_run(page)
    if path == "data.task":
        sight.forget_texts(page)
    runs.change_while_running(page, path, value)


def begin(page: str, spec: Transformer) -> None:
    """Put an experiment into the sidebar; another task has another text, and leaves the run."""
    before = state.experiment(page)
    state.remember(page, spec)
    if spec.data != before.data:
        leave_run(page)
        sight.forget_texts(page)


# the task

def _edit_task(form: Form) -> None:
    data = form.experiment.data
    with grouped(_("Task"), "", "task", form.page, unfolded=True):
        _choose_family(form)
        _choose_preset(form)
        form.choose("data.task", tasks_of(data.family), format_func=task_name, label_visibility="collapsed")
        texts.describe(form.experiment)
        if data.task in ("reverse", "sort"):
            form.slide("data.length", 1)
        if data.task == "own":
            texts.upload(form.page)
            form.press("data.tokens", format_func=option_name)
        if data.pairs:
            form.pick("data.vocabulary", VOCABULARIES)
        show_problem(form, "data", "network.context")  # a text that is too short for it


def _choose_family(form: Form) -> None:
    key, family = form.key("family"), form.experiment.data.family
    if st.session_state.get(key) != family:
        st.session_state[key] = family
    st.segmented_control(_("Kind of network"), FAMILIES, key=key, format_func=family_name, required=True,
                         on_change=_take_family, args=(form.page, key), label_visibility="collapsed", width="stretch")


def _take_family(page: str, key: str) -> None:
    if st.session_state[key] != state.experiment(page).data.family:
        begin(page, beginning(st.session_state[key]))


def _choose_preset(form: Form) -> None:
    key = form.key("preset")
    st.session_state[key] = preset_of(form.experiment)
    st.selectbox(_("Begin with"), list(PRESETS), key=key, index=None, format_func=preset_name,
                 placeholder=_("Settings of your own"), on_change=_take_preset, args=(form.page, key))


def _take_preset(page: str, key: str) -> None:
    if (name := st.session_state[key]) in PRESETS:
        begin(page, PRESETS[name][1])


# the network

def _edit_network(form: Form) -> None:
    network = form.experiment.network
    summary = f"{network.layers} × {network.heads} · {network.width}"
    with grouped(_("Network"), summary, "network", form.page):
        form.press("network.layers", LAYERS, format_func=str)
        form.press("network.heads", HEADS, format_func=str)
        form.pick("network.width", WIDTHS)
        if not form.experiment.data.translates:
            form.pick("network.context", CONTEXTS)
        form.slide("network.feed_forward", 1)
        form.slide("network.dropout", 0.05)
        form.press("network.norm", format_func=option_name)
        form.press("network.activation", format_func=option_name)
        form.choose("network.positions", format_func=option_name)
        if problem(form.experiment) is None:
            st.caption(_("Parameters: {counts}").format(counts=number(count_parameters(form.experiment))))
        show_problem(form, "network")


# how it learns

def _edit_training(form: Form) -> None:
    training = form.experiment.training
    summary = f"{words.option(training.optimizer).split()[0]} · {short(training.learning_rate)} · {training.batch_size}"
    with grouped(_("Training"), summary, "training", form.page):
        form.choose("training.optimizer")
        form.pick("training.learning_rate", LEARNING_RATES, format_func=short)
        form.pick("training.warmup", WARMUPS, help=_("In so many steps the learning rate grows from zero."))
        form.choose("training.schedule", format_func=option_name)
        form.pick("training.clip", CLIPS, format_func=_clip, help=_(
            "The gradient of a step is shortened to this norm. Switched off, it may explode."))
        form.pick("training.weight_decay", DECAYS, format_func=short)
        if training.optimizer == "sgd":
            form.slide("training.momentum", 0.01)
        form.pick("training.batch_size", BATCHES)
        form.enter("training.epochs")
        show_problem(form, "training")
    edit_more(form)


def _clip(norm: float) -> str:
    return short(norm) if norm else _("off")
