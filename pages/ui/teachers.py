"""Which training digits taught it this (the Job "influence"), and what becomes of it without them."""

from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.engine.views import RunView
from dlcore.errors import DerinError
from dlcore.specs.data import MOST_LEFT_OUT
from pages.ui import moments, panels, runs, state, subject, words
from pages.ui.explaining import explain
from pages.ui.foreign import plain
from pages.ui.language import _, number, percent, told
from pages.ui.sheet import fill_sheet, run_job
from pages.ui.subject import Sight
from pages.ui.working import show_working

SIDES = ("helpful", "harmful")


def show_teachers(page: str) -> None:
    """Draw the training digits that helped and harmed most to read the picture as it is read."""
    sight = subject.look(page)
    names = words.class_names(sight.experiment.data.dataset)
    try:
        target = fill_sheet(page, sight).targets[0]
    except (DerinError, KeyError) as error:  # the engine is asleep or busy, or there are no scores yet: it asks again
        show_working(f"{page}.tracing", None,
                     told(error, markdown=False) if isinstance(error, DerinError) else "")
        return
    st.caption(_("TracIn for the class {name}: what each training digit's steps did to the loss on this picture, by "
                 "the gradients of the last layer alone, at a few snapshots; augmentation is left out.").format(
                     name=plain(names[target])))
    at = sight.view.live_step if sight.view and sight.model["step"] is None else None
    job = run_job(page, "influence", {"kind": "influence", "model": sight.model, "image": sight.image, "label": target,
                                      "at": at, "cache": True})
    show_working(f"{page}.tracing", job, _("Looking at training digits: {share}").format(
        share=percent(job.progress, 0)), _coverage(job.result, sight))
    found = job.result or {}
    titles = {"helpful": (_("Helped most"), _("lowered the loss")), "harmful": (_("Harmed most"), _("raised the loss"))}
    for side in SIDES:
        if side in found:
            _show_side(page, side, found[side], names, *titles[side])
    if job.finished and "helpful" in found:
        _offer_retraining(page, sight, found)


def _coverage(found: dict | None, sight: Sight) -> str:
    if not found:
        return ""
    return _("{looked} of {learned} training digits, {steps} of {snapshots} snapshots").format(
        looked=number(found["looked"]), learned=number(found["learned"]), steps=number(len(found["steps"])),
        snapshots=number(found["snapshots"]))


def _show_side(page: str, side: str, found: dict, names: list[str], title: str, note: str) -> None:
    labels = [_("{name}: {value}").format(name=names[label], value=write_effect(float(value)))
              for label, value in zip(found["labels"], found["values"], strict=True)]
    if len(found["pictures"]):
        panels.grid(f"{page}.{side}", page, side, title=title, note=note, cell=64,
                    pictures={"pictures": found["pictures"], "scale": moments.scale_of(found["pictures"]),
                              "labels": labels})
    else:
        st.caption(_("{title}: none").format(title=title))


# training again without them


def _offer_retraining(page: str, sight: Sight, found: dict) -> None:
    if sight.view is None:
        st.caption(_("Train a network of your own to see what becomes of it without these digits."))
        return
    with st.container(horizontal=True):
        for side, text in (("helpful", _("Train again without the helpful ones")),
                           ("harmful", _("Train again without the harmful ones")),
                           ("random", _("… without as many random ones"))):
            st.button(text, key=f"{page}.without_{side}", icon=":material/model_training:", on_click=_retrain,
                      args=(page, sight.view, side, found))
    st.caption(_("The same initial weights and the same order of the other digits. Training magnifies small "
                 "differences: compare with random ones before you believe the effect."))
    runs.show_refusal(page)
    if begun := st.session_state.get(f"_retrained.{page}"):
        st.fragment(_watch, run_every=0.5)(page, begun)


def leave_out(view: RunView, side: str, found: dict) -> tuple[int, ...]:
    """Return the digits to leave out: those of a side, or as many random ones, besides those that were left out."""
    before = view.experiment.data.without
    if side == "random":
        data = view.experiment.data
        draw = np.random.default_rng(len(before))
        chosen = draw.choice(data.told.train, min(len(found["helpful"]["indices"]), data.told.train), replace=False)
    else:
        chosen = found[side]["indices"]
    return tuple(dict.fromkeys((*before, *map(int, chosen))))[:MOST_LEFT_OUT]


def _retrain(page: str, view: RunView, side: str, found: dict) -> None:
    experiment = view.experiment
    data = replace(experiment.data, without=leave_out(view, side, found))
    try:
        run_id = state.engine().start_run(replace(experiment, data=data), state.visitor())
    except DerinError as error:
        st.session_state[f"_refused.{page}"] = told(error)
        return
    kept = st.session_state.get(f"_retrained.{page}", ())
    st.session_state[f"_retrained.{page}"] = (*[one for one in kept if one[0] != side], (side, run_id))


def _watch(page: str, begun: tuple[tuple[str, str], ...]) -> None:
    """Show what the new networks make of the picture, each beside the one it comes from."""
    sight = subject.look(page)
    names = {"helpful": _("without the helpful ones"), "harmful": _("without the harmful ones"),
             "random": _("without random ones")}
    rows = {_("Network"): [_("as it was")], _("State"): [""], _("It reads"): [_reading(sight, sight.model)]}
    for side, run_id in begun:
        view = state.engine().view(run_id, state.visitor())
        if view is not None:
            rows[_("Network")].append(names[side])
            rows[_("State")].append(_progress(view))
            rows[_("It reads")].append(_reading(sight, {"run": run_id, "step": None}) if view.live_step else "")
    st.dataframe(rows, hide_index=True, key=f"{page}.retrained", height="content")


def _progress(view: RunView) -> str:
    share = percent(view.step / max(view.total_steps, 1), 0)
    return runs.state_text(view) if view.state == "finished" else f"{runs.state_text(view)} {share}"


def _reading(sight: Sight, model: dict) -> str:
    names = words.class_names(sight.experiment.data.dataset)
    try:
        answer = explain({"kind": "read", "model": model, "images": sight.image[None]})
    except DerinError:
        return ""
    scores = answer["scores"][0]
    order = scores.argsort()[::-1][:2]
    return " · ".join(_("{name}, {share}").format(name=names[at], share=percent(scores[at], 2)) for at in order)


def write_effect(value: float) -> str:
    """Write what a picture did to the loss: 0.032, and 2e-6 where three places would show nothing."""
    return number(value, 3) if abs(value) >= 0.0005 else f"{value:.0e}".replace("e-0", "e-")
