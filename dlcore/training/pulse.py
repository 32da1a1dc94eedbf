"""When a training of tens or of tens of thousands of epochs a second is measured and kept: always about as often."""

from math import ceil

METRIC_PAUSE, KEEP_PAUSE = 0.1, 0.5  # seconds between two points of the curves, and between two snapshots, at most ...
METRIC_GROWTH, KEEP_GROWTH = 0.05, 0.3  # ... and sooner where the epochs have grown by this share since
KEEP_SHARE = 1 / 12                  # keeping takes this share of the time, at most


class Pulse:
    """Says when to measure and to keep: by the clock, and geometrically in the epochs, for all is decided early on.

    Without the clock (`timed`), which is no two runs' the same, by the epochs alone.
    """

    def __init__(self, per_epoch: int, timed: bool):
        self.per_epoch, self.timed = per_epoch, timed
        self.next_metric = self.next_keep = 0
        self._metric_time = self._keep_time = 0.0

    def metric_is_due(self, step: int, now: float) -> bool:
        """Whether the curves get a point now."""
        return step >= self.next_metric or (self.timed and now >= self._metric_time)

    def note_metric(self, step: int, now: float) -> None:
        """Put the next point off."""
        self.next_metric = self._later(step, METRIC_GROWTH)
        self._metric_time = now + METRIC_PAUSE

    def keep_is_due(self, step: int, now: float) -> bool:
        """Whether to keep a snapshot now."""
        return step >= self.next_keep or (self.timed and now >= self._keep_time)

    def note_keep(self, step: int, now: float, spent: float) -> None:
        """Put the next snapshot off, by a multiple of what this one cost."""
        self.next_keep = self._later(step, KEEP_GROWTH)
        self._keep_time = now + max(KEEP_PAUSE, spent / KEEP_SHARE)

    def _later(self, step: int, share: float) -> int:
        """Return the end of an epoch, so that a run that was interrupted is measured where any other is."""
        epoch = step // self.per_epoch
        return self.per_epoch * (epoch + ceil(max(1, share * epoch)))


class Pace:
    """Lets a training take so many steps a second, or (0) as many as it can."""

    MOST = 0.25    # seconds' worth of steps that are saved up at most
    STRIDE = 0.015  # seconds' worth of steps that are worth a turn

    def __init__(self) -> None:
        self._rate, self._credit, self._counted = 0.0, 0.0, 0.0

    def set(self, rate: float, now: float) -> None:
        """Allow `rate` steps a second from now on."""
        if rate != self._rate:
            self._rate, self._credit, self._counted = rate, min(rate, 1.0), now

    def allowed(self, now: float) -> int | None:
        """Return the steps that may be taken now; None for any number."""
        if not self._rate:
            return None
        most = max(self.MOST * self._rate, 1.0)
        self._credit = min(self._credit + (now - self._counted) * self._rate, most)
        self._counted = now
        return int(self._credit)

    def spend(self, steps: int) -> None:
        """Count steps that were taken."""
        self._credit -= steps

    def rest(self, now: float) -> float:
        """Return the seconds until a turn is worth while."""
        if not self._rate:
            return 0.0
        wanted = max(self.STRIDE * self._rate, 1.0)
        return max(0.0, (wanted - self._credit) / self._rate - (now - self._counted))
