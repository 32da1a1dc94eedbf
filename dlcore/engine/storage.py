"""How much disk recordings take, all together and each visitor's: beyond the limits, the oldest go first."""

import logging
import os
import shutil
from pathlib import Path

from dlcore.engine.claim import hold_run
from dlcore.errors import RecordingError
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


def keep_shares(home: Path, keep: set[str], limit: int) -> dict[str, list[tuple[str, int]]]:
    """Delete of each owner's recordings the oldest until his others are within the limit; never his newest, one of
    `keep` or one that is written. Return what was deleted of each: (run, bytes).
    """
    owned: dict[str, list[Recording]] = {}
    for recording in existing((home / RUNS).glob("*")):
        owned.setdefault(_owner(recording), []).append(recording)
    owned.pop("", None)
    return {owner: deleted for owner, mine in owned.items() if (deleted := _keep_share(mine, keep, limit))}


def _keep_share(mine: list[Recording], keep: set[str], limit: int) -> list[tuple[str, int]]:
    sizes = {recording.folder: _size(recording) for recording in mine}
    total, deleted = sum(sizes.values()), []
    for recording in sorted(mine, key=_written)[:-1]:
        if total <= limit:
            break
        if recording.folder.name not in keep and _delete(recording.folder):
            total -= sizes[recording.folder]
            deleted.append((recording.folder.name, sizes[recording.folder]))
    return deleted


def _delete(folder: Path) -> bool:
    """Delete a recording, unless a process writes into it; say whether it is gone."""
    try:
        hold_run(folder).release()
    except RecordingError:
        return False
    except OSError:
        logging.info("no room for a lock in %s", folder.name)  # on a full disk it has to go all the more
    shutil.rmtree(folder, ignore_errors=True)
    return True


def _owner(recording: Recording) -> str:
    try:
        return str(recording.about().get("owner", ""))
    except (RecordingError, AttributeError):
        return ""


def _written(recording: Recording) -> float:
    """Return when something was recorded last."""
    for name in ("events.jsonl", "run.json"):
        try:
            return (recording.folder / name).stat().st_mtime
        except OSError:
            continue
    return 0.0


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
