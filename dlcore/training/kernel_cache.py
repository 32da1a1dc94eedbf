"""The compiled kernel of the playground: compiled once for a machine, in a process of its own, and kept on disk.

    python -m dlcore.training.kernel_cache      compile it now, if it is not yet

A worker that wants it while it is being compiled goes on without. This module imports numba only once the machine code
is there, for that takes half a second: the host does it before it forks its workers, so that they have it at once.
"""

import fcntl
import hashlib
import importlib
import logging
import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

import numpy as np
from platformdirs import user_cache_path

SOURCES = tuple(Path(__file__).with_name(name) for name in ("kernel.py", "lanes.py"))
NICE = 10

_compilers: dict[int, subprocess.Popen] = {}  # by the process that started it: forked ones start their own
_broken = False                               # what was compiled cannot be loaded


def find_kernel() -> ModuleType | None:
    """Return the kernel's module, ready to be called, or None while it is not compiled; this has it compiled.

    The first call that finds it takes half a second where the host has not loaded it.
    """
    if has_failed():
        return None
    if _marker().exists():
        return _try_to_load()
    if os.getpid() not in _compilers:
        _compilers[os.getpid()] = _start_compiler()
    return None


def preload() -> None:
    """Load the kernel if it is compiled, else have it compiled; for the host, before it forks."""
    find_kernel()


def has_failed() -> bool:
    """Whether this machine cannot have the kernel."""
    compiler = _compilers.get(os.getpid())
    return folder() is None or _broken or (compiler is not None and compiler.poll() not in (None, 0))


@cache
def folder() -> Path | None:
    """Return where machine code is kept, a folder for each version of the source, numba, Python and processor.

    It lies beside the source, or where the user may write; None where that is nowhere.
    """
    places = [SOURCES[0].parent / "__pycache__", user_cache_path("derin"), Path(os.environ.get("DERIN_HOME") or "/")]
    stamps = [(path.read_bytes(), path.stat().st_mtime_ns) for path in SOURCES]
    parts = [SOURCES, stamps, sys.version, _version("numba"), _version("llvmlite"), _processor()]
    name = f"kernel-{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"
    for place in places:
        if place != Path("/") and _is_writable(place):
            return place / name
    return None


def _is_writable(place: Path) -> bool:
    """Whether a folder is there, or can be made, and can be written."""
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(place, os.W_OK)


def _marker() -> Path:
    """Return the file that says that all has been compiled."""
    return folder() / "compiled"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return "".join(next((line for line in lines if line.startswith(name)), "") for name in ("model name", "flags"))


def _try_to_load() -> ModuleType | None:
    global _broken
    try:
        return _load()
    except (ImportError, OSError, RuntimeError):
        logging.exception("the compiled kernel cannot be loaded")
        _broken = True
        return None


@cache
def _load() -> ModuleType:
    os.environ["NUMBA_CACHE_DIR"] = str(folder())  # read when numba is imported, here for the first time
    kernel = importlib.import_module("dlcore.training.kernel")
    exercise(kernel)
    return kernel


def _start_compiler() -> subprocess.Popen:
    """Compile in a process of its own, so that nobody waits."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-m", "dlcore.training.kernel_cache"], cwd=SOURCES[0].parents[2],
                            start_new_session=True, **quiet)


def exercise(kernel: ModuleType) -> None:
    """Call everything of the kernel that is called from outside, once: this compiles it, or loads what was compiled."""
    plan = np.array([[1, 1, 0, 0, 0, 0, 1]])
    row, rows = np.zeros(2, np.float32), np.zeros((1, 2), np.float32)
    keep, buffers, order = np.ones(2, np.float32), np.zeros((3, 2 * kernel.LANES), np.float32), np.arange(2)
    zero = np.float32(0)
    kernel.train(0, 1, 0, 2, np.uint64(0), plan, 0, 0, row, row, row, row, row, keep, rows, rows,
                 np.zeros(4, np.float32), order, buffers, row)
    kernel.find_gradient(plan, 0, row, row, zero, zero, keep, rows, rows, order, buffers, row)
    kernel.update(0, row, row, row, row, row, row, zero, zero, zero, 1)
    kernel.shuffle(np.uint64(0), 0, order)


def compile_kernel() -> None:
    """Compile the kernel, unless another process does or has done it; older machine code goes."""
    for old in folder().parent.glob("kernel-*"):
        if old != folder():
            shutil.rmtree(old, ignore_errors=True)
    folder().mkdir(exist_ok=True)
    with (folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _marker().exists():
            _load()
            _marker().touch()


if __name__ == "__main__":
    os.nice(NICE)
    compile_kernel()
