"""Whether a run that nobody holds was paused: its folder says so from the moment when all its steps are kept."""

from pathlib import Path

from dlcore.training.files import sync

MARK = "paused"


def note_paused(folder: Path, paused: bool) -> bool:
    """Note in a run's folder that it stands still and nothing of it can be lost, or that this is so no more.

    Returns what is noted.
    """
    if paused:
        (folder / MARK).touch()
    else:
        (folder / MARK).unlink(missing_ok=True)
    sync(folder)
    return paused


def was_paused(folder: Path) -> bool:
    """Whether a run was paused when it was left; else it was under way."""
    return (folder / MARK).exists()
