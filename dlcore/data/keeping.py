"""Files of the visitors' own, kept under the engine's home: written whole or not at all, the oldest giving way."""

import errno
import os
from pathlib import Path

from dlcore.data.home import check_kept, default_home
from dlcore.data.uploads import admit
from dlcore.errors import N_, DataError

FULL = N_("The file cannot be kept: the server's disk is full. Free some disk space and try again.")
LOCKED = N_("The file cannot be kept: the server may not write into its folder. Start it with a DERIN_HOME that it may "
            "write into, and try again.")
FAILED = N_("The file cannot be kept ({reason}). Free some disk space and try again.")


def unwritable(error: OSError) -> DataError:
    """Return what is told where something cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DataError(FULL)
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return DataError(LOCKED)
    return DataError(FAILED, reason=error.strerror or str(error))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole or, after an OSError, not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        _take_away(part)
        raise


def keep(path: Path, content: bytes, most: int, kind: str = "", visitor: str = "") -> None:
    """Keep a file, of a kind of upload and a visitor's, among at most so many with its ending.

    DataError where the disk is full or cannot be written, where the home is only looked at, or the visitor has enough.
    """
    check_kept()
    if kind and not path.exists():
        admit(path.parent, kind, visitor, len(content))
    try:
        write_whole(path, content)
    except OSError as error:
        raise unwritable(error) from error
    kept = sorted((one for one in path.parent.glob(f"*{path.suffix}")), key=_age)
    for old in kept[: max(0, len(kept) - most)]:
        _take_away(old)


def find_kept(home: Path | None, *place: str) -> Path | None:
    """Return where a file lies under a home or, as one that is trained from a terminal has none, the user's own."""
    paths = [folder.joinpath(*place) for folder in (*([Path(home)] if home else []), default_home())]
    return next((path for path in paths if path.exists()), None)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # gone meanwhile


def _take_away(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # what cannot be taken away was never written, or lies on a disk that is read-only
