"""How the host gets its children: by forking itself on Linux, elsewhere as ordinary processes.

A forked worker is ready in 35 ms and costs about 30 MiB of its own; a fresh one, which imports for itself, takes 4 to
10 s and 390 MiB. macOS has libraries that break in a forked child, so there we pay that price.
"""

import importlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from dlcore.engine import process
from dlcore.engine.protocol import EXPLAINERS, listen

CAN_FORK = sys.platform == "linux" and not os.environ.get("DERIN_NO_FORK")
PROBE_SECONDS = 30.0
NICE = {"cpu": 10}  # a worker that feeds an accelerator waits for it most of the time
NICE_ELSE = 5


@dataclass
class Role:
    """What a child is: its name, device, socket and key, where its server keeps runs, and how often it died young."""

    name: str
    device: str
    path: str
    key: str
    home: str
    modules: list[str]
    born: float = 0.0
    early_deaths: int = 0


def start_child(role: Role) -> int:
    """Start a child in a role and return its process id."""
    return _fork(role) if CAN_FORK else _spawn(role)


def _fork(role: Role) -> int:
    pid = os.fork()
    if pid == 0:
        process.run_child(lambda: play(role))
    return pid


def _spawn(role: Role) -> int:
    child = subprocess.Popen([sys.executable, "-m", "dlcore.engine", "child"], stdin=subprocess.PIPE)
    child.stdin.write(json.dumps(asdict(role)).encode() + b"\n")
    child.stdin.flush()
    _spawned.append(child)  # its stdin stays open for as long as this process lives
    return child.pid


_spawned: list[subprocess.Popen] = []


def run_spawned() -> None:
    """Be the child that _spawn started: read the role from stdin, and end when it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    role = Role(**json.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    process.settle_torch()
    play(role)


def _end_with_stdin() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def play(role: Role) -> None:
    """Serve as a role says, for ever."""
    from dlcore.data import images
    from dlcore.engine import explainer, worker
    for name in role.modules:
        importlib.import_module(name)
    listener, key, home = listen(Path(role.path)), bytes.fromhex(role.key), Path(role.home)
    images.keep_in(home)
    if role.name in EXPLAINERS:
        process.be_nice(NICE_ELSE * EXPLAINERS.index(role.name))  # what is slow lets what is quick go first
        explainer.serve(listener, key, home)
    else:
        process.be_nice(NICE.get(role.device, NICE_ELSE))
        worker.serve(listener, key, home)


def probe_devices() -> list[dict]:
    """Return the devices; a short-lived child looks for them where the host must not touch them for its forks' sake."""
    if not CAN_FORK:
        return _found_devices()
    readable, writable = os.pipe()
    if (pid := os.fork()) == 0:
        process.run_child(lambda: os.write(writable, json.dumps(_found_devices()).encode()), keep=writable)
    os.close(writable)
    told = b""
    while select.select([readable], [], [], PROBE_SECONDS)[0] and (part := os.read(readable, 65536)):
        told += part
    os.close(readable)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    if not told:
        logging.warning("the devices could not be found out")
    return json.loads(told or b"[]") or [{"name": "cpu", "label": "CPU", "memory": 0}]


def _found_devices() -> list[dict]:
    from dlcore.device import find_devices
    return [device.to_dict() for device in find_devices()]
