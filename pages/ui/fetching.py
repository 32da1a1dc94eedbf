"""A data set that is not on this machine: what it is, and fetching it, which is a Job with progress."""

import streamlit as st

from dlcore.data.images import is_there
from dlcore.specs.datasets import DATASETS, describe, is_own
from pages.ui import state, words
from pages.ui.collecting import SETS
from pages.ui.foreign import plain
from pages.ui.language import N_, _, number, percent, told
from pages.ui.waking import say_work

PAUSE = 0.3  # seconds between two looks at the Job

ABOUT = {  # what it is, and under which terms
    "fashion_mnist": N_("On Debian, the package dataset-fashion-mnist brings it."),
    "kmnist": N_("Ten characters of cursive Japanese script, 28×28 pixels, from old books. Kuzushiji-MNIST of the "
                 "CODH, licence CC BY-SA 4.0."),
    "emnist_letters": N_("Handwritten letters from A to Z, capital and small ones in one class, 28×28 pixels. EMNIST, "
                         "made from the NIST Special Database 19; its makers state no licence."),
    "cifar10": N_("Photographs of ten kinds of things, 32×32 pixels in colour. CIFAR-10 of the University of Toronto; "
                  "its makers state no licence."),
    "gtsrb": N_("Photographs of 43 German traffic signs, here scaled to 48×48 pixels in colour. GTSRB of the Institut "
                "für Neuroinformatik in Bochum; its makers state no licence."),
}


def offered() -> tuple[str, ...]:
    """Return the data sets that are here, can be fetched, or were collected in this session."""
    known = [name for name, known in DATASETS.items() if known.megabytes or is_there(name)]
    return *known, *st.session_state.get(SETS, ())


def option_name(dataset: str) -> str:
    """Return a data set's name, and what has to be fetched where it is not on this machine."""
    name, size = words.dataset_name(dataset), describe(dataset).megabytes
    if is_there(dataset) or not size:
        return name
    return _("{name} · to fetch, {size} MB").format(name=name, size=number(size))


def show_missing(page: str, dataset: str) -> bool:
    """Where a data set is not on this machine, say what it is and offer to fetch it; return whether it is missing."""
    if is_there(dataset):
        return False
    with st.container(border=True, key=f"{page}_missing"):
        if is_own(dataset):
            st.markdown(_("The link names pictures of a visitor's own, which are not on this machine (any more). They "
                          "stay where they were collected. Choose another data set, or collect your own."))
            return True
        counts = _("{train} training and {test} test pictures.").format(
            train=number(describe(dataset).train), test=number(describe(dataset).test))
        st.markdown(_("**{name}** is not on this machine yet.").format(name=plain(words.dataset_name(dataset)))
                    + f" {_(ABOUT[dataset])} {counts}")
        if describe(dataset).megabytes:
            job = _job(page, dataset)
            st.fragment(_show_job, run_every=PAUSE if job else None)(page, dataset, job)
    return True


def _job(page: str, dataset: str) -> str | None:
    """Return the Job that fetches this data set for this page."""
    wanted, job = st.session_state.get(f"_fetch.{page}", ("", None))
    return job if wanted == dataset else None


def _show_job(page: str, dataset: str, job: str | None) -> None:
    if job != _job(page, dataset):
        st.rerun()
    view = state.engine().job(job) if job else None
    if job and (view is None or view.finished):
        st.session_state[f"_fetch.{page}"] = dataset, None
        st.session_state[f"_unfetched.{page}"] = dataset, told(view.error) if view and view.error else ""
        st.rerun()
    if job:
        st.progress(view.progress, text=say_work(_("Fetching, {share}").format(share=percent(view.progress, 0)), view))
        st.button(_("Stop"), key=f"{page}.stop_fetching", icon=":material/stop:", on_click=_stop, args=(page, job))
        return
    label = _("Fetch {size} MB").format(size=number(describe(dataset).megabytes))
    st.button(label, key=f"{page}.fetch", icon=":material/download:", on_click=_start, args=(page, dataset))
    wanted, failure = st.session_state.get(f"_unfetched.{page}", ("", ""))
    if wanted == dataset and failure:
        st.error(failure)


def _start(page: str, dataset: str) -> None:
    request = {"kind": "fetch", "dataset": dataset, "cache": True}
    st.session_state[f"_fetch.{page}"] = dataset, state.engine().start_job(state.visitor(), request)
    st.session_state[f"_unfetched.{page}"] = dataset, ""


def _stop(page: str, job: str) -> None:
    state.engine().cancel(job)
