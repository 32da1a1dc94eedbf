"""The sidebar of the parts that train: what is un-noised, what the network tells of it, the network, its training."""

from dataclasses import replace

import streamlit as st

from dlcore.specs.denoiser import Part, list_parts
from dlcore.specs.diffusion import PICTURES, POINTS, Diffusion
from pages.ui import fetching, runs, state, words
from pages.ui.diffusion.words import TOLD, condition_name, points_name, target_name, times_name
from pages.ui.foreign import plain
from pages.ui.forms import DECAYS, LEARNING_RATES, Form, grouped
from pages.ui.language import _, number, percent, short
from pages.ui.learned import edit_more, show_problem

HIDDEN = [16, 32, 64, 128, 256, 512]
COUNTS = [500, 1_000, 2_000, 5_000, 10_000]
BATCHES = [16, 32, 64, 128, 256, 512, 1024]
EMAS = [0.0, 0.9, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999]
DROPS = [0.0, 0.05, 0.1, 0.2, 0.3, 0.5]
USUAL_EPOCHS, MANY_EPOCHS = 400, 3_000  # of thousands of points, and of the few that one puts by hand
TRAIN_SIZES = [1_000, 5_000, 10_000, 20_000, 60_000]


def edit_settings(page: str) -> None:
    """Draw all groups of controls."""
    form = Form(page, touched=lambda path, value: _touch(page, path, value), kind="diffusion")
    on_plane = form.experiment.data.on_plane
    (_edit_points if on_plane else _edit_pictures)(form)
    _edit_process(form)
    (_edit_layers if on_plane else _edit_unet)(form)
    _edit_training(form)


def edit_live_prompt(page: str) -> None:
    """Draw the prompt of the visitor's own that is drawn while the network learns."""
    form = Form(page, touched=lambda path, value: _touch(page, path, value), kind="diffusion")
    if form.experiment.condition == "prompt":
        form.write("training.prompt", placeholder=_("a prompt of your own, drawn while it learns"),
                   label_visibility="collapsed", max_chars=200)


def _touch(page: str, path: str, value: object) -> None:
    """Hand a changed setting to the run, where it can change while the network learns; few points want more epochs."""
    if path == "data.dataset":
        spec = state.experiment(page)
        epochs = MANY_EPOCHS if value == "own" else USUAL_EPOCHS
        if spec.data.on_plane and spec.training.epochs in (USUAL_EPOCHS, MANY_EPOCHS):
            state.remember(page, replace(spec, training=replace(spec.training, epochs=epochs)))
    runs.change_while_running(page, path, value)


# what is un-noised

def _edit_points(form: Form) -> None:
    data = form.experiment.data
    with grouped(_("Points"), points_name(data.dataset), "data", form.page, unfolded=True):
        form.press("data.dataset", POINTS, format_func=points_name, label_visibility="collapsed")
        if data.dataset == "own":
            st.caption(_("Pull the pointer over the plane: {n} points so far.").format(n=number(len(data.own))))
        else:
            form.pick("data.points", COUNTS, format_func=number)
            form.slide("data.noise", 1, max_value=20)
        show_problem(form, "data")


def _edit_pictures(form: Form) -> None:
    data = form.experiment.data
    with grouped(_("Data"), plain(words.dataset_name(data.dataset)), "data", form.page):
        offered = tuple(name for name in PICTURES if name in fetching.offered())
        form.choose("data.dataset", tuple(dict.fromkeys((*offered, data.dataset))), format_func=words.dataset_name)
        form.pick("data.train_size", TRAIN_SIZES, format_func=number)
        show_problem(form, "data")


# what the network tells

def _edit_process(form: Form) -> None:
    process = form.experiment.process
    with grouped(_("What it tells"), target_name(process.target), "process", form.page, unfolded=True):
        form.press("process.target", format_func=target_name, label_visibility="collapsed")
        st.caption(_("Of a noisy x and its time, the network tells {told}.").format(told=f"**{TOLD[process.target]}**"))
        if process.target != "flow":
            form.press("process.curve", format_func=words.option)


# the network

def _edit_layers(form: Form) -> None:
    network = form.experiment.network
    with grouped(_("Network"), f"{network.layers} × {network.hidden}", "network", form.page):
        form.pick("network.hidden", HIDDEN)
        form.slide("network.layers", 1)
        _say_parameters(form)


def _edit_unet(form: Form) -> None:
    network = form.experiment.network
    values = [_("{n} channels").format(n=network.width), condition_name(network.condition)]
    with grouped(_("U-Net"), " · ".join(values), "network", form.page):
        form.pick("network.width", [8, 16, 24, 32, 48, 64, 80])
        form.slide("network.blocks", 1)
        form.press("network.time", format_func=str)
        form.switch("network.attention", help=_("Every place of the smallest maps may look at every other."))
        form.press("network.condition", format_func=condition_name)
        _say_parameters(form)
        show_problem(form, "network")


def _say_parameters(form: Form) -> None:
    spec = form.experiment
    st.caption(_("{n} parameters").format(n=number(sum(part.parameters for part in parts_of(spec)))))


def parts_of(spec: Diffusion) -> list[Part]:
    """Return the parts of the spec's network."""
    return list_parts(spec.network, spec.condition, spec.data.on_plane)


# how it learns

def _edit_training(form: Form) -> None:
    training = form.experiment.training
    summary = f"{short(training.learning_rate)} · {training.batch_size} · EMA {short(training.ema)}"
    with grouped(_("Training"), summary, "training", form.page):
        form.pick("training.learning_rate", LEARNING_RATES, format_func=short)
        form.choose("training.schedule")
        form.pick("training.weight_decay", DECAYS, format_func=short)
        form.pick("training.batch_size", BATCHES)
        form.enter("training.epochs")
        form.pick("training.ema", EMAS, format_func=short, help=_(
            "Samples are drawn by a running mean of the weights, which is calmer than the weights themselves."))
        form.press("training.times", format_func=times_name)
        if form.experiment.condition != "none":
            form.pick("training.drop", DROPS, format_func=lambda share: percent(share, 0), help=_(
                "So often the network is told nothing: it then knows the answer without a condition, too."))
        show_problem(form, "training")
    edit_more(form)


def take_points(page: str, points: tuple[tuple[float, float], ...]) -> None:
    """Keep other own points."""
    spec = state.experiment(page)
    state.remember(page, replace(spec, data=replace(spec.data, own=points)))
