"""Longer pieces of work about a denoiser: each is a Job; what it has found last stays until the next has ended."""

from dataclasses import dataclass

import streamlit as st

from dlcore.engine.views import JobView
from dlcore.errors import DerinError
from pages.ui import state
from pages.ui.language import _, told
from pages.ui.working import show_working


@dataclass
class Drawing:
    """A Job, what was asked for last, and the last whole result; `view` is how the Job stands, None without one."""

    asked: tuple | None = None
    job: str | None = None
    view: JobView | None = None
    result: dict | None = None
    message: str = ""

    def follow(self, request: dict, step: int | None = None) -> None:
        """Have something drawn unless it is what was asked for last; `step` tells moments of a live run apart.

        What is under way is given up for another question, but not for a later moment of the same run.
        """
        self.take()
        asked = (request, step)
        busy = self.job is not None and self.asked is not None and self.asked[0] == request
        if asked != self.asked and not busy:
            self.begin(request, step)

    def begin(self, request: dict, step: int | None = None) -> None:
        """Have something drawn; what is under way is given up."""
        if self.job is not None:
            state.engine().cancel(self.job)
        self.asked, self.job, self.view, self.message = (request, step), None, None, ""
        try:
            shared = {"cache": True, "at": step}  # all that is drawn follows from the request and the weights
            self.job = state.engine().start_job(state.visitor(), request | shared)
        except DerinError as error:
            self.asked, self.message = None, told(error)
        self.take()

    def take(self) -> None:
        """Take over how the Job stands, and what it has found once it has ended."""
        if self.job is None:
            return
        self.view = state.engine().job(self.job)
        if self.view is None or self.view.error:
            self.message, self.job = told(self.view.error) if self.view else "", None
        elif self.view.finished:
            self.result, self.job = self.view.result, None


def drawing(page: str, name: str) -> Drawing:
    """Return a piece of work of the page."""
    return st.session_state.setdefault(f"_drawing.{page}.{name}", Drawing())


def offer(page: str, name: str, text: str, request: dict) -> dict | None:
    """Draw a button that has a request worked on, and how far that is; return what it has found last."""
    found = drawing(page, name)
    if st.button(text, key=f"{page}.{name}", icon=":material/brush:"):
        found.begin(request)
    found.take()
    if found.view is not None:
        show_working(f"{page}.{name}_working", found.view, _("Drawing"))
    if found.message:
        st.warning(found.message)
    if found.result and found.asked and found.asked[0] != request and found.job is None:
        st.caption(_("What is shown was drawn for something else than is asked for now."))
    return found.result

