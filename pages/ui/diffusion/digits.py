"""Digits and prompts: a U-Net that learns to take noise out of pictures, and every step of the way that it goes."""

from typing import Any

import streamlit as st

from dlcore.engine.views import RunView
from pages.ui import fetching, runs, state
from pages.ui.diffusion import asking, closer, components, film, polling, sight
from pages.ui.diffusion.plane import times_words
from pages.ui.diffusion.settings import edit_live_prompt, edit_settings
from pages.ui.diffusion.work import Drawing, drawing
from pages.ui.language import _, language, number
from pages.ui.learned import problem
from pages.ui.live import pack
from pages.ui.panels import Chart, Line, chosen_step, curves, grid
from pages.ui.words import class_names

PAGE = "diffusion"
HEIGHT = 96
SOON = 0.5  # seconds until what is being drawn is looked for again
ROW = 10  # samples of a row, as a run draws them

def show_digits(buttons: Any) -> None:
    """Draw the part: settings, buttons, what shall be drawn, the way there, samples, curves, and the rewind slider."""
    sight.adopt(PAGE)
    runs.show_refusal(PAGE)
    with st.sidebar:
        edit_settings(PAGE)
    view, spec = sight.shown(PAGE), state.experiment(PAGE)
    asking.show_notices(PAGE)
    missing = fetching.show_missing(PAGE, spec.data.dataset)
    with buttons:
        runs.show_transport(PAGE, view, broken=missing or problem(spec) is not None)
    polling.poll(PAGE, view, moment)
    main, beside = st.columns([64, 36], gap="medium")
    with main:
        film.show_film(PAGE)
    with beside:
        _show_companions(view)
    polling.rewind_bar(PAGE, moment, whole=True)
    closer.show_closer(PAGE)


def _follow_samples(page: str, view: RunView, step: int) -> Drawing:
    """Have drawn what the network made of the same noise at the step to which the page is rewound."""
    found = drawing(page, "samples")
    found.follow({"kind": "diffusion_growth", "run": view.id, "steps": [step],
                  "prompt": view.experiment.training.prompt})
    return found


def _show_samples(page: str, view: RunView, step: int | None) -> None:
    """Draw what the network makes of the same noise: what the channel brings, or of the step rewound to."""
    result = None if step is None else _follow_samples(page, view, step).result
    grid(f"{page}.samples", page, "samples", title=_("Always the same noise"), cell=27, columns=ROW,
         pictures=result and _tell_samples({"step": int(result["steps"][-1]), "pictures": result["pictures"][-1],
                                            "labels": result["labels"]},
                                           class_names(view.experiment.data.dataset)))


def moment(page: str, looked: sight.Sight) -> polling.Topics:
    """Return what the network makes now of noise that never changes, and its loss by time; EngineError while busy."""
    view = sight.shown(page)
    frame, times = view.frame if view is not None else None, polling.times_topic(page, looked.step)
    if looked.view != "live" or not frame or "pictures" not in frame:
        return times
    return {"samples": _tell_samples(frame, class_names(view.experiment.data.dataset))} | times


def _tell_samples(frame: dict, classes: list[str]) -> dict:
    """Return the topic "samples" of a run's frame; a prompt of the visitor's own stands once, for its whole row."""
    labels = [label if isinstance(label, str) else classes[label] for label in frame["labels"] or ()]
    note = _("at step {step}").format(step=number(frame["step"]))
    if len(labels) > ROW and len(set(labels[:ROW])) == 1:
        note = _("{note}; upper row: “{prompt}”").format(note=note, prompt=labels[0])
        labels[:ROW] = [""] * ROW
    return {"pictures": frame["pictures"], "scale": "grey", "labels": labels, "note": note}


def _show_companions(view: RunView | None) -> None:
    if view is not None and view.frame:
        step = chosen_step(f"{PAGE}.rewind") if view.snapshots else None
        waits = step is not None and _follow_samples(PAGE, view, step).job
        st.fragment(_show_samples, run_every=SOON if waits else None)(PAGE, view, step)
    if view is not None:
        edit_live_prompt(PAGE)
    curves(f"{PAGE}.curves", PAGE, [Chart("loss", _("Loss"), (
        Line("train_loss", _("training"), "grey"), Line("held_loss", _("held-out"))), low=0, log=True, height=HEIGHT)])
    components.timeloss(key=f"{PAGE}.time_losses", data=pack({
        "channel": PAGE, "language": language(), "height": HEIGHT, "last": 1000, "words": times_words()}))
