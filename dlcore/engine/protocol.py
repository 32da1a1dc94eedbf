"""What server, host and workers say to each other: plain dicts over sockets in a private folder.

A socket's other end proves that it knows the folder's key before a word is read; nothing from a visitor is ever
unpickled, for only these processes know it.
"""

import socket
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, answer_challenge, deliver_challenge
from pathlib import Path

from dlcore import errors
from dlcore.errors import N_, DerinError

HOST = "host"            # the host's socket in an engine's folder
KEY = "key"              # the file that holds its key
EXPLAINERS = ("explainer", "explainer-1")  # the explainers' names; the last also takes what is slow
LOST = (OSError, EOFError, AuthenticationError)  # what a broken connection raises
UNKNOWN = N_("Something went wrong inside. The run has stopped; what it has recorded is kept.")
PLAIN = (str, int, float, bool, type(None))


def listen(path: Path) -> socket.socket:
    """Return a socket that listens at a path, in the place of one whose process has died."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    return listener


def accept(listener: socket.socket, key: bytes) -> Connection:
    """Return the next connection whose other end knows the key; raise one of LOST where it does not."""
    connection = Connection(listener.accept()[0].detach())
    deliver_challenge(connection, key)
    answer_challenge(connection, key)
    return connection


def connect(path: Path, key: bytes) -> Connection:
    """Return a connection to whoever listens at a path; raise one of LOST where nobody does."""
    return Client(str(path), family="AF_UNIX", authkey=key)


def error_to_plain(error: Exception) -> dict:
    """Return what may be told of an error; one of no known kind is told in general words."""
    if not isinstance(error, DerinError):
        return {"type": "EngineError", "template": UNKNOWN, "values": {}}
    values = {name: value if isinstance(value, PLAIN) else str(value) for name, value in error.values.items()}
    extra = {name: getattr(error, name) for name in ("field", "block") if hasattr(error, name)}
    return {"type": type(error).__name__, "template": error.template, "values": values, **extra}


def error_from_plain(plain: dict) -> DerinError:
    """Return the error that error_to_plain described."""
    kind = getattr(errors, plain["type"], errors.EngineError)
    error = kind.__new__(kind)
    DerinError.__init__(error, plain["template"], **plain["values"])
    for name in ("field", "block"):
        if name in plain:
            setattr(error, name, plain[name])
    return error
