"""A bar that says how far a Job is and runs its fragment again until the Job is done (static/js/working.js)."""

import streamlit as st

from dlcore.engine.views import JobView
from dlcore.errors import DerinError
from pages.ui.language import told
from pages.ui.live import pack
from pages.ui.panels import register
from pages.ui.waking import say_work

_working = register("working", 24)


def show_working(key: str, job: JobView | None, text: str, done: str = "") -> None:
    """Show how far a Job is, with a text for while it is worked on and one for when it is done."""
    error = job.error if job else None
    pending = job is None or not job.finished
    number = st.session_state.get(f"_shown.{key}", 0) + 1
    st.session_state[f"_shown.{key}"] = number
    text = say_work(text, job) if pending else text
    said = told(DerinError(error.template, **error.values), markdown=False) if error else text if pending else done
    _working(key=key, on_seen_change=_keep, data=pack({
        "pending": pending, "progress": job.progress if job else 0.0, "text": said, "seq": number}))


def _keep() -> None:
    """Do nothing: the fragment runs again by itself."""
