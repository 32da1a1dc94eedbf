"""The host: imports once, forks workers, waits, and forks again whoever dies.

It never computes, never starts a thread and never touches an accelerator, so that forking it is safe. Where forking is
not safe whatever one does (see dlcore.engine.children), it imports nothing and starts ordinary processes.
"""

import gc
import importlib
import json
import logging
import os
import select
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from dlcore.data.home import keep_private
from dlcore.engine.children import CAN_FORK, Role, probe_devices, start_child
from dlcore.engine.placement import worker_names
from dlcore.engine.protocol import EXPLAINERS, HOST, LOST, accept, listen
from dlcore.training import kernel_cache

HEAVY = ("torch", "torchvision", "captum.attr", "torch._dynamo", "dlcore.device", "dlcore.engine.worker",
         "dlcore.engine.explainer")
STABLE = 5.0          # seconds that a child must live to be forked again at once
LONGEST_PAUSE = 10.0  # seconds before a child that keeps dying is forked again


@dataclass
class Server:
    """A server that is served: its connection, the folder of its workers' sockets, and its workers."""

    control: Connection
    folder: Path
    children: dict[int, Role] = field(default_factory=dict)
    waiting: list[tuple[float, Role]] = field(default_factory=list)  # (when, who) is started again


def main() -> None:
    """Read the orders from stdin and serve until it closes."""
    logging.basicConfig(format="%(asctime)s %(process)d %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_private()
    orders = json.loads(sys.stdin.buffer.readline())
    folder = Path(orders["folder"])
    if not folder.is_dir():
        return  # the server has gone already
    listener = listen(folder / HOST)
    if CAN_FORK:
        warm()
    try:
        Host(folder, bytes.fromhex(orders["key"]), listener, probe_devices()).serve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)  # at once: taking down what was imported takes a second


def warm() -> None:
    """Import and load what every worker needs, once for all of them."""
    for name in HEAVY:
        importlib.import_module(name)
    kernel_cache.preload()
    from dlcore.data import images
    from dlcore.errors import DataError
    try:
        images.load("mnist")
    except DataError:
        logging.exception("no data to share")
    gc.collect()
    gc.freeze()


class Host:
    """Serves one server and those attached to it, each with workers of its own."""

    def __init__(self, folder: Path, key: bytes, listener: socket.socket, devices: list[dict]):
        self.folder, self.key, self.listener, self.devices = folder, key, listener, devices
        self.servers: list[Server] = []
        self.count = 0
        self.wake = os.pipe()
        for end in self.wake:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.wake[1])
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Fork, wait and fork again until the server that started this host is gone."""
        while True:
            sources = [sys.stdin.fileno(), self.listener, self.wake[0], *(server.control for server in self.servers)]
            readable, _, _ = select.select(sources, [], [], self._patience())
            if sys.stdin.fileno() in readable and not os.read(sys.stdin.fileno(), 4096):
                return self._leave()
            if self.wake[0] in readable:
                os.read(self.wake[0], 4096)
            if self.listener in readable:
                self._welcome()
            for server in [server for server in self.servers if server.control in readable]:
                self._hear(server)
            self._reap()
            self._start_due()

    def _patience(self) -> float | None:
        due = [when for server in self.servers for when, _ in server.waiting]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _welcome(self) -> None:
        try:
            control = accept(self.listener, self.key)
            orders = control.recv()
        except LOST:
            return
        self.count += 1
        server = Server(control, self.folder / str(self.count))
        server.folder.mkdir(exist_ok=True)
        self.servers.append(server)
        workers = worker_names(orders["workers"], [device["name"] for device in self.devices])
        explainers = EXPLAINERS if CAN_FORK else EXPLAINERS[:1]  # elsewhere each imports for itself
        for name, device in (*workers, *((name, "cpu") for name in explainers)):
            self._start(server, Role(name, device, str(server.folder / name), self.key.hex(), orders["home"],
                                     orders["modules"]))
        control.send({"folder": str(server.folder), "devices": self.devices, "workers": workers,
                      "explainers": explainers})

    def _hear(self, server: Server) -> None:
        """Servers say nothing but goodbye, if that: whatever there is to read, its workers go with it."""
        self.servers.remove(server)
        for pid in server.children:
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(server.folder, ignore_errors=True)
        server.control.close()

    def _start(self, server: Server, role: Role) -> None:
        role.born = time.monotonic()
        server.children[start_child(role)] = role

    def _reap(self) -> None:
        """Bury the dead, and plan when each is forked again: at once, or later if it keeps dying young."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for server in self.servers:
                if role := server.children.pop(pid, None):
                    logging.warning("%s ended with status %s", role.name, status)
                    self._plan(server, role)

    def _plan(self, server: Server, role: Role) -> None:
        now = time.monotonic()
        role.early_deaths = role.early_deaths + 1 if now - role.born < STABLE else 0
        pause = 0.0 if role.early_deaths < 3 else min(0.1 * 2**role.early_deaths, LONGEST_PAUSE)
        server.waiting.append((now + pause, role))

    def _start_due(self) -> None:
        now = time.monotonic()
        for server in self.servers:
            due = [role for when, role in server.waiting if when <= now]
            server.waiting = [(when, role) for when, role in server.waiting if when > now]
            for role in due:
                self._start(server, role)

    def _leave(self) -> None:
        for server in self.servers:
            for pid in server.children:
                os.kill(pid, signal.SIGKILL)
