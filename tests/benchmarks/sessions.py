"""Visitors without a browser: sessions that speak Streamlit's websocket protocol as its frontend does."""

import base64
import threading
import time
from urllib.parse import parse_qs

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SIDE = 112      # of the pad's picture
PEN_PAUSE = 0.08


class Session:
    """One visitor's tab: it asks for script runs, follows the timers of fragments, and knows its widgets by key."""

    def __init__(self, url: str, page: str = "", query: str = ""):
        self.query, self.page, self.hash = query, page, ""
        self.timers: dict[str, float] = {}             # fragment: seconds between two runs
        self.widgets: dict[str, tuple[str, str]] = {}  # key: (widget's id, its fragment)
        self.seq = self.bytes = 0
        self._finished = threading.Event()
        self._socket = connect(url.replace("http", "ws") + "/_stcore/stream", subprotocols=["streamlit"],
                               compression=None, max_size=None, ping_interval=None, legacy=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.rerun()

    def close(self) -> None:
        self._socket.close()
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
        """Move the pen on a pad; return the seconds until the answer."""
        self.seq += 1
        name, fragment = self.widgets[key]
        message = self._message(fragment)
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id, widget.json_value = name, drawing(self.seq)
        return self._ask(message)

    def poll(self, seconds: float, pad: str = "") -> int:
        """Follow the timers for a while, with the pen on a pad in between; return how many runs that took."""
        now = time.monotonic()
        end, due, runs = now + seconds, dict.fromkeys(self.timers, now) | ({"pen": now} if pad else {}), 0
        while due and min(due.values()) < end:
            what = min(due, key=due.get)
            time.sleep(max(0.0, due[what] - time.monotonic()))
            if what == "pen":
                self.draw(pad)
            elif what in self.timers:
                self._ask(self._message(what, timer=True))
            pause = PEN_PAUSE if what == "pen" else self.timers.get(what, seconds)
            due[what] = max(due[what] + pause, time.monotonic())
            runs += 1
        time.sleep(max(0.0, end - time.monotonic()))
        return runs

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
            self.widgets[name.split("-", 2)[2]] = (name, delta.fragment_id)


def drawing(seq: int) -> str:
    """Return what the pad sends of a growing stroke, as JSON."""
    length = 20 + seq % 60
    rows = [bytes(255 * (abs(column - 56) < 5 and 20 <= row < 20 + length) for column in range(SIDE))
            for row in range(SIDE)]
    pixels = base64.b64encode(b"".join(rows)).decode()
    return (f'{{"image": {{"seq": {seq}, "side": {SIDE}, "pixels": "{pixels}", "strokes": 1, "empty": false, '
            f'"off": [], "detail": false, "samples": "mnist"}}}}')
