"""Who the visitor is: a browser, known by a cookie, by which the engine tells whose run is whose and shares out fairly.

The cookie holds a random secret that no script can read. It comes with the page itself, so that the session that the
page then opens knows it, and each page renews it. A browser that keeps no cookies is another visitor with each session.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")
COOKIE = "derin_visitor"
LASTS = 400 * 24 * 3600  # seconds, as long as browsers allow
VISITOR, KNOWN, TAB = "_visitor", "_visitor_is_known", "_tab"

_answered: ContextVar[tuple[str, str] | None] = ContextVar("visitor", default=None)


def visitor() -> str:
    """Return this browser's secret: that of the session whose script runs, or for which something is answered."""
    if (answered := _answered.get()) is not None:
        return answered[0]
    if VISITOR not in st.session_state:
        kept = st.context.cookies.get(COOKIE, "")
        found = isinstance(kept, str) and SECRET.fullmatch(kept) is not None
        st.session_state[VISITOR] = kept if found else secrets.token_urlsafe(24)
        st.session_state[KNOWN] = found or not isinstance(kept, str)  # AppTest is no browser: it has no text there
    return st.session_state[VISITOR]


def is_known() -> bool:
    """Whether the browser is known by its cookie; else what is its own is its own only as long as the page is open."""
    visitor()
    return st.session_state.get(KNOWN, True)


def tab() -> str:
    """Return a name for the session, of which a visitor may have several: their questions are apart."""
    if (answered := _answered.get()) is not None:
        return answered[1]
    return st.session_state.setdefault(TAB, secrets.token_hex(4))


def on_a_line() -> bool:
    """Whether something is answered outside the runs of a script."""
    return _answered.get() is not None


@contextmanager
def visiting(secret: str, session: str) -> Iterator[None]:
    """Answer for a visitor's session outside the runs of a script."""
    before = _answered.set((secret, session))
    try:
        yield
    finally:
        _answered.reset(before)


class Introduction:
    """Gives each browser its cookie along with the page, so that every request after it says who comes."""

    def __init__(self, app: ASGIApp, path: str = "/"):
        self.app, self.path = app, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start" and (is_page(message["headers"]) or has_page(scope, message)):
                others = [pair for pair in message["headers"] if pair[0].lower() != b"cache-control"]
                ours = [(b"cache-control", b"private, no-cache"), (b"set-cookie", self.cookie(scope).encode())]
                message = {**message, "headers": others + ours}
            await send(message)

        await self.app(scope, receive, tell if scope["type"] == "http" else send)

    def cookie(self, scope: Scope) -> str:
        """Return the cookie as it is set: the one that came, or a new one where none (or none of ours) did."""
        secret = cookie_parser(header(scope, b"cookie")).get(COOKIE, "")
        secret = secret if SECRET.fullmatch(secret) else secrets.token_urlsafe(24)
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        return f"{COOKIE}={secret}; Path={self.path}; Max-Age={LASTS}; HttpOnly; SameSite=Lax{secure}"


def is_page(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether what is sent is the page itself."""
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in headers)


def has_page(scope: Scope, started: Message) -> bool:
    """Whether an answer says that the browser has the page already."""
    return started["status"] == 304 and "text/html" in header(scope, b"accept")


def header(scope: Scope, name: bytes) -> str:
    """Return a request's header, or an empty text."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")
