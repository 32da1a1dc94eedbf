"""What visitors upload, by kind: a ledger says who brought how much when, so that nobody takes all the room."""

import json
import time
from pathlib import Path

from dlcore.errors import N_, DataError
from dlcore.limits import is_within, limits_here

DAY = 24 * 3600
LEDGER = ".uploads.jsonl"
LONGEST = 2**18  # bytes of the ledger, until what is older than a day is taken out
LIMITS = {"pictures": ("picture_sets", "picture_mib"), "tables": ("tables", "table_mib"),
          "columns": ("columns", "column_mib"), "texts": ("texts", "text_mib")}
TOO_MANY = N_("You have uploaded {count} files of this kind in the last 24 hours, {size:.0f} MiB in all. Here one "
              "browser may upload {most} of them and {mib} MiB in a day. Use one that is there, or try again tomorrow.")


def admit(folder: Path, kind: str, visitor: str, size: int) -> None:
    """Let a visitor (a hash, or nobody) keep one more file of a kind in its folder; DataError where he has enough."""
    if not visitor:
        return
    limits = limits_here()
    most, mib = (getattr(limits, name) for name in LIMITS[kind])
    sizes = [entry["bytes"] for entry in read_ledger(folder) if entry["by"] == visitor]
    if not is_within(len(sizes) + 1, most) or not is_within((sum(sizes) + size) / 2**20, mib):
        raise DataError(TOO_MANY, count=len(sizes), size=sum(sizes) / 2**20, most=most or "∞", mib=mib or "∞")
    _note(folder, {"by": visitor, "at": time.time(), "bytes": size})


def read_ledger(folder: Path) -> list[dict]:
    """Return what was uploaded in the last day; a line that cannot be read is none."""
    try:
        lines = (folder / LEDGER).read_text(errors="replace").splitlines()
    except OSError:
        return []
    return [entry for entry in map(_entry, lines) if entry is not None and time.time() - entry["at"] < DAY]


def _entry(line: str) -> dict | None:
    try:
        entry = json.loads(line)
        return {"by": str(entry["by"]), "at": float(entry["at"]), "bytes": int(entry["bytes"])}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _note(folder: Path, entry: dict) -> None:
    """Add to the ledger; what cannot be noted is kept all the same, as far as there is room for it."""
    path = folder / LEDGER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LONGEST:
            path.write_text("".join(json.dumps(kept) + "\n" for kept in read_ledger(folder)))
        with path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
    except OSError:
        return
