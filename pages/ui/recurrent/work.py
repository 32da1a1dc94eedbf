"""Longer pieces of work that a visitor asks for on the Recurrent page: each a Job, watched until it is done."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dlcore.errors import DerinError
from pages.ui import state
from pages.ui.language import _, percent, told
from pages.ui.waking import say_work

PAUSE = 0.3  # seconds between two looks at a Job


@dataclass
class Work:
    """A Job and what it has found so far; `asked` is the request."""

    asked: dict | None = None
    job: str | None = None
    result: dict | None = None
    progress: float = 0.0
    message: str = ""
    waits: str = ""  # what keeps it from being begun

    def begin(self, request: dict) -> None:
        """Ask for a piece of work; what was under way is given up."""
        self.stop()
        self.asked, self.result, self.progress, self.message = request, None, 0.0, ""
        try:
            self.job = state.engine().start_job(state.visitor(), request)
        except DerinError as error:
            self.message = told(error)

    def stop(self) -> None:
        """Give up what is under way; what it has found stays."""
        if self.job is not None:
            state.engine().cancel(self.job)
            self.job = None

    def take(self) -> None:
        """Take over what the Job has found so far."""
        if self.job is None:
            return
        view = state.engine().job(self.job)
        if view is None:
            self.job = None
            return
        self.progress, self.result, self.waits = view.progress, view.result or self.result, say_work("", view)
        if view.finished or view.error:
            self.message, self.job = told(view.error) if view.error else "", None


def work(page: str, name: str) -> Work:
    """Return a piece of work of the page."""
    return st.session_state.setdefault(f"_work.{page}.{name}", Work())


def watch(page: str, name: str, show: Callable[[Work], None]) -> None:
    """Show how far a piece of work is and what it has found, and go on doing so until it is done."""
    found = work(page, name)
    found.take()
    st.fragment(_look, run_every=PAUSE if found.job else None)(page, name, show, found.job is not None)


def _look(page: str, name: str, show: Callable[[Work], None], was_busy: bool) -> None:
    found = work(page, name)
    found.take()
    if found.job is not None:
        bar, button = st.columns([85, 15], vertical_alignment="center")
        bar.progress(min(max(found.progress, 0.0), 1.0), text=found.waits or percent(found.progress, 0))
        button.button(_("Stop"), key=f"{page}.{name}_stop", icon=":material/stop:", on_click=found.stop)
    if found.message:
        st.warning(found.message)
    show(found)
    if was_busy and found.job is None:
        st.rerun()
