"""What a run is of: run.json in its folder."""

import json
import re
from pathlib import Path

from dlcore.errors import N_, RecordingError
from dlcore.specs.changes import is_step

FILE = "run.json"
RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
NONE = N_("There is no recording of run {run}.")
DAMAGED = N_("The recording of run {run} is damaged: what it is of cannot be read any more.")


def read_about(folder: Path) -> dict:
    """Return what is told of a run: experiment (plain), owner (hash), parent, created (seconds since 1970).

    RecordingError where there is nothing, or it is damaged.
    """
    try:
        about = json.loads((folder / FILE).read_bytes())
    except OSError as error:
        raise RecordingError(NONE, run=folder.name) from error
    except (ValueError, RecursionError) as error:
        raise RecordingError(DAMAGED, run=folder.name) from error
    if not _is_about(about):
        raise RecordingError(DAMAGED, run=folder.name)
    return {"parent": None} | about


def _is_about(about: object) -> bool:
    """Whether a file holds what was written there when the run began."""
    match about:
        case {"experiment": dict(), "owner": str(), "parent": [str(run), step]}:
            return RUN_ID.fullmatch(run) is not None and is_step(step)
        case {"experiment": dict(), "owner": str()}:
            return about.get("parent") is None
        case _:
            return False
