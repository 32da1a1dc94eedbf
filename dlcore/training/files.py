"""Files that are written as a whole or not at all, with failures that can be told."""

import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from dlcore.errors import N_, RecordingError

Weights = dict[str, np.ndarray]


def save_tensors(path: Path, tensors: Weights, about: dict[str, str]) -> None:
    """Write arrays and notes as one file, with their shapes as they are."""
    arrays = {name: np.asarray(value, order="C") for name, value in tensors.items()}
    _place(path, lambda part: save_file(arrays, part, about))


def load_tensors(path: Path) -> tuple[Weights, dict[str, str]]:
    """Return what save_tensors wrote; raise RecordingError where it is missing or damaged."""
    try:
        with safe_open(path, "numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise RecordingError(N_("The recording of step {step} cannot be read any more."), step=path.stem) from error


def replace(path: Path, content: bytes) -> None:
    """Write a file's new content; readers find the old one or the new one."""
    _place(path, lambda part: part.write_bytes(content))


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


def _place(path: Path, write: Callable[[Path], object]) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        os.replace(part, path)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        failure = error if isinstance(error, OSError) else _as_os_error(error)
        raise _unwritable(failure) from failure


def _as_os_error(error: SafetensorError) -> OSError:
    """Return what the system said: safetensors tells its number in the text alone."""
    number = re.search(r"\(os error (\d+)\)", str(error))
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else OSError(str(error))


def _unwritable(error: OSError) -> RecordingError:
    return RecordingError(N_("The recording cannot be written ({reason}). Free some disk space."),
                          reason=error.strerror or str(error))
