"""The default network trained as it is when Train is pressed, and how good it was after how many seconds.

    python -m tests.benchmarks.default_network SEED FOLDER    one training without the engine, as JSON
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from dlcore.engine.client import Engine
from dlcore.limits import NONE
from dlcore.specs.experiment import Experiment
from dlcore.training.recording import Recording

ROOT = Path(__file__).parents[2]
THREADS = 2
TURN = 0.03


@dataclass
class Race:
    """A training: (seconds since the start, step, share of all test digits read right) of every look; its end."""

    looks: list[tuple[float, int, float]]
    seconds: float

    @property
    def rate(self) -> float:
        """Training pictures a second, everything included."""
        return self.looks[-1][1] * Experiment().training.batch_size / self.seconds


def through_trainer(seed: int, folder: Path) -> Race:
    """by itself, with a recording, on two threads."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS), "OMP_WAIT_POLICY": "PASSIVE"}
    told = subprocess.run([sys.executable, "-m", "tests.benchmarks.default_network", str(seed), str(folder)], cwd=ROOT,
                          env=environment, stdout=subprocess.PIPE, check=True).stdout
    return judge(Recording(folder), *json.loads(told))


def through_engine(seed: int, folder: Path) -> Race:
    """through the engine, as when Train is pressed."""
    engine = Engine(folder, limits=NONE)
    engine.start()
    try:
        wait_until_ready(engine)
        begun = time.perf_counter()
        run_id = engine.start_run(default(seed), "benchmark")
        told = follow(engine, run_id, begun)
        return judge(Recording(folder / "runs" / run_id), *told)
    finally:
        engine.close()


def follow(engine: Engine, run_id: str, begun: float) -> tuple[dict[int, float], float]:
    """Return after how many seconds a page could know of each snapshot, and of the end."""
    snapshots, cursor = {}, 0
    while True:
        view = engine.view(run_id, "", cursor)
        cursor = view.cursor
        for event in view.events:
            if event["kind"] == "snapshot":
                snapshots[event["step"]] = time.perf_counter() - begun
        assert view.state in ("queued", "starting", "running", "finished"), view.message
        if view.state == "finished":
            return snapshots, time.perf_counter() - begun
        time.sleep(0.01)


def wait_until_ready(engine: Engine) -> float:
    """Return how long the engine needed to wake."""
    begun = time.perf_counter()
    while not engine.status().ready:
        assert time.perf_counter() - begun < 120, "the engine does not wake"
        time.sleep(0.01)
    return time.perf_counter() - begun


def default(seed: int) -> Experiment:
    return replace(Experiment(), training=replace(Experiment().training, seed=seed))


def judge(recording: Recording, snapshots: dict, seconds: float) -> Race:
    """Read all test digits with every snapshot, outside the clock."""
    import torch

    from dlcore.data import images
    from dlcore.models.build import build
    from dlcore.training.state import load_weights

    experiment, test = recording.experiment, images.load_test("mnist")
    module = build(experiment.network, experiment.data, 0).eval()
    labels = torch.from_numpy(test.test_labels)
    looks = []
    for step in recording.snapshots():
        load_weights(module, recording.weights(step)[1])
        looks.append((snapshots[str(step)] if str(step) in snapshots else snapshots[step], step,
                      accuracy(module, experiment, torch.from_numpy(test.test_images), labels)))
    return Race(looks, seconds)


def accuracy(module, experiment, pictures, labels) -> float:
    """Return the share of pictures that a network reads right, in float32."""
    import torch

    from dlcore.data.batches import pictures_of, prepare
    with torch.inference_mode():
        read = [module(prepare(pictures_of(part), experiment.data)).argmax(1) for part in pictures.split(500)]
    return (torch.cat(read) == labels).float().mean().item()


def race(seed: int, folder: Path) -> tuple[dict[int, float], float]:
    """Train here; return after how many seconds each snapshot was there, and the end."""
    from dlcore.training.trainer import Trainer

    begun, snapshots = time.perf_counter(), {}
    trainer = Trainer(default(seed), Recording.create(folder, default(seed)))
    while not trainer.finished:
        trainer.advance(TURN)
        for event in trainer.take_events():
            if event["kind"] == "snapshot":
                snapshots[event["step"]] = time.perf_counter() - begun
    return snapshots, time.perf_counter() - begun


def main() -> None:
    import torch
    import torch._dynamo  # noqa: F401 (the host has imported it: the first optimiser would)

    from dlcore.data import images
    from dlcore.engine import process

    process.set_allocator()
    process.settle_torch()
    torch.set_num_threads(THREADS)
    images.load("mnist")
    print(json.dumps(race(int(sys.argv[1]), Path(sys.argv[2]))))


if __name__ == "__main__":
    main()
