"""The server around the pages: scripts at once, no message that waits, and runs that are saved at the end."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from starlette.websockets import WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_websocket import create_websocket_handler

from pages.ui import serving, state
from pages.ui.scripts import PLACE, SCRIPTS
from tests.conftest import ROOT, run_apart


def test_a_script_is_sent_as_it_is_and_may_be_kept_for_ever(app_url):
    with urllib.request.urlopen(f"{app_url}/{PLACE}/pad.js") as answer:
        assert answer.read() == SCRIPTS["pad.js"]
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["no.js", "..%2f..%2fapp.py", "%00", "..", "pad.js%2f..%2fpad.js"])
def test_nothing_but_scripts_is_sent_from_where_they_are(app_url, name):
    try:
        with urllib.request.urlopen(f"{app_url}/{PLACE}/{name}") as answer:
            assert b"<title>Streamlit" in answer.read()  # the page itself, as at any address that is none
    except urllib.error.HTTPError as error:
        assert error.code in (400, 404)
        error.close()


@pytest.mark.parametrize("page", ["", "/digits"])
def test_the_page_names_the_scripts_that_it_is_going_to_need_and_they_are_there(app_url, page):
    with urllib.request.urlopen(f"{app_url}{page}") as answer:
        links = re.findall(r"<([^>]+)>; rel=modulepreload", answer.headers["Link"])
    assert len(links) == len(serving.FIRST) + len(serving.LAZY)  # each part of Streamlit's by the name it has now
    for link in links:
        with urllib.request.urlopen(f"{app_url}{link}") as answer:
            assert "javascript" in answer.headers["Content-Type"] and "Link" not in answer.headers


def test_what_is_named_early_is_all_that_the_pad_imports():
    named, found = set(serving.FIRST), ["pad.js", "grid.js"]
    for name in found:
        found += [one for one in re.findall(r'from "\./(\w+\.js)"', SCRIPTS[name].decode()) if one not in found]
    assert {*found, "undrawn.js"} == named  # every panel's loader asks for the last


def test_messages_leave_at_once_on_every_connection_that_comes():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving.send_at_once()
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_looking_for_sockets_leaves_no_copy_of_a_file_open():
    """A copy of a pipe that stays open keeps whoever waits for its end waiting for ever."""
    reading, writing = os.pipe()
    serving.send_at_once()
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_when_the_server_ends_the_engine_saves_what_runs(monkeypatch):
    said = []

    class Pretended:
        def close(self):
            said.append("closed")

    async def serve():
        async with serving.keep_open(None):
            said.append("open")

    monkeypatch.setattr(state, "engine", Pretended)
    monkeypatch.setattr(serving, "warm", lambda: None)
    run_apart(serve())
    assert said == ["open", "closed"]



class Visit:
    """A connection whose browser leaves while it is sent something: what it had said before is still read."""

    scope = {"type": "websocket", "headers": [], "path": "/", "query_string": b"", "client": ("127.0.0.1", 1),
             "subprotocols": []}

    def __init__(self):
        said = {"type": "websocket.receive", "bytes": BackMsg().SerializeToString()}
        self.said = [{"type": "websocket.connect"}, said]
        self.left = asyncio.Event()

    async def receive(self):
        if len(self.said) == 1:
            await self.left.wait()
        return self.said.pop(0)

    async def send(self, message):
        if message["type"] == "websocket.send":
            self.left.set()
            raise BrokenPipeError


class Talkative:
    """Stands for Streamlit's runtime: it says something to everybody who comes."""

    def connect_session(self, client, **_):
        client.write_forward_msg(ForwardMsg())
        return "session"

    def handle_backmsg(self, *_, **__): ...

    def disconnect_session(self, *_, **__): ...


async def be_left(around=lambda app: app) -> None:
    endpoint, visit = create_websocket_handler(Talkative()), Visit()
    app = around(lambda scope, receive, send: endpoint(WebSocket(scope, receive, send)))
    await app(visit.scope, visit.receive, visit.send)


def test_a_browser_that_leaves_while_it_is_sent_something_leaves_no_traceback():
    with pytest.raises(RuntimeError, match="once a close message has been sent"):
        run_apart(be_left())  # Streamlit's own; else there is nothing to take quietly
    run_apart(be_left(serving.Parting))


def test_what_goes_wrong_on_a_connection_that_holds_is_not_hushed():
    async def fail(scope, receive, send):
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        run_apart(serving.Parting(fail)(Visit.scope, None, None))


def start_server(home, **environment: str) -> tuple[int, str]:
    """Start a server that is expected to end by itself; return its exit status and what it has said."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0", "--server.headless", "true"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                           env={**os.environ, "DERIN_HOME": str(home), "DERIN_ENGINE": "", **environment})
    return ended.returncode, ended.stdout + ended.stderr


def test_a_server_whose_folder_cannot_be_made_says_so_and_ends_before_anybody_sees_a_page(tmp_path):
    (tmp_path / "file").touch()
    status, said = start_server(tmp_path / "file" / "home")
    assert status == 2 and "cannot be made or written" in said and "DERIN_HOME=" in said
    assert "Traceback" not in said


def test_a_second_server_on_the_same_folder_says_where_the_first_is_and_ends(app_url, engine, home):
    """That of these tests is a guest of this process's engine, whose folder it is."""
    status, said = start_server(home)
    assert status == 2 and f"process {os.getpid()}" in said and "DERIN_LOOK=1" in said and "Traceback" not in said


@pytest.mark.parametrize("local, sentence", [("C.UTF-8", "runs=many is no limit"), ("tr_TR.UTF-8", "bir sınır değil")])
def test_a_limit_that_cannot_be_read_is_said_at_the_start_in_the_language_of_the_terminal(tmp_path, local, sentence):
    status, said = start_server(tmp_path, DERIN_LIMITS="runs=many", LC_ALL=local)
    assert status == 2 and sentence in said
