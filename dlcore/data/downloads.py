"""Files from the internet: in a thread of their own, so that whoever waits can do other things, or stop waiting."""

import errno
import hashlib
import http.client
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from dlcore.data.keeping import unwritable
from dlcore.errors import N_, DataError

PATIENCE = 10.0        # seconds without a byte after which nobody is waited for any more
CHUNK = 1 << 16
PAUSE = 0.004          # seconds that one look at a thread waits for it
MOST_BYTES = 2**30
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
AGENT = {"User-Agent": "Derin"}
UNREACHABLE = N_("{file} could not be fetched from {host}: {reason}. Check this machine's connection to the internet, "
                 "then try again.")
SILENT = N_("no answer in {seconds:.0f} seconds")
ANOTHER = N_("What {host} sent is not {file} as it was published: its MD5 sum is another. Nothing was kept; try again "
             "later.")


@dataclass(frozen=True)
class Archive:
    """A file as it was published: where it is, what it is called, and its MD5 sum."""

    url: str
    file: str
    md5: str

    @property
    def host(self) -> str:
        """The host that has it."""
        return urlparse(self.url).netloc


def aside(work: Callable[[], Any]) -> Iterator[None]:
    """Yield while some work goes on in a thread, and return what came out, or raise what went wrong."""
    going = ThreadPool(1)  # its thread ends with the process, whatever it waits for
    try:
        outcome = going.apply_async(work)
        while not outcome.ready():
            outcome.wait(PAUSE)
            yield
        return outcome.get()
    finally:
        going.close()


class Download:
    """One file on its way to a folder; `bytes` have come so far."""

    def __init__(self, archive: Archive, folder: Path):
        self.archive, self.path = archive, folder / archive.file
        self.bytes, self._moved, self._stopped = 0, time.monotonic(), threading.Event()

    def watch(self) -> Iterator[None]:
        """Yield while it comes; DataError where it does not, or is not what was published."""
        try:
            if (yield from self._patiently(aside(self._fetch))) != self.archive.md5:
                raise DataError(ANOTHER, **self._where)
        except (OSError, http.client.HTTPException) as error:
            if getattr(error, "errno", None) in FULL:
                raise unwritable(error) from error
            raise DataError(UNREACHABLE, **self._where, reason=_reason(error)) from error
        finally:
            self._stopped.set()

    def _patiently(self, work: Iterator[None]) -> Iterator[None]:
        while True:
            if time.monotonic() - self._moved > PATIENCE:
                raise DataError(UNREACHABLE, **self._where, reason=SILENT.format(seconds=PATIENCE))
            try:
                next(work)
            except StopIteration as done:
                return done.value
            yield

    @property
    def _where(self) -> dict[str, str]:
        return {"file": self.archive.file, "host": self.archive.host}

    def _fetch(self) -> str:
        """Fetch the file and return its MD5 sum."""
        digest = hashlib.md5(usedforsecurity=False)
        request = urllib.request.Request(self.archive.url, headers=AGENT)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer, self.path.open("wb") as file:
            while (chunk := answer.read(CHUNK)) and not self._stopped.is_set() and self.bytes < MOST_BYTES:
                file.write(chunk)
                digest.update(chunk)
                self.bytes, self._moved = self.bytes + len(chunk), time.monotonic()
        return digest.hexdigest()


def _reason(error: Exception) -> str:
    """Return what went wrong on the way, in the system's words."""
    if isinstance(error, urllib.error.HTTPError):
        with error:
            return f"{error.code} {error.reason}"
    inner = getattr(error, "reason", error)
    return getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
