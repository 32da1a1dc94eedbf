"""Which of the playground's two gears trains, and how fast it is."""

from time import perf_counter

from dlcore.errors import N_, DerinError
from dlcore.specs.playground import Playground
from dlcore.training import kernel_cache
from dlcore.training.plane_autograd import AutogradGear
from dlcore.training.plane_kernel import KernelGear, why_not

Gear = AutogradGear | KernelGear
FIRST_RATE = 2_000.0  # steps a second that a gear is first thought to make
PATIENCE = 0.3        # seconds between two looks for a kernel that is being compiled
COMPILING = N_("The fast gear is being compiled: once for this computer, it takes some seconds. Until then autograd "
               "trains.")
NO_COMPILER = N_("The fast gear could not be compiled here, so autograd trains.")


class GearBox:
    """Chooses between autograd and the kernel; `reason` says why it is not the kernel."""

    def __init__(self, autograd: AutogradGear, spec: Playground):
        self.autograd, self.current = autograd, autograd
        self.kernel: KernelGear | None = None
        self.reason: DerinError | None = why_not(spec)
        self._checked: Playground | None = None
        self._asked = 0.0
        self._rates: dict[str, float] = {}

    def choose(self, step: int, settings: Playground) -> Gear:
        """Return the gear for the next steps: the kernel, once it has been found to do as autograd does."""
        if settings is not self._checked:
            self._consider(step, settings)
        return self.autograd if self.reason else self.kernel

    def _consider(self, step: int, settings: Playground) -> None:
        self.reason = why_not(settings) or self._find()
        if self.reason is None:
            self.reason = self.kernel.check(step, settings)
        if self.kernel is not None or why_not(settings) or kernel_cache.has_failed():
            self._checked = settings

    def _find(self) -> DerinError | None:
        """Look for the kernel, now and then; return why there is none."""
        now = perf_counter()
        if self.kernel is None and now - self._asked > PATIENCE:
            self._asked = now
            if (found := kernel_cache.find_kernel()) is not None:
                self.kernel = KernelGear(found, self.autograd)
        if self.kernel is not None:
            return None
        return DerinError(NO_COMPILER if kernel_cache.has_failed() else COMPILING)

    def steps_in(self, gear: Gear, seconds: float) -> int:
        """Return how many steps a gear makes in some time, at least one."""
        return max(1, int(self._rates.get(gear.name, FIRST_RATE) * seconds))

    def note(self, gear: Gear, steps: int, seconds: float) -> None:
        """Remember how fast a gear was."""
        self.current = gear
        if steps:
            self._rates[gear.name] = steps / max(seconds, 1e-6)
