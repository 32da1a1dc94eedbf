"""Direct lines: what a panel asks of the server outside the runs of its page's script, where a run would be too slow.

For each run of a script or a fragment Streamlit draws its page anew in the browser, which takes some 60 ms there; on a
line only the answer travels. A page opens a line while its script runs and hands the address to the panel, which posts
its questions there as JSON and gets messages back as pages.ui.live packs them. Whoever knows the address may ask: it
cannot be guessed, ends with its session, and is answered for that session's visitor in that session's language. What
answers therefore knows `visitor` and `language`, but nothing else of the session and no element of Streamlit's.
"""

import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pages.ui.language import language, speaking
from pages.ui.visitors import tab, visiting, visitor

MOST_BYTES = 64 * 1024  # of a question
OURS = {"Cache-Control": "no-store"}

Answer = Callable[[dict[str, Any]], bytes]


@dataclass(frozen=True, eq=False)
class Line:
    """Who answers, and for whom."""

    token: str
    answer: Answer
    visitor: str
    tab: str
    language: str


_lines: WeakValueDictionary[str, Line] = WeakValueDictionary()  # by token; the sessions hold them


def open_line(name: str, answer: Answer) -> str:
    """Return the address of the session's line of a name; from now on it is answered so."""
    held = st.session_state.get(f"_line.{name}")
    line = Line(held.token if held else secrets.token_urlsafe(24), answer, visitor(), tab(), language())
    st.session_state[f"_line.{name}"] = _lines[line.token] = line
    return f"line/{line.token}"


async def take_question(request: Request) -> Response:
    """Answer a question; one that is too large, from another site or on no line gets no more than a status."""
    line = _lines.get(request.path_params["token"])
    refused = 404 if line is None else _refuse(request)
    if refused:
        return Response(status_code=refused, headers=OURS)
    question = _read(await request.body())
    if question is None:
        return Response(status_code=400, headers=OURS)
    try:
        answer = await run_in_threadpool(_answer, line, question)
    except Exception:
        logging.exception("a question on a line")
        return Response(status_code=500, headers=OURS)
    return Response(answer, media_type="application/octet-stream", headers=OURS)


def _refuse(request: Request) -> int | None:
    """Return the status for a request that is not to be read."""
    length = request.headers.get("content-length", "")
    if not _is_ours(request.headers.get("origin"), request.headers.get("host")):
        return 403
    if not length.isascii() or not length.isdigit():
        return 411
    return 413 if len(length) > 9 or int(length) > MOST_BYTES else None


def _is_ours(origin: str | None, host: str | None) -> bool:
    """Whether a question comes from a page of this server; a browser always says from where, scripts need not."""
    try:
        return origin is None or urlsplit(origin).netloc == host
    except ValueError:
        return False


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        question = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return question if isinstance(question, dict) else None


def _answer(line: Line, question: dict[str, Any]) -> bytes:
    with visiting(line.visitor, line.tab), speaking(line.language):
        return line.answer(question)
