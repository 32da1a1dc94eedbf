"""Who the visitor is: a secret that the browser keeps, by which the engine knows whose run is whose."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")
IDENTITY = "shell.identity"
PROPOSED = "_proposed_identity"

_answered: ContextVar[str | None] = ContextVar("visitor", default=None)


def visitor() -> str:
    """Return this browser's secret: that of the session whose script runs, or for which something is answered."""
    if (answered := _answered.get()) is not None:
        return answered
    kept = (st.session_state.get(IDENTITY) or {}).get("secret")
    if isinstance(kept, str) and SECRET.fullmatch(kept):
        return kept
    return st.session_state.setdefault(PROPOSED, secrets.token_urlsafe(24))


@contextmanager
def visiting(secret: str) -> Iterator[None]:
    """Answer for a visitor outside the runs of a script."""
    before = _answered.set(secret)
    try:
        yield
    finally:
        _answered.reset(before)
