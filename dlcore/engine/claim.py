"""One server holds a home at a time: what two of them write there would be mixed up.

The lock is the system's, so that it goes with the process that holds it, however that ends; beside it lies who holds
it, for whoever comes second.
"""

import json
import logging
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dlcore.errors import N_, HomeError, RecordingError

LOCK, NOTE = "server.lock", "server.json"
IN_USE = N_("The folder {home} is in use by another Derin server: process {pid} on {host}{url}, since {since}. "
            "Open that one, or keep things elsewhere (DERIN_HOME=/another/folder streamlit run app.py), or only look "
            "at what is there (DERIN_LOOK=1 streamlit run app.py).")
HELD = N_("This run is being trained by another server. Watch it there, or continue a copy of your own.")
UNKNOWN = "?"


class Claim:
    """Holds a home for this server, or for the server at whose host's `address` this one is a guest."""

    def __init__(self, home: Path, address: str, guest: bool = False):
        self.home, self.about = home, {"host": socket.gethostname(), "pid": os.getpid(), "url": "", "address": address,
                                       "since": time.strftime("%Y-%m-%d %H:%M")}
        self._lock = FileLock(home / LOCK, timeout=0, mode=0o600)
        try:
            self._lock.acquire()
        except Timeout as error:
            holder = read_note(home)
            if not guest or holder.get("address") != address:
                raise HomeError(IN_USE, home=str(home), **_tell(holder)) from error
        except (OSError, NotImplementedError):
            logging.warning("the file system cannot lock %s: two servers on it would not notice each other", home)
            self._write()
        else:
            self._write()

    @property
    def holds(self) -> bool:
        """Whether the home is this server's own; else it is its host's."""
        return self._lock.is_locked

    def tell_url(self, url: str) -> None:
        """Note where the server's pages are."""
        self.about["url"] = url
        if self.holds:
            self._write()

    def release(self) -> None:
        """Let another server have the home."""
        if self.holds:
            with suppress(OSError):
                (self.home / NOTE).unlink(missing_ok=True)
            self._lock.release()

    def _write(self) -> None:
        part = self.home / f".{NOTE}.part"
        with suppress(OSError):  # a full disk only costs who comes second a name
            part.write_text(json.dumps(self.about))
            part.replace(self.home / NOTE)


def hold_run(folder: Path) -> FileLock:
    """Hold a run's folder for as long as the lock is kept; RecordingError where another process writes into it."""
    lock = FileLock(folder / "held", timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise RecordingError(HELD) from None  # it is no fault of the disk's
    except NotImplementedError:
        pass  # the file system cannot
    return lock


def read_note(home: Path) -> dict:
    """Return who holds a home, as far as that is known."""
    try:
        note = json.loads((home / NOTE).read_text())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _tell(holder: dict) -> dict[str, str]:
    told = {name: str(holder.get(name) or UNKNOWN) for name in ("host", "pid", "since")}
    return told | {"url": f" ({holder['url']})" if holder.get("url") else ""}
