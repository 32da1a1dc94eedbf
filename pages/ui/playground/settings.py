"""The sidebar of the Playground page: the points, the network as a whole, and how it learns."""

from dataclasses import replace

import streamlit as st

from dlcore.specs.plane import MORE_CLASSES
from dlcore.specs.playground import PACES
from pages.ui import runs, state, words
from pages.ui.forms import Form, grouped
from pages.ui.language import _, number, percent, short, told
from pages.ui.learned import problem
from pages.ui.playground import datasets, sharing, steering, tables
from pages.ui.playground.datasets import NAMES

LEARNING_RATES = [1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]  # the classic playground's
PENALTIES = [0.0, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0]
BATCHES = [1, 2, 5, 10, 20, 30, 50, 100, 250, 1000]
NOISES = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50]
SHARES = [10, 20, 30, 40, 50, 60, 70, 80, 90]  # hundredths of the points that are trained on
POINTS = [50, 100, 200, 500, 1000, 2000, 5000]


def edit_settings(page: str) -> None:
    """Draw all groups of controls that the link does not hide."""
    form = Form(page, touched=lambda path, value: _touch(page, path, value), kind=page)
    groups = {"data": _edit_data, "network": _edit_network, "training": _edit_training}
    for name, edit in groups.items():
        if not sharing.hides(page, name):
            edit(form)
    sharing.offer_link(page)


def _touch(page: str, path: str, value: object) -> None:
    """Hand a changed setting to the run, where it can change while the network learns; else begin anew with it."""
    runs.change_while_running(page, path, value)
    steering.rebuild(page, state.experiment(page))


def _edit_data(form: Form) -> None:
    data = form.experiment.data
    name = NAMES[data.dataset]
    values = [_(name)] if data.dataset in ("own", "table") else [_(name), percent(data.noise / 100, 0)]
    with grouped(_("Data"), " · ".join(values), "data", form.page, unfolded=True):
        datasets.choose_dataset(form.page)
        if data.dataset == "table":
            tables.upload(form.page)
        elif data.dataset != "own":
            _edit_made(form)
        if data.dataset != "own":
            form.pick("data.train_share", SHARES, format_func=lambda share: percent(share / 100, 0))
        _show_problem(form.page, "data")


def _edit_made(form: Form) -> None:
    """Draw the settings of points that come from a formula."""
    if form.experiment.data.dataset in MORE_CLASSES:
        form.press("data.classes", (3, 4, 5), format_func=str)
    form.pick("data.noise", NOISES, format_func=lambda share: percent(share / 100, 0))
    form.pick("data.points", POINTS, format_func=number)
    st.button(_("New points"), key=f"{form.page}.new_points", icon=":material/casino:", on_click=_draw_points,
              args=(form.page,), width="stretch")


def _draw_points(page: str) -> None:
    spec = state.experiment(page)
    steering.rebuild(page, replace(spec, data=replace(spec.data, seed=(spec.data.seed + 1) % 2**31)))


def _edit_network(form: Form) -> None:
    network = form.experiment.network
    used = [text for on, text in ((network.batch_norm, _("Batch norm")), (network.residual, _("Residual connections")),
                                  (network.dropout, _("Dropout"))) if on]
    sizes = "-".join(map(str, form.experiment.sizes))
    with grouped(_("Network"), " · ".join([sizes, *used]), "network", form.page):
        form.slide("network.dropout", 0.05)
        form.switch("network.batch_norm")
        form.switch("network.residual", help=_("Adds what a layer gets to what it gives, where both have as many "
                                               "numbers."))
        form.enter("training.seed")
        if network.weights:
            st.caption(_("Set by hand before the training: {n}").format(n=len(network.weights)))
            st.button(_("Take back what was set by hand"), key=f"{form.page}.forget_weights", on_click=_forget_weights,
                      args=(form.page,), width="stretch")
        _show_problem(form.page, "network")


def _forget_weights(page: str) -> None:
    spec = state.experiment(page)
    steering.rebuild(page, replace(spec, network=replace(spec.network, weights=())))


def _edit_training(form: Form) -> None:
    training = form.experiment.training
    summary = f"{words.option(training.optimizer).split()[0]} · {short(training.learning_rate)} · {training.batch_size}"
    with grouped(_("Training"), summary, "training", form.page):
        form.choose("training.optimizer")
        form.pick("training.learning_rate", LEARNING_RATES, format_func=short)
        form.pick("training.batch_size", BATCHES)
        if training.optimizer == "sgd":
            form.slide("training.momentum", 0.05)
        if not form.experiment.data.regression:
            form.choose("training.loss")
        left, right = st.columns(2)
        with left:
            form.pick("training.l1", PENALTIES, format_func=short)
        with right:
            form.pick("training.l2", PENALTIES, format_func=short)
        form.choose("training.pace", PACES, format_func=_pace)
        form.enter("training.epochs", step=100)
        form.switch("training.reproducible", help=_(words.REPRODUCIBLE))
        _show_problem(form.page, "training")


def _pace(epochs: int) -> str:
    return number(epochs) if epochs else _("all it can")


def _show_problem(page: str, group: str) -> None:
    """Say, in its group, why the experiment cannot be trained as it is."""
    error = problem(state.experiment(page))
    if error is not None and getattr(error, "field", "").split(".")[0] == group:
        st.warning(told(error))
