"""Who computes where and when: the memory budget, the queue, and how many threads. Pure functions, no torch."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SHARE = 0.6                # of the memory that is free at the start goes to trainings
FALLBACK = 4 * 2**30       # bytes, where the system does not say
MOST_WORKERS = 16
UNLIMITED = 2**60


@dataclass(frozen=True)
class Held:
    """The memory that a run holds on a device; `idle` is when it was paused, or None while it learns."""

    run: str
    device: str
    bytes: int
    idle: float | None = None


@dataclass(frozen=True)
class Seat:
    """A worker that takes runs: the device it computes on, and how much it has to do."""

    worker: str
    device: str
    load: int


def count_cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def worker_names(cores: int, devices: Iterable[str]) -> list[tuple[str, str]]:
    """Return (name, device) of every worker: one a core, one an accelerator."""
    names = [(f"cpu-{number}", "cpu") for number in range(min(cores, MOST_WORKERS))]
    return names + [(device.replace(":", "-"), device) for device in devices if device != "cpu"]


def memory_budget(given: int | None = None) -> int:
    """Return the bytes that trainings may hold together: as given, as DERIN_MEMORY_BUDGET says, or a share."""
    if given is not None:
        return given
    told = os.environ.get("DERIN_MEMORY_BUDGET", "")
    return int(told) if told.isdigit() else int(SHARE * free_memory())


def free_memory(meminfo: Path = Path("/proc/meminfo"), group: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the bytes that this process could still take: what the machine has free, or what its group is left."""
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        machine = int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return FALLBACK
    return min(machine, _left_in_group(group))


def _left_in_group(group: Path) -> int:
    try:
        return max(0, int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    except (OSError, ValueError):
        return UNLIMITED


def choose_worker(seats: Iterable[Seat], device: str) -> str | None:
    """Return the worker of a device that has least to do, or None where there is none."""
    fitting = [seat for seat in seats if seat.device == device]
    return min(fitting, key=lambda seat: (seat.load, seat.worker)).worker if fitting else None


def fits(need: int, device: str, held: Iterable[Held], budget: int) -> bool:
    """Whether a run that needs so many bytes of a device's memory can start beside those that hold some."""
    return need + sum(share.bytes for share in held if share.device == device) <= budget


def who_gives_way(need: int, device: str, held: Sequence[Held], budget: int) -> list[str]:
    """Return the paused runs, longest paused first, that must leave memory before a run fits; none if it is no use."""
    paused = sorted((share for share in held if share.device == device and share.idle is not None),
                    key=lambda share: share.idle)
    leaving: list[str] = []
    for share in paused:
        if fits(need, device, (other for other in held if other.run not in leaving), budget):
            break
        leaving.append(share.run)
    return leaving if fits(need, device, (other for other in held if other.run not in leaving), budget) else []


def count_threads(runs: int, jobs: int, cores: int) -> int:
    """Return the threads that each training may use: two only where exactly one computes in the whole engine."""
    return min(2, cores) if runs == 1 and not jobs else 1
