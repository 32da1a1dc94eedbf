"""Files that are written as a whole or not at all, with failures that can be told."""

import errno
import json
import os
import re
import shutil
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from dlcore.errors import N_, RecordingError

Weights = dict[str, np.ndarray]
SUM = "crc32"  # the note that holds the sum over everything else in a file
DAMAGED = (OSError, SafetensorError, ValueError, TypeError, KeyError, AttributeError, RecursionError)  # a bad file's
CANNOT = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)  # said where nothing can be waited for


def save_tensors(path: Path, tensors: Weights, about: dict[str, str], *, summed: bool = True,
                 durable: bool = False) -> float:
    """Write arrays and notes as one file, with their shapes as they are, and (`summed`) the sum that tells damage.

    A `durable` file survives a power cut from here on. Returns the seconds that this waited for the disk.
    """
    arrays = {name: np.asarray(value, order="C") for name, value in tensors.items()}
    notes = about | {SUM: add_up(arrays, about)} if summed else about
    return _place(path, lambda part: save_file(arrays, part, notes), durable)


def load_tensors(path: Path) -> tuple[Weights, dict[str, str]]:
    """Return what save_tensors wrote; raise RecordingError where it is missing or damaged."""
    try:
        with safe_open(path, "numpy") as file:
            tensors, about = {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}
    except DAMAGED as error:
        raise unreadable(path) from error
    if (told := about.pop(SUM, None)) is not None and told != add_up(tensors, about):
        raise unreadable(path)
    return tensors, about


def unreadable(path: Path) -> RecordingError:
    """Return what is said of a damaged file, which is named after its step."""
    return RecordingError(N_("The recording of step {step} cannot be read any more."), step=path.stem)


def add_up(tensors: Weights, about: dict[str, str]) -> str:
    """Return a sum over names, shapes and numbers: a file of the right length may hold zeros after a power cut."""
    found = zlib.crc32(json.dumps(sorted(about.items())).encode())
    for name in sorted(tensors):
        value = tensors[name]
        found = zlib.crc32(f"{name} {value.dtype.str} {value.shape}".encode(), found)
        found = zlib.crc32(value.reshape(-1).view(np.uint8), found)
    return f"{found:08x}"


def replace(path: Path, content: bytes, durable: bool = False) -> float:
    """Write a file's new content; readers find the old one or the new one. Returns the seconds waited for the disk."""
    return _place(path, lambda part: part.write_bytes(content), durable)


def sync(*paths: Path) -> float:
    """Wait until files and folders are on the disk as they are now; return the seconds that this took."""
    begun = time.perf_counter()
    for path in paths:
        try:
            _sync(path)
        except OSError as error:
            raise _unwritable(error) from error
    return time.perf_counter() - begun


def _sync(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in CANNOT:
            raise


def append_line(path: Path, line: str) -> None:
    """Add a line to a file; where there is no room for it, nothing of it stays."""
    size = size_of(path)
    try:
        with path.open("a") as file:
            file.write(line + "\n")
    except OSError as error:
        with suppress(OSError):
            os.truncate(path, size)
        raise _unwritable(error) from error


def make_folder(path: Path) -> None:
    """Make a folder and those above it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(error) from error


def link(path: Path, copy: Path) -> None:
    """Give a file that is never changed in place a second name (or copy it); its run may thin it out meanwhile."""
    with suppress(FileNotFoundError):
        try:
            os.link(path, copy)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copy2(path, copy)


def size_of(path: Path) -> int:
    """Return a file's bytes; 0 where it is not (or another process has just taken it away)."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _place(path: Path, write: Callable[[Path], object], durable: bool = False) -> float:
    """Write a file beside its place and put it there; first its content must be on the disk, then its name."""
    part, waited = path.with_name(f".{path.name}.part"), 0.0
    try:
        write(part)
        if durable:
            begun = time.perf_counter()
            _sync(part)
            waited = time.perf_counter() - begun
        os.replace(part, path)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        failure = error if isinstance(error, OSError) else _as_os_error(error)
        raise _unwritable(failure) from failure
    return waited + (sync(path.parent) if durable else 0.0)


def _as_os_error(error: SafetensorError) -> OSError:
    """Return what the system said: safetensors tells its number in the text alone."""
    number = re.search(r"\(os error (\d+)\)", str(error))
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else OSError(str(error))


def _unwritable(error: OSError) -> RecordingError:
    return RecordingError(N_("The recording cannot be written ({reason}). Free some disk space."),
                          reason=error.strerror or str(error))
