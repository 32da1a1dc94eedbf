"""What processes take of the machine, as Linux tells it."""

import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
        children.setdefault(parent, []).append(int(folder.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def proportional_memory(pid: int) -> int:
    """Return the bytes of a process, each shared page divided among those who share it."""
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return 1024 * int(line.split()[1])
    return 0


def busy_threads(pid: int, seconds: float = 1.0, share: float = 0.1) -> int:
    """Return how many of a process's threads computed for a good part of its time."""
    before = _thread_seconds(pid)
    time.sleep(seconds)
    spent = {thread: now - before.get(thread, 0.0) for thread, now in _thread_seconds(pid).items()}
    return sum(one > share * sum(spent.values()) for one in spent.values() if one > 0)


def _thread_seconds(pid: int) -> dict[str, float]:
    return {path.parent.name: _seconds(path) for path in (PROC / str(pid) / "task").glob("*/stat")}


def processor_seconds() -> dict[str, float]:
    """Return the processor seconds so far of what this process has started: server, worker (the busiest), browser."""
    kinds = {"server": "streamlit", "worker": "dlcore.engine", "browser": "--type="}
    spent: dict[str, list[float]] = {name: [0.0] for name in kinds}
    for pid in family(os.getpid())[1:]:
        command = (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
        for name, mark in kinds.items():
            if mark in command:
                spent[name].append(_seconds(PROC / str(pid) / "stat"))
    return {name: max(values) if name == "worker" else sum(values) for name, values in spent.items()}


def _seconds(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
