"""Where everything that is kept lies by default, and that it is this user's alone."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from platformdirs import user_data_path

from dlcore.errors import N_, DataError, HomeError

LOOK = "DERIN_LOOK"  # set, the home is only looked at
FOLDERS = ("runs", "datasets", "uploads", "texts", "tables", "columns", "merges")
FILES = ("engine.log", "engine.json", "server.json", "server.lock")
PRIVATE = 0o077      # what nobody else may

UNUSABLE = N_("The folder {home}, in which Derin keeps what it makes, cannot be made or written ({reason}). Free some "
              "space or change who may write there, or name another folder: "
              "DERIN_HOME=/another/folder streamlit run app.py")
MISSING = N_("There is no folder {home} to look at.")
LOOKING = N_("This server only looks at what another one keeps: nothing can be trained, uploaded or fetched here.")


def default_home() -> Path:
    """Return the folder of everything that is kept: DERIN_HOME, or one among the user's data."""
    return Path(os.environ.get("DERIN_HOME") or user_data_path("derin"))


def looks_only() -> bool:
    """Whether the home is only looked at, because DERIN_LOOK says so."""
    return os.environ.get(LOOK, "0") not in ("", "0")


def check_kept() -> None:
    """Refuse to keep anything where the home is only looked at."""
    if looks_only():
        raise DataError(LOOKING)


def keep_private() -> None:
    """Let every file and folder that this process makes from now on be its user's alone."""
    os.umask(PRIVATE)


def open_home(home: Path) -> None:
    """Make the home where it is not there, for this user alone, with what is in it; HomeError where it is unusable."""
    keep_private()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as probe:
            probe.write(bytes(1))
            probe.flush()
    except OSError as error:
        raise HomeError(UNUSABLE, home=str(home), reason=error.strerror or str(error)) from error
    _close(home)
    for name in (*FOLDERS, *FILES):
        tighten(home / name)


def check_home(home: Path) -> None:
    """Refuse to look at a home that is not there."""
    if not home.is_dir():
        raise HomeError(MISSING, home=str(home))


def tighten(path: Path) -> None:
    """Take from others what they may do with a file, or with a folder and everything in it; links are left alone."""
    _close(path)
    if path.is_dir() and not path.is_symlink():
        with suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                tighten(Path(entry.path))


def _close(path: Path) -> None:
    with suppress(OSError):  # gone by now, or another user's
        mode = path.lstat().st_mode
        if mode & PRIVATE and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(mode) & ~PRIVATE)
