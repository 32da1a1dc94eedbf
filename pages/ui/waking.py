"""What is known of an engine that is waking, told the same way on every page."""

from typing import Any

import streamlit as st

from dlcore.engine.views import JobView, RunView
from pages.ui import state
from pages.ui.language import _, number, told

SILENT = 10.0  # seconds without a word of a process that has something to do, from which on that is said


def waking() -> str:
    """Say how long the engine still needs, or for how long it has been starting; nothing once it is awake."""
    status = state.engine().status()
    if status.ready:
        return ""
    if status.seconds_left >= 1:
        return _("The engine is waking, {left} left").format(left=duration(status.seconds_left))
    if status.usual:
        return _("The engine has been waking for {time}; the last time it took {usual}").format(
            time=duration(status.waking), usual=duration(status.usual))
    return _("The engine has been waking for {time}").format(time=duration(status.waking))


def wait() -> dict[str, Any]:
    """Return what a panel's script tells while the engine wakes (static/js/panel.js, sayWaking)."""
    status = state.engine().status()
    return {"waiting": status.seconds_left, "since": status.waking}


def show_waking() -> None:
    """Say that the engine is waking; draw the page again once it is awake."""
    if not (text := waking()):
        st.rerun()
    st.caption(f"{text}.")


def silence(view: RunView | JobView) -> str:
    """Say for how long the process that works on something has not answered; nothing while it does."""
    if view.silent < SILENT:
        return ""
    return _("no answer for {seconds} s").format(seconds=number(int(view.silent)))


def say_work(text: str, job: JobView | None) -> str:
    """Return what keeps a Job from being begun; else a text for while it is worked on, and how long nobody answered."""
    if job is None:
        return text
    return told(job.waits) if job.waits else " · ".join(filter(None, (text, silence(job))))


def duration(seconds: float) -> str:
    """Return a time in words: "2.9 s", "3 min 20 s", "1 h 5 min"."""
    if seconds < 60:
        return _("{s} s").format(s=number(seconds, 1))
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _("{min} min {s} s").format(min=minutes, s=rest)
    return _("{h} h {min} min").format(h=minutes // 60, min=minutes % 60)
