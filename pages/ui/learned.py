"""A page on which one spec is learned whose data is its task: the run that is shown, and settings that go with it."""

from dataclasses import replace

import streamlit as st

from dlcore.data.corpus import check_length
from dlcore.engine.views import RunView
from dlcore.errors import DerinError
from dlcore.specs.learning import Learner, check, same_run
from pages.ui import runs, state, words
from pages.ui.forms import Form, grouped
from pages.ui.language import _, told

MOST_COUNTED = 200_000  # characters of a text whose tokens are counted before the training; of a longer one then


def shown(page: str) -> RunView | None:
    """Return the run that the page shows, if it learns the task that the page is about."""
    view = runs.shown_run(page)
    return view if view is not None and view.experiment.data == state.experiment(page).data else None


def adopt(page: str) -> None:
    """Take over the experiment of a run where a link names only the run."""
    view, spec = runs.shown_run(page), state.experiment(page)
    if view is not None and state.parameter(page, spec.kind) is None and view.experiment.kind == spec.kind:
        if not same_run(view.experiment, spec):
            state.remember(page, replace(view.experiment, changes=()))


def leave_run(page: str) -> None:
    """Let a run of another task stand still: it is not shown any more."""
    view = runs.shown_run(page)
    if view is not None and view.state in runs.ACTIVE and runs.is_mine(view) and shown(page) is None:
        state.engine().pause(view.id, state.visitor())


def problem(spec: Learner) -> DerinError | None:
    """Return why a spec cannot be trained, or None."""
    try:
        check(spec)
        if spec.kind == "transformer":
            check_length(spec, state.engine().home, MOST_COUNTED)
    except DerinError as error:
        return error
    return None


def show_problem(form: Form, group: str, *others: str) -> None:
    """Say, in its group of the sidebar, why the spec cannot be trained as the settings are; `others` are fields of
    other groups of which it is said here too."""
    error = problem(form.experiment)
    field = getattr(error, "field", "")
    if error is not None and (field.split(".")[0] == group or field in others):
        st.warning(told(error))


def edit_more(form: Form) -> None:
    """Draw the group of settings that seldom change: seed, device, precision, reproducible."""
    training = form.experiment.training
    with grouped(_("More"), f"{_('Seed')} {training.seed} · {training.device}", "more", form.page):
        form.enter("training.seed")
        devices = state.engine().status().devices
        form.choose("training.device", tuple(dict.fromkeys((*devices, training.device))))
        form.choose("training.precision")
        form.switch("training.reproducible", help=_(words.REPRODUCIBLE))
