"""Where everything that is kept lies by default."""

import os
from pathlib import Path

from platformdirs import user_data_path


def default_home() -> Path:
    """Return the folder of everything that is kept: DERIN_HOME, or one among the user's data."""
    return Path(os.environ.get("DERIN_HOME") or user_data_path("derin"))
