"""The server's side of the host process: started, watched, and started again when it dies."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from dlcore.engine.protocol import HOST, KEY, LOST, connect
from dlcore.errors import N_, EngineAsleep

ROOT = Path(__file__).parents[2]
QUIET = {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
FIRST_GUESS = 6.0       # seconds that a start takes, until one has been measured
LONGEST_GUESS = 3600.0  # what took longer says nothing of the next start
LOG_BYTES = 2**20
LONGEST_PATH = 60       # of the folder in which we make ours
LEAVING = 3.0           # seconds that the host gets to end
ASLEEP = N_("The engine is waking up: about {seconds:.0f} s left.")
STARTING = N_("The engine has been waking for {seconds:.0f} s.")


class Hosting:
    """Keeps one host alive in a private folder, or attaches to another server's.

    `ready` is called with what the host tells of its workers, `lost` when the host has died; both in a thread of
    this object's own.
    """

    def __init__(self, home: Path, orders: dict, ready: Callable[[dict], None], lost: Callable[[], None],
                 address: str | None = None):
        self.home, self.orders = home, orders
        self._ready, self._lost, self._attached = ready, lost, address is not None
        self.folder = Path(address or make_private_folder())
        self.key = (self.folder / KEY).read_bytes() if self._attached else secrets.token_bytes(32)
        self.process: subprocess.Popen | None = None
        self._control: Connection | None = None
        self.awake = False
        self._begun, self._measured = time.monotonic(), self._read_guess()
        self._asleep = self._begun  # since when it is not awake, whatever attempts there were
        self._stop = threading.Event()
        if not self._attached:
            self._write_key()

    def start(self, after: float = 0.0) -> None:
        """Start the host (one of our own `after` some seconds), and a thread that watches it."""
        after = 0.0 if self._attached else after
        self._begun = self._asleep = time.monotonic() + after
        threading.Thread(target=self._watch, args=(after,), name="derin-host", daemon=True).start()

    @property
    def seconds_left(self) -> float:
        """Seconds until the host is awake, estimated from its last start; 0 when it is."""
        return 0.0 if self.awake else max(0.0, (self.usual or FIRST_GUESS) - self.waking)

    def asleep(self) -> EngineAsleep:
        """Return what is told while the host wakes: how long that takes yet, or has taken."""
        left = self.seconds_left
        return EngineAsleep(ASLEEP, seconds=left) if left >= 1 else EngineAsleep(STARTING, seconds=self.waking)

    @property
    def waking(self) -> float:
        """Seconds since the host, or all attempts at one, began to start."""
        return max(0.0, time.monotonic() - self._asleep)

    @property
    def usual(self) -> float:
        """Seconds that the last start took; 0 where none has been measured."""
        return self._measured

    def stop(self) -> None:
        """End the host (and with it all its workers); leave nothing behind."""
        self._stop.set()
        self._take_leave()
        if self.process is not None and not self.awake:
            self.process.kill()  # it hears nothing while it imports, and there is nothing to save
        if self.process is not None:
            _end(self.process)
        if not self._attached:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _take_leave(self) -> None:
        """Have the host end our workers; another server's host stays."""
        try:
            if self._control is not None:
                self._control.send({"op": "leave"})
        except LOST:
            return  # it has gone already

    def _watch(self, after: float) -> None:
        self._stop.wait(after)
        pause = 0.05
        while not self._stop.is_set():
            self._begun = time.monotonic()
            self._launch()
            control = self._reach()
            if control is not None:
                pause = 0.05
                self._attend(control)
                self._asleep = time.monotonic()
            self.awake = False
            if not self._stop.is_set():
                self._lost()
                self._stop.wait(pause)
                pause = min(2 * pause, 10.0)

    def _launch(self) -> None:
        if self._attached:
            return
        if self.process is not None:
            _end(self.process)
        with self._log() as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dlcore.engine"], cwd=ROOT, env=os.environ | QUIET, stdin=subprocess.PIPE,
                stdout=log, stderr=log, start_new_session=True)
        if self._stop.is_set():
            self.process.kill()
        orders = {"folder": str(self.folder), "key": self.key.hex()}
        try:
            self.process.stdin.write(json.dumps(orders).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            return  # it has died already: the connection says so

    def _reach(self) -> Connection | None:
        """Return a connection to the host once it is awake, or None if it died while waking."""
        while not self._stop.is_set():
            try:
                return connect(self.folder / HOST, self.key)
            except LOST:
                time.sleep(0.02)
            if self.process is not None and self.process.poll() is not None:
                return None
        return None

    def _attend(self, control: Connection) -> None:
        try:
            control.send(self.orders)
            told = control.recv()
            self._control, self.awake = control, True
            self._keep_guess(time.monotonic() - self._begun)
            self._ready(told)
            while True:
                control.recv()
        except LOST:
            return
        finally:
            self._control = None
            control.close()

    def _write_key(self) -> None:
        descriptor = os.open(self.folder / KEY, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self.key)

    def _log(self):
        """Return the engine's log, open for adding to it; begun anew when it has grown long."""
        path = self.home / "engine.log"
        try:
            long = path.exists() and path.stat().st_size > LOG_BYTES
            return path.open("wb" if long else "ab")
        except OSError:
            return open(os.devnull, "wb")

    def _read_guess(self) -> float:
        try:
            seconds = float(json.loads((self.home / "engine.json").read_text())["start_seconds"])
            return seconds if 0 < seconds < LONGEST_GUESS else 0.0
        except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
            return 0.0

    def _keep_guess(self, seconds: float) -> None:
        if self._attached:
            return
        self._measured = seconds
        try:
            (self.home / "engine.json").write_text(json.dumps({"start_seconds": round(seconds, 2)}))
        except OSError:
            return  # a full disk only costs us the estimate


def make_private_folder() -> str:
    """Return a new folder that only this user may enter, with a path short enough for sockets (108 characters)."""
    usual = tempfile.gettempdir()
    return tempfile.mkdtemp(prefix="derin-", dir=usual if len(usual) <= LONGEST_PATH else "/tmp")


def _end(process: subprocess.Popen) -> None:
    """Close a host's stdin, which ends it, and wait; kill it where that does not help."""
    try:
        process.stdin.close()
    except OSError:
        pass
    try:
        process.wait(LEAVING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
