"""The engine's processes as the server reaches them: who is there, what is sent and heard, and who hangs."""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from dlcore.engine.hosting import Hosting
from dlcore.engine.link import Link
from dlcore.engine.watchdog import Watchdog

GOODBYE = 2.0  # seconds that workers get to save their runs when the engine stops


class Listener(Protocol):
    """Who is told what happens; all but `hear_answer` under the lock."""

    def learn_devices(self, devices: list[dict]) -> None:
        """Take over which devices the host has found."""

    def greet(self, name: str, device: str | None) -> None:
        """Note that a worker, or an explainer (with no device), has come (back)."""

    def lose(self, name: str, hung: bool) -> None:
        """Note that a process is gone; `hung` says that it did not answer and was ended for that."""

    def hear(self, name: str, message: dict) -> None:
        """Take what a worker tells."""

    def hear_answer(self, name: str, message: dict) -> None:
        """Take what an explainer answers."""


class Crew:
    """Holds a link to each worker and explainer while the host is up; `lock` is the listener's."""

    def __init__(self, home: Path, orders: dict, address: str | None, lock: threading.RLock, listener: Listener):
        self._lock, self._listener = lock, listener
        self._links: dict[str, Link] = {}
        self._devices: dict[str, str] = {}
        self._hung: set[str] = set()
        self.watchdog = Watchdog()
        self.hosting = Hosting(home, orders, self._host_up, self._host_down, address)

    def send(self, name: str, message: dict) -> None:
        """Send a message to a process, or to nobody where it is not there."""
        if link := self._links.get(name):
            link.send(message)

    def has(self, name: str) -> bool:
        """Whether a process is there."""
        link = self._links.get(name)
        return link is not None and link.open

    def processes(self) -> dict[str, int]:
        """Return the ids of the processes by name, of those that are there."""
        pids = {name: link.pid for name, link in dict(self._links).items() if link.open}
        host = self.hosting.process
        return pids | ({"host": host.pid} if host is not None else {})

    def dismiss(self) -> None:
        """Have the workers save their runs, and end every process."""
        for link in self._links.values():
            link.send({"op": "leave"})
            link.close()
        end = time.monotonic() + GOODBYE
        while any(link.open for link in self._links.values()) and time.monotonic() < end:
            time.sleep(0.01)
        self.hosting.stop()

    def silence(self, name: str | None) -> float:
        """Return the seconds for which a process that has something to do has said nothing."""
        return self.watchdog.silence(name) if name else 0.0

    def end_silent(self, busy: Iterable[str]) -> None:
        """End those of the busy processes that hang; they are forked again."""
        for name in self.watchdog.find_silent(busy):
            if self.has(name):
                logging.warning("%s hangs and is ended", name)
                self._hung.add(name)
                with suppress(ProcessLookupError):
                    os.kill(self._links[name].pid, signal.SIGKILL)

    # what happens, in the threads of hosting and links

    def _host_up(self, told: dict) -> None:
        folder, key = Path(told["folder"]), self.hosting.key
        with self._lock:
            self._devices = dict(told["workers"])
            self._listener.learn_devices(told["devices"])
            self._links = {name: Link(name, folder / name, key, self._link_up, self._hear, self._link_down)
                           for name in (*self._devices, *told["explainers"])}

    def _host_down(self) -> None:
        with self._lock:
            links, self._links = self._links, {}
            for link in links.values():
                link.close()
                self._lose(link.name)

    def _link_up(self, link: Link) -> None:
        with self._lock:
            if self._is_mine(link):
                self._listener.greet(link.name, self._devices.get(link.name))

    def _link_down(self, link: Link) -> None:
        with self._lock:
            if self._is_mine(link):
                self._lose(link.name)

    def _lose(self, name: str) -> None:
        hung = name in self._hung
        self._hung.discard(name)
        self._listener.lose(name, hung)

    def _hear(self, link: Link, message: dict) -> None:
        self.watchdog.hear(link.name)
        if message["op"] == "reply":
            self._listener.hear_answer(link.name, message)
            return
        with self._lock:
            if self._is_mine(link):
                self._listener.hear(link.name, message)

    def _is_mine(self, link: Link) -> bool:
        """Whether a link is in use: those of a host that has died may still have something to say."""
        return self._links.get(link.name) is link
