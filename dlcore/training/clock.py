"""When a training looks at itself, so that looking costs a fixed small share of its time."""

METRIC_PAUSE = 0.1          # seconds of training between two points of the training curve
LOOK_PAUSE = 0.3            # seconds of training between two looks (evaluation and snapshot), at least
LOOK_SHARE = 1 / 12         # looking takes this share of the time, at most
STATE_PAUSE = 5.0           # seconds of training between two full states, at least
STATE_SHARE = 1 / 30
WAIT_SHARE = 1 / 200        # waiting for the disk takes this share of the time, at most


class Clock:
    """Counts the processor seconds of a Trainer's thread, so that neighbours do not matter.

    The first look comes after `first` seconds; looking takes the share `share` of the time. With `fixed`, looks come
    every so many steps and points of the curve ten times as often, whatever the time.
    """

    def __init__(self, fixed: int = 0, first: float = LOOK_PAUSE, share: float = LOOK_SHARE):
        self.fixed, self.share = fixed, share
        self.seconds = 0.0
        self._metric = 0.0
        self._next_look = first
        self._next_state = STATE_PAUSE

    def add_step(self, seconds: float) -> None:
        """Count one training step."""
        self.seconds += seconds

    def metric_is_due(self, step: int) -> bool:
        """Whether the training curve gets a point now."""
        if self.fixed:
            return step % self.fixed != 0 and step % max(1, self.fixed // 10) == 0
        if self.seconds - self._metric < METRIC_PAUSE:
            return False
        self._metric = self.seconds
        return True

    def look_is_due(self, step: int) -> bool:
        """Whether to evaluate and keep a snapshot now."""
        return step % self.fixed == 0 if self.fixed else self.seconds >= self._next_look

    def add_look(self, seconds: float) -> None:
        """Count a look, and put the next one off by a multiple of what it cost; the first is dear and not counted."""
        pause = seconds / self.share if self.seconds else 0
        self._next_look = self.seconds + max(LOOK_PAUSE, pause)

    def state_is_due(self) -> bool:
        """Whether to save the full state now."""
        return self.seconds >= self._next_state

    def add_state(self, seconds: float, waited: float = 0.0) -> None:
        """Count a saved state, and put the next one off; `waited` are the seconds that the disk took for it."""
        self._next_state = self.seconds + max(STATE_PAUSE, seconds / STATE_SHARE, waited / WAIT_SHARE)
