"""The server around the pages: what it answers besides them, and what it does before the first visitor comes.

It is imported before Streamlit's runtime is there, and pages.ui.panels must not be: a component belongs to a runtime.
"""

import asyncio
import importlib
import os
import socket
import stat
import sys
import threading
import time
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from dlcore.errors import DerinError
from pages.ui.language import speaking, told
from pages.ui.lines import take_question
from pages.ui.scripts import PLACE, SCRIPTS
from pages.ui.visitors import is_page

# what the first page needs: of our scripts, and of the parts that Streamlit loads when it meets an element
FIRST = ("undrawn.js", "pad.js", "panel.js", "tick.js", "bus.js", "colors.js", "asking.js", "quick.js", "line.js",
         "hand.js", "strokes.js", "face.js", "reading.js", "received.js", "grid.js")
LAZY = ("BidiComponent", "serialization", "recordbatch", "_arrayReduce", "Html", "purify.es", "ButtonGroup", "PageLink",
        "WidgetLabel", "WidgetLabelHelpIconInline", "useBasicWidgetState")
SHARE = 0.0005  # seconds that a thread computes while others wait: answers wait for the runs of scripts ten times less
SETTLED = 1.0   # seconds until the first page has been drawn, and the others may be thought of
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


def base() -> str:
    """Return the path under which the app is served, "" at the root."""
    return "/".join(["", *filter(None, st.get_option("server.baseUrlPath").split("/"))])


def routes() -> list[Route]:
    """Return what the server answers besides the pages."""
    return [Route(f"{base()}/js/{{version}}/{{name}}", send_script),
            Route(f"{base()}/line/{{token}}", take_question, methods=["POST"])]


async def send_script(request: Request) -> Response:
    """Send a panel's script; its address holds its version."""
    script = SCRIPTS.get(request.path_params["name"])
    if script is None:
        return Response(status_code=404)
    return Response(script, media_type="text/javascript", headers=FOR_EVER)


class Ahead:
    """Tells the browser along with each page which scripts it is going to need: it gets them while it is idle."""

    def __init__(self, app: ASGIApp):
        self.app, links = app, [f"<{base()}/{PLACE}/{name}>; rel=modulepreload" for name in FIRST]
        links += [f"<{base()}/static/js/{path.name}>; rel=modulepreload" for name in LAZY
                  for path in sorted((Path(get_static_dir()) / "static" / "js").glob(f"{name}.*.js"))]
        self.links = ", ".join(links).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start" and is_page(message["headers"]):
                message = {**message, "headers": [*message["headers"], (b"link", self.links)]}
            await send(message)

        await self.app(scope, receive, tell if scope["type"] == "http" else send)


class Parting:
    """Takes it quietly when a browser leaves while something is being sent to it; nobody is there to be told.

    Streamlit 1.67 takes a connection that broke while it was sending for one on which text came in, and closes what is
    closed already; the server would log the error that this raises, with its traceback.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        broken = False

        async def tell(message: Message) -> None:
            nonlocal broken
            try:
                await send(message)
            except OSError:
                broken = True
                raise

        try:
            await self.app(scope, receive, tell if scope["type"] == "websocket" else send)
        except RuntimeError:
            if not broken:
                raise


def open_engine() -> None:
    """Begin to wake the engine; where its folder cannot be used, say so on the terminal and end the server."""
    from pages.ui import state
    try:
        state.engine()
    except DerinError as error:
        local = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
        with speaking("tr" if local.startswith("tr") else "en"):
            sys.stderr.write(f"\n  {told(error)}\n\n")
        os._exit(2)


@asynccontextmanager
async def keep_open(_app: object) -> AsyncIterator[None]:
    """Wake what the first page needs while the browser still loads; at the end save what runs."""
    send_at_once()
    sys.setswitchinterval(SHARE)
    threading.Thread(target=warm, name="derin-warm", daemon=True).start()
    asyncio.get_running_loop().call_later(0.2, tell_url)
    if not st.get_option("server.headless"):
        asyncio.get_running_loop().call_later(0.2, open_browser)
    yield
    from pages.ui import state
    await run_in_threadpool(state.engine().close)


def show_failure(error: Exception) -> bool:
    """Have the page say what went wrong in it; Streamlit's own box stays away."""
    from pages.ui import failures
    return failures.show_failure(error)


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


def own_url() -> str:
    """Return where whoever has started the app finds it; its port is known once it is served."""
    address = st.get_option("browser.serverAddress") or st.get_option("server.address") or "localhost"
    return f"http://{address}:{st.get_option('server.port')}/{st.get_option('server.baseUrlPath').strip('/')}"


def tell_url() -> None:
    """Note where the app is, for whoever would start another one on the same folder."""
    from pages.ui import state
    state.engine().tell_url(own_url())


def open_browser() -> None:
    """Show the app to whoever has started it."""
    threading.Thread(target=webbrowser.open, args=(own_url(),), daemon=True).start()


def warm() -> None:
    """Import and read what the first page is drawn with, let the engine wake, and then import what the others are."""
    from pages.ui import cards, drawing, shell, state  # noqa: F401
    from pages.ui.canvas import sample_digits
    state.engine()
    sample_digits("mnist")
    time.sleep(SETTLED)
    for module in sorted(Path(__file__).parent.glob("*.py")):
        importlib.import_module(f"pages.ui.{module.stem}")
