"""The server around the pages: what it answers besides them, and what it does before the first visitor comes.

It is imported before Streamlit's runtime is there, and pages.ui.panels must not be: a component belongs to a runtime.
"""

import asyncio
import importlib
import os
import socket
import stat
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.ui.lines import take_question
from pages.ui.scripts import SCRIPTS

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


def routes() -> list[Route]:
    """Return what the server answers besides the pages."""
    base = "/".join(["", *filter(None, st.get_option("server.baseUrlPath").split("/"))])
    return [Route(f"{base}/js/{{version}}/{{name}}", send_script),
            Route(f"{base}/line/{{token}}", take_question, methods=["POST"])]


async def send_script(request: Request) -> Response:
    """Send a panel's script; its address holds its version."""
    script = SCRIPTS.get(request.path_params["name"])
    if script is None:
        return Response(status_code=404)
    return Response(script, media_type="text/javascript", headers=FOR_EVER)


@asynccontextmanager
async def keep_open(_app: object) -> AsyncIterator[None]:
    """Wake what the first page needs while the browser still loads; at the end save what runs."""
    send_at_once()
    threading.Thread(target=warm, name="derin-warm", daemon=True).start()
    if not st.get_option("server.headless"):
        asyncio.get_running_loop().call_later(0.2, open_browser)
    yield
    from pages.ui import state
    await run_in_threadpool(state.engine().close)


def send_at_once() -> None:
    """Have small messages leave at once: connections are made as the sockets that listen for them are.

    Streamlit 1.67 binds its socket itself, and asyncio then leaves Nagle's algorithm on: every message after the first
    waits until the browser has acknowledged the one before, for 40 ms (uvicorn issue 3149).
    """
    for number in map(int, os.listdir("/dev/fd")):
        try:
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue  # a copy of it would stay open: socket.fromfd does not close what is no socket
            with socket.fromfd(number, socket.AF_INET, socket.SOCK_STREAM) as place:
                if place.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    place.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            continue  # no socket, not of TCP, or closed since


def open_browser() -> None:
    """Show the app to whoever has started it."""
    address = st.get_option("browser.serverAddress") or st.get_option("server.address") or "localhost"
    url = f"http://{address}:{st.get_option('server.port')}/{st.get_option('server.baseUrlPath').strip('/')}"
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def warm() -> None:
    """Import and read what pages are drawn with, and let the engine wake."""
    for module in sorted(Path(__file__).parent.glob("*.py")):
        importlib.import_module(f"pages.ui.{module.stem}")
    from pages.ui import state
    from pages.ui.canvas import sample_digits
    state.engine()
    sample_digits("mnist")
