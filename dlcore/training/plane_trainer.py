"""A playground that learns: thousands of epochs a second where the kernel runs, and by autograd where it cannot."""

from pathlib import Path
from time import perf_counter

from torch import Tensor

from dlcore.explain.plane import draw_frame
from dlcore.models.plane import build_plane, set_parameter
from dlcore.specs.changes import Change
from dlcore.specs.plane_network import PARAMETER
from dlcore.specs.playground import Playground
from dlcore.training import state
from dlcore.training.divergence import are_numbers
from dlcore.training.files import Weights
from dlcore.training.plane_autograd import AutogradGear
from dlcore.training.plane_gears import Gear, GearBox
from dlcore.training.plane_memory import PlaneMemory
from dlcore.training.plane_task import PlaneTask
from dlcore.training.precision import open_device
from dlcore.training.pulse import Pace, Pulse
from dlcore.training.recorded import Recorded
from dlcore.training.recording import Recording

CHUNK = 0.01  # seconds between two looks at the clock


class PlaneTrainer(Recorded):
    """Trains one playground; `home` is where uploaded tables are kept, the recording's own by default."""

    experiment: Playground
    settings: Playground

    def __init__(self, experiment: Playground, recording: Recording | None = None, *, start: int | None = None,
                 home: Path | None = None):
        self._home = home or (recording.home if recording else None)
        super().__init__(experiment, recording, start=start)

    def _prepare(self) -> None:
        training = self.experiment.training
        open_device(training.device)
        self.task = PlaneTask(self.experiment, self._home, training.device)
        self.net = build_plane(self.experiment, training.device)
        self.memory = PlaneMemory(self.net, self.experiment)
        self.autograd = AutogradGear(self.memory, self.task)
        self.gears = GearBox(self.autograd, self.experiment)
        self._pulse = Pulse(self.autograd.per_epoch, timed=not training.reproducible)
        self._pace, self._metrics = Pace(), (-1, {})
        self._adopt(self.settings)

    # what the engine asks of it

    @property
    def total_steps(self) -> int:
        """Steps until the end of the last epoch."""
        return self.settings.training.epochs * self.autograd.per_epoch

    @property
    def epoch(self) -> float:
        """Epochs done, with their fraction."""
        return self.step / self.autograd.per_epoch

    @property
    def items_seen(self) -> int:
        """Points shown so far, each as often as it was shown."""
        epochs, steps = divmod(self.step, self.autograd.per_epoch)
        return epochs * len(self.task.train.x) + steps * self.experiment.training.batch_size

    @property
    def rest(self) -> float:
        """The seconds until the pace that was asked for lets it go on."""
        return self._pace.rest(perf_counter())

    def advance(self, seconds: float, until: int | None = None) -> None:
        """Train for about that long, not beyond the step `until`, and as far as the pace allows."""
        end = perf_counter() + seconds
        while not self.over:
            self._look()
            if self.step >= self.total_steps:
                return self._finish()
            goal = self._goal(perf_counter(), until)
            if goal <= self.step or self.over:
                return None
            self._train(goal, min(CHUNK, end - perf_counter()))
            if perf_counter() >= end:
                return None

    def step_once(self) -> None:
        """Train on one single batch, by autograd, and look at what it changed."""
        self._step_to(self.step + 1)

    def step_epoch(self) -> None:
        """Train to the end of the epoch, by autograd, and look at what that changed."""
        self._step_to((self.step // self.autograd.per_epoch + 1) * self.autograd.per_epoch)

    def _step_to(self, goal: int) -> None:
        self._keep_start()
        while self.step < min(goal, self.total_steps) and not self.over:
            self._apply_due()
            self._run(self.autograd, self.step + 1)
        if not self.over:
            self._measure_and_keep()
        if self.step >= self.total_steps:
            self._finish()

    def frame(self) -> dict:
        """Return the picture of this moment; see dlcore.explain.plane."""
        reason = self.gears.reason
        why = {"template": reason.template, "values": reason.values} if reason else None
        return draw_frame(self.net, self.settings, self.step, self.epoch, self.measure()) | {
            "gear": self.gears.current.name, "why": why}

    # how it learns

    def _goal(self, now: float, until: int | None) -> int:
        """Return the step until which nothing has to be done but to train."""
        self._apply_due()
        allowed = self._pace.allowed(now)
        goals = [self.total_steps, self._pulse.next_metric, *(made.step for made in self._pending[:1])]
        goals += [] if until is None else [until]
        return min(goals) if allowed is None else min(*goals, self.step + allowed)

    def _train(self, goal: int, seconds: float) -> None:
        gear = self.gears.choose(self.step, self.settings)
        self._run(gear, min(goal, self.step + self.gears.steps_in(gear, seconds)))

    def _run(self, gear: Gear, goal: int) -> None:
        begun, before = perf_counter(), self.step
        self.step, fine = gear.run(self.step, goal, self.settings)
        self.gears.note(gear, self.step - before, perf_counter() - begun)
        self._pace.spend(self.step - before)
        if not fine:
            self.fail(self.step + 1)  # the step that could not be taken

    def _finish(self) -> None:
        if not self.over:
            self._measure_and_keep(durable=True)
        if not self.over:
            self._tell({"kind": "finished", "step": self.step})
            self.finished = True

    # looking

    def _look(self) -> None:
        now = perf_counter()
        if not self._pulse.metric_is_due(self.step, now):
            return
        if self._tell_metrics() and self._pulse.keep_is_due(self.step, now):
            self._keep()

    def _measure_and_keep(self, durable: bool = False) -> None:
        if self._tell_metrics():
            self._keep(durable)

    def measure(self) -> dict:
        """Return how well the network does now."""
        if self._metrics[0] != self.step:
            self._metrics = self.step, self.task.measure(self.net)
        return self._metrics[1]

    def _tell_metrics(self) -> bool:
        """Add a point to the curves; where the loss is no number, stop. Say whether it was one."""
        metrics = self.measure()
        losses = [metrics["train_loss"], *([metrics["test_loss"]] if len(self.task.test.x) else [])]
        if not are_numbers([*losses, self.net.flat]):
            self.fail(self.step)
            return False
        self._tell({"kind": "metric", "step": self.step, "epoch": round(self.epoch, 5), **metrics})
        self._pulse.note_metric(self.step, perf_counter())
        return True

    # changes on the way

    def _apply(self, change: Change) -> None:
        super()._apply(change)
        name = change.field.removeprefix("network.")
        if PARAMETER.fullmatch(name):
            set_parameter(self.net, self.settings, name, change.value)

    def _adopt(self, settings: Playground) -> None:
        self.settings = settings
        self.net.remove(settings.network.removed)
        self.net.set_dropout(settings.network.dropout)
        self.memory.hold(settings)
        self._pace.set(settings.training.pace * self.autograd.per_epoch, perf_counter())
        self._metrics = -1, {}

    # keeping

    def weights(self) -> dict[str, Tensor]:
        """Return the network's state dict."""
        return self.net.state_dict()

    def save(self) -> None:
        """Keep a snapshot and the full state of this moment, unless the network is lost."""
        if self.diverged is None and self._are_weights_numbers():
            self._keep(durable=True)

    def _keep(self, durable: bool = False) -> None:
        begun = perf_counter()
        self._snapshot(None)
        self._save_state(durable)
        self._pulse.note_keep(self.step, begun, perf_counter() - begun)

    def _full_state(self) -> tuple[Weights, dict]:
        return self.memory.to_arrays(), {}

    def _restore(self, start: int) -> None:
        super()._restore(start)
        self._pulse.note_metric(self.step, perf_counter())

    def _take_full_state(self, arrays: Weights, about: dict) -> None:
        self.memory.take_arrays(arrays)

    def _take_weights(self, weights: Weights) -> None:
        state.load_weights(self.net, weights)
