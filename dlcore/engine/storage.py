"""How much disk all recordings take together: beyond the limit, the oldest finished runs go first."""

import os
import shutil
from pathlib import Path

from dlcore.training.recording import Recording, existing

MOST_BYTES = 4 * 2**30
RUNS = "runs"


def make_room(home: Path, keep: set[str], limit: int = MOST_BYTES) -> list[str]:
    """Delete recordings until the rest is within the limit, never one of `keep`; return the ids of those deleted."""
    recordings = existing((home / RUNS).glob("*"))
    sizes = {recording.folder: _size(recording) for recording in recordings}
    total, deleted = sum(sizes.values()), []
    for recording in sorted((one for one in recordings if one.folder.name not in keep), key=_age):
        if total <= limit:
            break
        shutil.rmtree(recording.folder, ignore_errors=True)
        total -= sizes[recording.folder]
        deleted.append(recording.folder.name)
    return deleted


def _size(recording: Recording) -> int:
    try:
        return recording.size()
    except OSError:
        return 0  # a file was replaced while we counted; it is counted next time


def _age(recording: Recording) -> tuple[bool, float]:
    """Return a key that sorts finished runs first, each kind oldest first."""
    try:
        written = (recording.folder / "events.jsonl").stat().st_mtime
        return not _is_finished(recording.folder), written
    except OSError:
        return True, 0.0


def _is_finished(folder: Path) -> bool:
    """Whether a run's last recorded event is its end."""
    with (folder / "events.jsonl").open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
        return b'"finished"' in b"".join(file.read().splitlines()[-1:])
