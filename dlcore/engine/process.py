"""What a forked child does first: cut its ties, die with its parent, set its allocator and its arithmetic."""

import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def run_child(work: Callable[[], object], keep: int | None = None) -> None:
    """Do a forked child's work and end the process; it never returns into the host's code. `keep` stays open."""
    code = 1
    try:
        settle_in(os.getppid(), keep)
        work()
        code = 0
    except BaseException as error:  # the child's last frame: what is not told here is lost
        logging.exception("a child of the host ended", exc_info=error)
    finally:
        os._exit(code)


def settle_in(parent: int, keep: int | None) -> None:
    """Make a forked child independent of what it inherited, and dependent on its parent's life."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    close_inherited(keep)
    os.setsid()
    die_with(parent)
    go_first_when_memory_ends()
    set_allocator()
    settle_torch()


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)  # it had died before we asked


def go_first_when_memory_ends() -> None:
    """Let the kernel take this process rather than the server when memory runs out: it can be forked again."""
    try:
        Path("/proc/self/oom_score_adj").write_text("500")
    except OSError:
        return  # not everywhere


def close_inherited(keep: int | None) -> None:
    """Close the host's sockets and pipes; their objects live on in this process but are never used again."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != keep:
            try:
                os.close(int(name))
            except OSError:
                continue  # the listing's own descriptor is gone by now


def set_allocator() -> None:
    """Keep large blocks on the heap: giving them back and faulting them in again each step costs more than they do."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def give_back_memory() -> None:
    """Return what has been freed to the system."""
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)


def settle_torch() -> None:
    """Treat denormal numbers as zero, and begin with one thread."""
    import torch
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)


def be_nice(amount: int) -> None:
    """Let everything else on the machine go first."""
    os.nice(amount)
