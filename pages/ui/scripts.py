"""The panels' scripts (static/js) as the server sends them: under an address that changes with them, kept for ever."""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "static" / "js"
SCRIPTS = {path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.js"))}
VERSION = hashlib.sha256(b"".join(SCRIPTS.values())).hexdigest()[:12]
PLACE = f"js/{VERSION}"
