"""What the network reads right and wrong: confusion matrix, the digits of a cell, figures by class."""

import numpy as np
import streamlit as st

from dlcore.data.images import is_there
from dlcore.errors import DerinError, EngineError
from dlcore.plots.charts import draw_scores
from dlcore.specs.codec import to_dict
from dlcore.specs.datasets import describe
from dlcore.specs.experiment import Experiment, fit_classes
from dlcore.training.report import Report, count_confusions, report
from pages.ui import choosing, mistakes, moments, panels, runs, state, why, words
from pages.ui.charts import share_axis, show_chart
from pages.ui.explaining import explain
from pages.ui.history import history_of
from pages.ui.language import _, number, percent, told
from pages.ui.waking import say_work


def shown_predictions(page: str):
    """Return (view, step, predictions) of the moment that the page shows, or None."""
    view = runs.shown_run(page)
    if view is None or not view.snapshots or not is_there(view.experiment.data.dataset):
        return None
    found = moments.predictions_until(view, panels.chosen_step(f"{page}.rewind"))
    return (view, *found) if found else None


def show_results(page: str, examples, confusions) -> None:
    """Draw the confusion matrix, and beside it the digits of the chosen cell."""
    _results(page, examples, confusions)


@st.fragment
def _results(page: str, examples, confusions) -> None:
    with confusions:
        cell = panels.matrix(f"{page}.confusion", page, title=_("Confusion"),
                             note=_("rows true, columns read; click a cell to see the pictures"))
    with examples:
        _show_cell(page, cell)


def _show_cell(page: str, cell: tuple[int, int] | None) -> None:
    shown = shown_predictions(page)
    if cell is None or shown is None:
        st.caption(_("Click a cell of the matrix to see its pictures, and one of them to have it read."))
        return
    view, step, kept = shown
    pictures, indices = moments.cell_pictures(kept, view.experiment.data.dataset, cell)
    names, shown = words.class_names(view.experiment.data.dataset), len(pictures["pictures"])
    asked = len(indices) > 0 and st.session_state.get(f"{page}.why", False)
    shown = min(shown, why.MOST) if asked else shown
    note = _("{n} of {count}, step {step}") if len(indices) > shown else _("all {count}, step {step}")
    title = _("{row} read as {column}").format(row=names[cell[0]], column=names[cell[1]])
    note = note.format(n=shown, count=number(len(indices)), step=number(step))
    if asked:
        why.show_why(page, view, step, cell, indices, title, note)
    else:
        _show_pictures(page, view, (cell, step, indices), pictures=pictures, cell=44, title=title, note=note)
    with st.container(key=f"{page}_cell", horizontal=True, vertical_alignment="center"):
        mistakes.offer_weight(page, view, step, cell, indices)
        if len(indices):
            st.toggle(_("Why?"), key=f"{page}.why", help=_("Which pixels speak for the class that is read, and which "
                                                           "for the true one."))
        if asked:
            why.choose_method(page, view)


def _show_pictures(page: str, view, which: tuple, **how) -> None:
    """Draw the pictures of a cell; one that is clicked is read."""
    dataset, (cell, step, indices) = view.experiment.data.dataset, which
    if describe(dataset).drawn:
        panels.grid(f"{page}.examples", page, "examples", sends="digit", **how)
    else:
        choosing.offer(page, f"{page}.examples_{cell[0]}_{cell[1]}_{step}", "examples", dataset, indices, **how)


def show_report(page: str) -> None:
    """Draw test loss and accuracy, and precision, recall and F1 of every class."""
    shown = shown_predictions(page)
    if shown is None:
        st.caption(_("Train the network first."))
        return
    view, step, kept = shown
    dataset = view.experiment.data.dataset
    confusions = count_confusions(moments.shown_labels(kept, dataset), kept.scores.argmax(1),
                                  len(words.class_names(dataset)))
    _show_figures(page, view, step, kept, confusions)
    figures = report(confusions)
    show_scores(page, words.class_names(dataset), figures)
    st.dataframe({_("Class"): words.class_names(dataset), _("Precision"): _shares(figures.precision),
                  _("Recall"): _shares(figures.recall), "F1": _shares(figures.f1), _("Pictures"): figures.count},
                 hide_index=True, key=f"{page}.report", height="content")


def show_scores(page: str, classes: list[str], figures: Report) -> None:
    """Draw precision and recall by class; the table below says the same in numbers."""
    title = _("Precision and recall by class")
    show_chart(f"{page}.scores", draw_report, classes, figures,
               about=(tuple(classes), figures.precision.tobytes(), figures.recall.tobytes()), title=title,
               text=_("{title}: the numbers stand in the table below.").format(title=title))


def draw_report(classes: list[str], figures: Report):
    """Draw precision and recall by class, from a round share below the lowest of them up to one."""
    lowest = min(figures.precision.min(), figures.recall.min())
    low = max(0.0, np.floor(20 * lowest - 1e-6) / 20)
    return draw_scores(classes, {_("Precision"): figures.precision, _("Recall"): figures.recall},
                       share_axis(_("share"), float(low)), _("Class"))


def _show_figures(page: str, view, step: int, kept, confusions: np.ndarray) -> None:
    test = history_of(page, view.id).test
    accuracy = np.trace(confusions) / confusions.sum()
    left, right = st.columns(2)
    left.metric(_("Accuracy on {n} pictures, step {step}").format(n=number(kept.scores.shape[0]), step=number(step)),
                percent(accuracy, 2))
    if test.get("step") == step and test.get("test_loss") is not None:
        right.metric(_("Test loss"), number(test["test_loss"], 4))
    if not kept.whole:
        _offer_evaluation(page, view, step, kept)


def _offer_evaluation(page: str, view, step: int, kept) -> None:
    """Offer to read all test pictures with a snapshot; it is a Job with progress that can be stopped."""
    count = view.experiment.data.told.test
    st.caption(_("These are the fixed {n} held-out pictures that every snapshot reads.").format(
        n=number(len(kept.scores))))
    if st.button(_("Read all {n}").format(n=number(count)), key=f"{page}.evaluate", icon=":material/fact_check:"):
        request = {"kind": "evaluate", "model": {"run": view.id, "step": step}}
        st.session_state[f"_job.{page}"] = state.engine().start_job(state.visitor(), request)
    if failure := st.session_state.pop(f"_job_said.{page}", None):
        st.warning(failure)
    if job_id := st.session_state.get(f"_job.{page}"):
        st.fragment(_watch_job, run_every=0.3)(page, job_id)


def _watch_job(page: str, job_id: str) -> None:
    job = state.engine().job(job_id)
    if job is None or job.finished or job.error:
        st.session_state.pop(f"_job.{page}", None)
        if job is not None and job.error:
            st.session_state[f"_job_said.{page}"] = told(job.error)
        st.rerun()
    st.progress(job.progress, say_work("", job))
    if st.button(_("Stop"), key=f"{page}.stop_job"):
        state.engine().cancel(job_id)
        st.session_state.pop(f"_job.{page}", None)
        st.rerun()


def _shares(values: np.ndarray) -> list[str]:
    return [percent(value) for value in values]


def show_augmentation(page: str) -> None:
    """Draw real training pictures before and after the augmentation."""
    data = state.experiment(page).data
    if not data.augment.active:
        st.caption(_("Nothing is changed. Set rotation, shift or another change under Augmentation in the sidebar."))
    try:
        spec = to_dict(fit_classes(Experiment(data=data)))
        answer = explain({"kind": "augmented", "spec": spec, "count": 12})
    except EngineError as error:
        st.caption(told(error))
        return
    except DerinError as error:
        st.warning(told(error))
        return
    for name, title in (("before", _("Training pictures")), ("after", _("The same, augmented"))):
        panels.grid(f"{page}.{name}", page, name, title=title, cell=56,
                    pictures={"pictures": answer[name], "scale": moments.scale_of(answer[name])})
