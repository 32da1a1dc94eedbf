"""Pictures of a running network for whoever watches it, so that taking them costs a small share of the time."""

import time

PAUSE = 0.09  # seconds between two pictures, at least: reports come every tenth of a second
SHARE = 0.2   # of the time goes into pictures, at most


class Camera:
    """Takes the pictures that a training offers (its `frame`), and numbers them; some trainings offer none."""

    def __init__(self, trainer: object):
        self._frame = getattr(trainer, "frame", None)
        self._number, self._due = 0, 0.0

    def take(self, at_once: bool = False) -> dict | None:
        """Return a picture of this moment, or None where the last one is too fresh (unless it is wanted at once)."""
        begun = time.perf_counter()
        if self._frame is None or (begun < self._due and not at_once):
            return None
        frame = self._frame()
        self._number += 1
        self._due = begun + max(PAUSE, (time.perf_counter() - begun) / SHARE)
        return frame | {"number": self._number}
