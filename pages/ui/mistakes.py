"""Learning from mistakes: train on with more weight for what is like them, and see what became right and wrong."""

from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.data.images import held_out, load_test
from dlcore.engine.views import RunView
from dlcore.errors import EngineError
from dlcore.specs.data import MOST_AGAIN
from dlcore.specs.fields import walk
from dlcore.specs.learning import steps_per_epoch
from dlcore.training.recording import Predictions
from dlcore.training.report import find_flips
from pages.ui import moments, panels, runs, state, words
from pages.ui.foreign import plain
from pages.ui.language import _, ngettext, number, percent, told
from pages.ui.waking import say_work

PAUSE = 0.2   # seconds between two looks at the Job
TAKEN = 25    # mistakes of a cell whose like get more weight, the surest first
OFTEN = (2, 3, 5, 10, 20, 50)  # times an epoch that a picture with more weight can be shown
MOST = 40     # pictures of a flip list that are shown
MOMENTS = 12  # snapshots of a run that can be compared with


def offer_weight(page: str, view: RunView, step: int, cell: tuple[int, int], indices: np.ndarray) -> None:
    """Below the pictures of a cell, offer to train on with more weight for training pictures that are like them."""
    if cell[0] == cell[1] or not len(indices) or not runs.is_mine(view):
        return
    job = st.session_state.get(f"_similar.{page}")
    if job:
        st.fragment(_watch, run_every=PAUSE)(page, job)
        return
    name = words.class_names(view.experiment.data.dataset)[cell[0]]
    times = st.session_state.setdefault(f"{page}.weight_times", view.experiment.data.times)
    st.button(_("More weight, train on"), key=f"{page}.weigh", on_click=_start,
              args=(page, view, step, [int(index) for index in indices[:TAKEN]], times),
              help=_("These test pictures themselves are never learned from. The 8 training pictures of class {name} "
                     "that are nearest to each of them (up to {taken} of them) are shown {times} times an epoch."
                     ).format(name=plain(name), taken=TAKEN, times=times))
    st.selectbox(_("How often an epoch"), sorted({*OFTEN, times}), key=f"{page}.weight_times", format_func="{}×".format,
                 label_visibility="collapsed", width=82)
    if failure := st.session_state.get(f"_unweighed.{page}"):
        st.warning(failure)


def _start(page: str, view: RunView, step: int, tests: list[int], times: int) -> None:
    request = {"kind": "similar", "run": view.id, "tests": tests}
    st.session_state[f"_similar.{page}"] = state.engine().start_job(state.visitor(), request), view, step, times
    st.session_state[f"_unweighed.{page}"] = ""


def _watch(page: str, job: tuple[str, RunView, int, int]) -> None:
    name, view, step, times = job
    found = state.engine().job(name)
    if found is not None and not found.finished:
        st.progress(found.progress, text=say_work(_("Looking for training pictures that are like them"), found))
        return
    st.session_state[f"_similar.{page}"] = None
    if found is not None and found.error is None:
        train_with_weight(page, view, step, found.result["again"], times)
    else:
        st.session_state[f"_unweighed.{page}"] = told(found.error) if found else ""
    st.rerun()


def train_with_weight(page: str, view: RunView, step: int, again: tuple[int, ...], times: int) -> None:
    """Train on from a snapshot for a whole epoch at least, in a run of its own, some pictures shown `times` an epoch.
    """
    data = view.experiment.data
    together = tuple(sorted({*data.again, *again}))[:MOST_AGAIN]
    weighed = replace(view.experiment, data=replace(data, again=together, times=times))
    epochs = min(-(-step // steps_per_epoch(weighed)) + 1, 100)
    try:
        run_id = runs.begin(page, weighed, parent=(view.id, step), paused=True)
        state.engine().change(run_id, state.visitor(), runs.EPOCHS, epochs)
        state.engine().resume(run_id, state.visitor())
    except EngineError as error:
        st.session_state[f"_unweighed.{page}"] = told(error)
        return
    state.remember(page, replace(weighed, training=replace(weighed.training, epochs=epochs)))


def show_weight(page: str) -> None:
    """Say which pictures have more weight on the page, and offer to take it away."""
    data = state.experiment(page).data
    if not data.again:
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"{page}_weight"):
        text = ngettext("{n} training picture has more weight: it is shown {times} times an epoch.",
                        "{n} training pictures have more weight: each is shown {times} times an epoch.",
                        len(data.again))
        st.caption(text.format(n=number(len(data.again)), times=data.times))
        st.button(_("Take it away"), key=f"{page}.unweigh", type="tertiary", on_click=_unweigh, args=(page,))


def _unweigh(page: str) -> None:
    experiment = state.experiment(page)
    state.remember(page, replace(experiment, data=replace(experiment.data, again=())))


# what became right, and what became wrong


def show_flips(page: str, shown: tuple[RunView, int, Predictions] | None) -> None:
    """Draw which test pictures became right and which became wrong since another moment, or against another run."""
    if shown is None:
        st.caption(_("Train the network first."))
        return
    view, step, _kept = shown
    offered = _others(page, view, step)
    if not offered:
        st.caption(_("There is nothing to compare with yet: a run of the same data set, or an earlier snapshot."))
        return
    key = f"{page}.flips_from"
    if st.session_state.get(key) not in offered:
        st.session_state[key] = next(iter(offered))
    other = st.selectbox(_("Compare with"), list(offered), key=key, format_func=offered.get)
    before = moments.predictions_of(*other)
    if before is None:
        st.caption(_("The predictions of this snapshot are not kept any more."))
    else:
        _draw_flips(page, view.experiment.data.dataset, before, shown)


def _others(page: str, view: RunView, step: int) -> dict[tuple[str, int], str]:
    """Return the moments that can be compared with, and what they are called: where it came from, runs, snapshots."""
    found: dict[tuple[str, int], str] = {}
    for run_id in dict.fromkeys([*([view.parent[0]] if view.parent else []), *runs.begun(page)[::-1]]):
        other = state.engine().view(run_id) if run_id != view.id else None
        if other and other.experiment.kind == "experiment" and \
                other.experiment.data.dataset == view.experiment.data.dataset:
            upto = view.parent[1] if view.parent and view.parent[0] == run_id else None
            if last := moments.predictions_until(other, upto):
                found[run_id, last[0]] = _("run {id}, step {step} · {difference}").format(
                    id=run_id[:6], step=number(last[0]), difference=_difference(other, view))
    earlier = [kept for kept in view.snapshots if kept < step and moments.predictions_of(view.id, kept)]
    for kept in earlier[::-1][:: max(1, len(earlier) // MOMENTS)]:
        found[view.id, kept] = _("this run, step {step}").format(step=number(kept))
    return found


def _difference(one: RunView, other: RunView) -> str:
    """Return in which settings two runs differ."""
    settings = [{path: value for path, value, _rule in walk(view.experiment) if not path.startswith("changes")}
                for view in (one, other)]
    paths = [path for path in dict.fromkeys([*settings[0], *settings[1]])
             if settings[0].get(path) != settings[1].get(path)]
    names = list(dict.fromkeys(words.field_name(path) for path in paths))
    return ", ".join(names[:3]) or _("the same settings")


def _draw_flips(page: str, dataset: str, before: Predictions, shown: tuple[RunView, int, Predictions]) -> None:
    _view, _step, kept = shown
    labels = load_test(dataset).test_labels
    part = held_out(len(labels))
    common = np.arange(len(labels)) if before.whole and kept.whole else part
    first, second = (read.scores.argmax(1)[common if read.whole else slice(None)] for read in (before, kept))
    right, wrong = find_flips(labels[common], first, second)
    st.markdown(_("Of {n} test pictures {right} became right and {wrong} became wrong: from {before} to {after}."
                  ).format(
        n=number(len(common)), right=number(len(right)), wrong=number(len(wrong)),
        before=percent((first == labels[common]).mean(), 2), after=percent((second == labels[common]).mean(), 2)))
    names, images = words.class_names(dataset), load_test(dataset).test_images
    for column, flipped, name, title in zip(st.columns(2), (right, wrong), ("right", "wrong"),
                                            (_("Became right"), _("Became wrong")), strict=True):
        pictures = images[common[flipped[:MOST]]]
        captions = [f"{names[first[index]]} → {names[second[index]]}" for index in flipped[:MOST]]
        with column:
            panels.grid(f"{page}.flips_{name}", page, f"flips_{name}", title=title, cell=52,
                        note=_("{n} of {count}").format(n=len(captions), count=number(len(flipped))),
                        pictures={"pictures": pictures, "scale": moments.scale_of(pictures), "labels": captions})
