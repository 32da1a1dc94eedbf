"""How fast a run goes, read from its recording: what measures it is no part of the server or the engine."""

import json
import threading
import time
from pathlib import Path


class Pace:
    """Follows a run's events and knows when each step was told of."""

    def __init__(self, folder: Path):
        self.path, self.seen = folder / "events.jsonl", []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Pace":
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()

    def wait_for(self, step: int, patience: float = 120) -> None:
        """Wait until the run has come so far."""
        end = time.monotonic() + patience
        while not self.seen or self.seen[-1][1] < step:
            assert time.monotonic() < end, f"the run does not reach step {step}"
            time.sleep(0.02)

    def between(self, begun: float, ended: float) -> float:
        """Return the steps a second between two times (time.monotonic)."""
        seen = [(when, step) for when, step in self.seen if begun <= when <= ended]
        assert len(seen) > 1, "the run stood still"
        (first, start), (last, end) = seen[0], seen[-1]
        return (end - start) / (last - first)

    def _follow(self) -> None:
        read = 0
        while not self._stop.wait(0.004):
            if not self.path.exists() or self.path.stat().st_size == read:
                continue
            now = time.monotonic()
            with self.path.open("rb") as file:
                file.seek(read)
                lines = file.read().splitlines(keepends=True)
            for line in lines:
                if line.endswith(b"\n"):
                    read += len(line)
                    self.seen.append((now, json.loads(line)["step"]))
