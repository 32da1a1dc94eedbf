"""Visitors without a browser: sessions that speak Streamlit's websocket protocol as its frontend does, and ask on the
page's direct lines as its panels do.
"""

import base64
import http.client
import json
import struct
import threading
import time
from urllib.parse import parse_qs, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SIDE = 112      # of the pad's picture
PEN_PAUSE = 0.035


class Session:
    """One visitor's tab: it asks for script runs, follows the timers of fragments, and knows its widgets by key."""

    def __init__(self, url: str, page: str = "", query: str = ""):
        self.query, self.page, self.hash = query, page, ""
        self.timers: dict[str, float] = {}             # fragment: seconds between two runs
        self.widgets: dict[str, tuple[str, str]] = {}  # key: (widget's id, its fragment)
        self.panels: dict[str, dict] = {}              # key: the meta of the last message to a panel with a line
        self.seq = self.bytes = 0
        self._lines = http.client.HTTPConnection(urlsplit(url).netloc)
        self._finished = threading.Event()
        self._socket = connect(url.replace("http", "ws") + "/_stcore/stream", subprotocols=["streamlit"],
                               compression=None, max_size=None, ping_interval=None, legacy=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.rerun()

    def close(self) -> None:
        self._socket.close()
        self._lines.close()
        self._reader.join(5)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    # what a tab does

    def rerun(self) -> float:
        """Run the page; return the seconds until it was there."""
        return self._ask(self._message())

    def click(self, key: str) -> float:
        """Click a button; return the seconds until the page had answered."""
        message = self._message()
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id, widget.trigger_value = self.widgets[key][0], True
        return self._ask(message)

    def draw(self, key: str) -> float:
        """Move the pen on a pad; return the seconds until the bars are there."""
        self.seq += 1
        begun = time.perf_counter()
        self.ask(key, {"image": drawing(self.seq), "at": None})
        return time.perf_counter() - begun

    def look(self, key: str) -> float | None:
        """Look at a run as the live panel does; return the seconds until it looks again."""
        panel = self.panels[key]
        told = self.ask(key, {"known": panel.get("known", {}), "at": None})
        panel["known"] = panel.get("known", {}) | told["known"]
        if told["mark"] != panel["mark"]:
            self.rerun()
        return told["every"]

    def ask(self, key: str, question: dict) -> dict:
        """Ask a question on the line of a panel; return what its answer's header says."""
        try:
            content = self._post(self.panels[key]["line"], question)
        except (ConnectionError, http.client.HTTPException):
            self._lines.close()  # it was not used for a while, and the server has let it go
            content = self._post(self.panels[key]["line"], question)
        self.bytes += len(content)
        return read_header(content)

    def _post(self, address: str, question: dict) -> bytes:
        self._lines.request("POST", f"/{address}", json.dumps(question))
        return self._lines.getresponse().read()

    def poll(self, seconds: float, pad: str = "") -> int:
        """Follow the page for a while, with the pen on a pad in between; return how many looks that took."""
        now = time.monotonic()
        end, runs = now + seconds, 0
        due = dict.fromkeys((*self.timers, *(key for key, panel in self.panels.items() if panel.get("every"))), now)
        due |= {"pen": now} if pad else {}
        while due and min(due.values()) < end:
            what = min(due, key=due.get)
            time.sleep(max(0.0, due[what] - time.monotonic()))
            pause = self._follow(what, pad)
            due[what] = max(due[what] + (seconds if pause is None else pause), time.monotonic())
            runs += 1
        time.sleep(max(0.0, end - time.monotonic()))
        return runs

    def _follow(self, what: str, pad: str) -> float | None:
        if what == "pen":
            self.draw(pad)
            return PEN_PAUSE
        if what in self.panels:
            return self.look(what)
        if what in self.timers:
            self._ask(self._message(what, timer=True))
        return self.timers.get(what)

    def parameter(self, name: str) -> str:
        """Return a parameter of the address bar."""
        return parse_qs(self.query)[name][0]

    # the protocol

    def _message(self, fragment: str = "", timer: bool = False) -> BackMsg:
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.fragment_id, run.is_auto_rerun = self.query, fragment, timer
        if self.hash:
            run.page_script_hash = self.hash
        else:
            run.page_name = self.page
        return message

    def _ask(self, message: BackMsg, patience: float = 60) -> float:
        self._finished.clear()
        if not message.rerun_script.fragment_id:
            self.timers.clear()
            self.panels.clear()
        begun = time.perf_counter()
        self._socket.send(message.SerializeToString())
        assert self._finished.wait(patience), "the page did not answer"
        return time.perf_counter() - begun

    def _read(self) -> None:
        try:
            for content in self._socket:
                self.bytes += len(content)
                self._take(ForwardMsg.FromString(content))
        except ConnectionClosed:
            return

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "navigation":
                self.hash = message.navigation.page_script_hash
            case "auto_rerun":
                self.timers[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "script_finished" if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                self.timers.clear()  # a run of the whole page follows, which sets them anew
            case "script_finished":
                self._finished.set()
            case "delta":
                self._note(message.delta)

    def _note(self, delta) -> None:
        element = getattr(delta.new_element, delta.new_element.WhichOneof("type") or "", None)
        name = getattr(element, "id", "")
        if name.startswith("$$ID-"):
            key = name.split("-", 2)[2]
            self.widgets[key] = (name, delta.fragment_id)
            if delta.new_element.WhichOneof("type") == "bidi_component" and element.bytes:
                self._note_panel(key, read_header(element.bytes))

    def _note_panel(self, key: str, meta: dict) -> None:
        if meta.get("line"):
            self.panels[key] = meta


def read_header(message: bytes) -> dict:
    """Return what a message says besides its arrays."""
    return json.loads(message[4:4 + struct.unpack_from("<I", message)[0]])["meta"]


def drawing(seq: int) -> dict:
    """Return what the pad sends of a growing stroke."""
    length = 20 + seq % 60
    rows = [bytes(255 * (abs(column - 56) < 5 and 20 <= row < 20 + length) for column in range(SIDE))
            for row in range(SIDE)]
    return {"seq": seq, "side": SIDE, "pixels": base64.b64encode(b"".join(rows)).decode(), "strokes": 1, "empty": False,
            "off": [], "detail": False, "samples": "mnist"}
