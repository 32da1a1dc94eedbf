"""Trains, pauses, resumes, rewinds and explains every family on a device, and compares it with the CPU.

    python -m tests.gpu.compare                  the first accelerator; under eight minutes
    python -m tests.gpu.compare --device cpu     the same code against itself

One line a comparison: what was compared, how far it is apart, how far it may be. The exit status is the number of
comparisons that are further apart than they may be. Everything goes through the engine's own worker, but for the last
part of each family, which moves the same weights to both devices.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from captum import attr
from torch import Tensor, nn

from dlcore.data import images
from dlcore.engine.client import Engine
from dlcore.explain.denoising import Asker, denoise
from dlcore.explain.diffusion_snapshot import times
from dlcore.explain.snapshot import load
from dlcore.models.denoiser import Told
from dlcore.specs.data import ImageData
from dlcore.specs.denoiser import Denoiser
from dlcore.specs.diffusion import Diffusion, DiffusionTraining, learn_from
from dlcore.specs.experiment import Experiment
from dlcore.specs.learning import Learner
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.specs.recurrent import Recurrent, RecurrentTraining
from dlcore.specs.sampling import Sampling
from dlcore.specs.training import Training
from dlcore.specs.transformer import Transformer, TransformerTraining
from dlcore.training.recording import Recording
from dlcore.training.transformer_tasks import to_device
from pages.ui.network import apply_preset

OWNER, PATIENCE = "the comparison", 240
MAY = {"first loss": 1e-3, "held-out loss at the end": 0.1, "outputs": 1e-3, "gradients": 1e-2, "attributions": 1e-2,
       "samples": 1e-2}
SHORT: dict[str, Learner] = {
    "Digits": Experiment(data=ImageData(train_size=2000), training=Training(epochs=3)),
    "Playground": Playground(training=PlaneTraining(epochs=60)),
    "Recurrent": Recurrent(training=RecurrentTraining(epochs=1, batch_size=256)),
    "Transformer": Transformer(training=TransformerTraining(epochs=1)),
    "Points": replace(learn_from(Diffusion(), "swirl"), training=DiffusionTraining(epochs=10, batch_size=256)),
    "Pictures": Diffusion(network=Denoiser(width=8, blocks=1), training=DiffusionTraining(epochs=1, batch_size=1000)),
}
LARGE: dict[str, Learner] = {
    "Digits, MY_NET": apply_preset(Experiment(), "my_net"),
    "Recurrent, 512": replace(Recurrent(), network=replace(Recurrent().network, hidden=512)),
    "Transformer, 256": replace(Transformer(), network=replace(Transformer().network, width=256, heads=8)),
    "Pictures, 64": replace(Diffusion(), network=replace(Diffusion().network, width=64)),
}


@dataclass
class Comparison:
    """What was compared, and how far it is apart, by the largest number of the CPU's."""

    family: str
    what: str
    apart: float
    may: float

    @property
    def holds(self) -> bool:
        return self.apart <= self.may

    def __str__(self) -> str:
        return f"{self.family:12} {self.what:42} {self.apart:10.2e} {self.may:10.2e}  {'' if self.holds else 'TOO FAR'}"


def apart(theirs: Tensor | np.ndarray | float, ours: Tensor | np.ndarray | float) -> float:
    theirs, ours = (np.asarray(one.detach().cpu() if isinstance(one, Tensor) else one, np.float64)
                    for one in (theirs, ours))
    return float(np.abs(theirs - ours).max() / max(np.abs(ours).max(), 1e-12))


# through the engine


class Trained:
    """A run that was trained to its end, with a pause on the way if wanted."""

    def __init__(self, engine: Engine, spec: Learner, pause: bool = False, parent: tuple[str, int] | None = None):
        self.engine = engine
        self.run = engine.start_run(spec, OWNER, parent=parent)
        if pause:
            self.until(lambda view: view.step >= view.total_steps // 3)
            engine.pause(self.run, OWNER)
            if self.until(lambda view: view.state in ("paused", "finished")).state == "paused":
                engine.resume(self.run, OWNER)
        self.until(lambda view: view.state == "finished")
        self.recording = Recording(engine.home / "runs" / self.run)

    def until(self, holds):
        end = time.monotonic() + PATIENCE
        while not holds(view := self.engine.view(self.run)):
            if view.state == "failed" or time.monotonic() > end:
                raise RuntimeError(f"{view.state} at step {view.step}: {view.message}")
            time.sleep(0.02)
        return view

    def losses(self, part: str) -> list[float]:
        return [value for event in self.recording.events() for name, value in event.items()
                if f"{part}_loss" in name and isinstance(value, float)]

    def weights(self, step: int | None = None) -> np.ndarray:
        steps = self.recording.snapshots()
        weights = self.recording.weights(steps[-1] if step is None else step)[1]
        return np.concatenate([np.ravel(weights[name]) for name in sorted(weights)])


def compare_runs(engine: Engine, family: str, spec: Learner, device: str) -> Iterator[Comparison]:
    """Train on both; then on the device with a pause, and once more from a snapshot in the middle."""
    spec = replace(spec, training=replace(spec.training, reproducible=True))
    there = replace(spec, training=replace(spec.training, device=device))
    ours, theirs, paused = Trained(engine, spec), Trained(engine, there), Trained(engine, there, pause=True)
    for part, index, what in (("train", 0, "first loss"), ("held", -1, "held-out loss at the end")):
        ends = [losses[index] for run in (theirs, ours) if (losses := run.losses(part) or run.losses("test"))]
        yield Comparison(family, what, apart(*ends), MAY[what])
    exactly = 0.0 if device == "cpu" else 1e-2  # an accelerator may add up in another order each time
    yield Comparison(family, "weights, paused on the way", apart(paused.weights(), theirs.weights()), exactly)
    steps = theirs.recording.snapshots()
    middle = steps[len(steps) // 2]
    rewound = Trained(engine, there, parent=(theirs.run, middle))
    yield Comparison(family, f"weights, gone on from step {middle}", apart(rewound.weights(), theirs.weights()),
                     exactly if middle in theirs.recording.states() else 1.0)
    yield from compare_answers(engine, family, theirs, device)


# the same weights on both


def compare_answers(engine: Engine, family: str, run: Trained, device: str) -> Iterator[Comparison]:
    snapshot = load({"run": run.run, "step": run.recording.snapshots()[-1]}, engine.home)
    ours, theirs = snapshot.module, deepcopy(snapshot.module).to(device)
    given, answer = question_of(family, snapshot)
    for module in (ours, theirs):
        module.requires_grad_(True)
    here, there = answer(ours, given), answer(theirs, move(given, device))
    yield Comparison(family, "outputs", apart(there, here), MAY["outputs"])
    slopes = [torch.cat([slope.flatten().cpu() for slope in torch.autograd.grad(
        outputs.float().square().mean(), [*module.parameters()], allow_unused=True) if slope is not None])
        for outputs, module in ((there, theirs), (here, ours))]
    yield Comparison(family, "gradients", apart(*slopes), MAY["gradients"])
    if family == "Digits":
        yield from compare_attributions(family, ours, theirs, given, device)
    if family in ("Points", "Pictures"):
        yield compare_samples(family, snapshot, theirs, device)


def question_of(family: str, snapshot):
    """Return an input of a family's network, and the function (module, input) that answers it."""
    if family == "Digits":
        return snapshot.inputs(torch.from_numpy(images.load("mnist").test_images[:64])), lambda module, x: module(x)
    if family == "Playground":
        return snapshot.task.test.x, lambda module, x: module(x)
    if family == "Recurrent":
        batch = torch.from_numpy(snapshot.sequences.batch(0).inputs)
        return batch, lambda module, x: torch.cat([cell(x)[0].flatten() for cell in module.values()])
    if family == "Transformer":
        source, inputs, _ = to_device(snapshot.texts.batch(0), torch.device("cpu"))
        return [source, inputs], lambda module, x: module(*(one for one in x if one is not None))
    x = snapshot.noise(Sampling(), 8)
    told = times(snapshot.tell(Sampling()), 8)
    return [x, torch.linspace(0.1, 1, 8) * 1000, *told], lambda module, x: module(x[0], x[1], Told(*x[2:]))


def move(given, device: str):
    if isinstance(given, list):
        return [None if one is None else one.to(device) for one in given]
    return given.to(device)


def compare_attributions(family: str, ours: nn.Module, theirs: nn.Module, x: Tensor, device: str
                         ) -> Iterator[Comparison]:
    x = x[:4].clone()
    for name, make in {"saliency": attr.Saliency, "integrated gradients": attr.IntegratedGradients,
                       "DeepLift": attr.DeepLift, "occlusion": attr.Occlusion}.items():
        how = {"sliding_window_shapes": (1, 7, 7)} if name == "occlusion" else {}
        there, here = (make(module).attribute(x.to(place).requires_grad_(), target=3, **how)
                       for module, place in ((theirs, device), (ours, "cpu")))
        yield Comparison(family, f"attributions, {name}", apart(there, here), MAY["attributions"])


def compare_samples(family: str, snapshot, theirs: nn.Module, device: str) -> Comparison:
    """Draw from the same noise on both, without fresh noise on the way."""
    sampling = Sampling()
    plan = snapshot.plan(sampling)
    drawn = []
    for module, place in ((theirs, device), (snapshot.module, "cpu")):
        told, away = (Told(*move(list(times(one, 4)), place)) for one in (snapshot.tell(sampling),
                                                                         snapshot.tell_away(sampling)))
        ask = Asker(module, told, away, sampling.guidance)
        *_, last = denoise(ask, snapshot.noise(sampling, 4).to(place), plan)
        drawn.append(last.x_next)
    return Comparison(family, "samples", apart(*drawn), MAY["samples"])


# speed


def measure_speed(engine: Engine, spec: Learner, device: str, seconds: float) -> float:
    """Return the steps a second that a run reaches, counted once it has begun."""
    run = engine.start_run(replace(spec, training=replace(spec.training, device=device)), OWNER)
    end = time.monotonic() + PATIENCE
    while (view := engine.view(run)).step < 3 and view.state != "failed" and time.monotonic() < end:
        time.sleep(0.02)
    begun, first = time.perf_counter(), view.step
    time.sleep(seconds)
    view = engine.view(run)
    rate = (view.step - first) / (time.perf_counter() - begun)
    if view.state == "failed":
        raise RuntimeError(str(view.message))
    engine.stop(run, OWNER)
    return rate


def awake(engine: Engine, device: str) -> None:
    engine.start()
    end = time.monotonic() + PATIENCE
    while not engine.status().ready or device not in engine.status().devices:
        if time.monotonic() > end:
            sys.exit(f"There is no device {device} here; there are: {', '.join(engine.status().devices)}")
        time.sleep(0.1)


def compare(home: Path, device: str, families: tuple[str, ...] = tuple(SHORT), seconds: float = 8.0
            ) -> Iterator[Comparison | str]:
    """Yield every comparison and, where `seconds` are given to each, lines about speed."""
    engine = Engine(home)
    try:
        awake(engine, device)
        for family in families:
            try:
                yield from compare_runs(engine, family, SHORT[family], device)
            except Exception as error:  # noqa: BLE001 (one family that fails must not hide the others)
                yield Comparison(family, f"{type(error).__name__}: {error}", float("inf"), 0.0)
        for name, spec in (LARGE if seconds else {}).items():
            there, here = (measure_speed(engine, spec, place, seconds) for place in (device, "cpu"))
            yield f"{name:20} {there:9.1f} steps/s on {device}, {here:9.1f} on the CPU: {there / here:.2f} times"
    finally:
        engine.close()


def main() -> int:
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    parser = argparse.ArgumentParser("python -m tests.gpu.compare", description=__doc__)
    parser.add_argument("--device", default=f"{found.type}:0" if found else "cpu")
    parser.add_argument("--seconds", type=float, default=8.0, help="for each measurement of speed; 0: none")
    asked = parser.parse_args()
    begun, wrong = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as home:
        for line in compare(Path(home), asked.device, seconds=asked.seconds):
            print(line, flush=True)
            wrong += isinstance(line, Comparison) and not line.holds
    print(f"{wrong} too far apart; {time.monotonic() - begun:.0f} s on {asked.device}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
