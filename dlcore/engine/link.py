"""The server's end of the connection to one worker."""

import logging
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

from dlcore.engine.protocol import LOST, connect

RETRY = 0.01  # seconds between two attempts to reach a worker that is being forked


class Link:
    """Sends without waiting, hands over what comes in, and finds a dead worker's successor at the same place.

    `opened`, `received` and `lost` are called in the link's own thread with this link (and the message).
    """

    def __init__(self, name: str, path: Path, key: bytes, opened: Callable[["Link"], None],
                 received: Callable[["Link", dict], None], lost: Callable[["Link"], None]):
        self.name, self.path, self.key = name, path, key
        self.pid: int | None = None
        self._opened, self._received, self._lost = opened, received, lost
        self._connection: Connection | None = None
        self._outgoing: SimpleQueue[tuple[Connection | None, dict | None]] = SimpleQueue()
        self._closed = False
        for work in (self._receive, self._send):
            threading.Thread(target=work, name=f"derin-{name}", daemon=True).start()

    @property
    def open(self) -> bool:
        """Whether the worker is there."""
        return self._connection is not None

    def send(self, message: dict) -> bool:
        """Send a message to this worker, or to nobody if it dies before it has read it; say whether it was there."""
        connection = self._connection
        self._outgoing.put((connection, message))
        return connection is not None

    def close(self) -> None:
        """Stop looking for the worker, and end when its connection does."""
        self._closed = True
        self._outgoing.put((None, None))

    def _send(self) -> None:
        while True:
            connection, message = self._outgoing.get()
            if message is None:
                return
            if connection is not None and connection is self._connection:
                self._deliver(connection, message)

    def _deliver(self, connection: Connection, message: dict) -> None:
        try:
            connection.send(message)
        except LOST:
            return  # the receiving thread notices too, and tells

    def _receive(self) -> None:
        while not self._closed:
            try:
                connection = connect(self.path, self.key)
            except LOST:
                time.sleep(RETRY)
                continue
            self._listen(connection)

    def _hand_over(self, message: dict) -> None:
        try:
            self._received(self, message)
        except Exception:
            logging.exception("a message of %s: %s", self.name, message.get("op"))

    def _listen(self, connection: Connection) -> None:
        try:
            self.pid = connection.recv()["pid"]
            self._connection = connection
            self._opened(self)
            while True:
                self._hand_over(connection.recv())
        except LOST:
            self._connection = None
            self._lost(self)
        finally:
            connection.close()
