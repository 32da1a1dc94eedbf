"""Which of the playground's two gears trains, and how fast it is."""

from dlcore.errors import N_, DerinError
from dlcore.specs.playground import Playground
from dlcore.training.plane_autograd import AutogradGear

FIRST_RATE = 2_000.0  # steps a second that a gear is first thought to make


class GearBox:
    """Chooses between autograd and the kernel; `reason` says why it is not the kernel."""

    def __init__(self, autograd: AutogradGear, spec: Playground):
        self.autograd = self.current = autograd
        self.reason: DerinError | None = DerinError(N_("The fast gear is not ready yet."))
        self._rates: dict[str, float] = {}

    def choose(self, settings: Playground) -> AutogradGear:
        """Return the gear for the next steps."""
        return self.current

    def steps_in(self, seconds: float) -> int:
        """Return how many steps the current gear makes in some time, at least one."""
        return max(1, int(self._rates.get(self.current.name, FIRST_RATE) * seconds))

    def note(self, gear: AutogradGear, steps: int, seconds: float) -> None:
        """Remember how fast a gear was."""
        self.current = gear
        if steps:
            self._rates[gear.name] = steps / max(seconds, 1e-6)
