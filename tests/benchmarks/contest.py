"""Two ways to train MY_NET, each in a process of its own (an allocator's settings hold for a whole process).

    python -m tests.benchmarks.contest textbook FOLDER
    python -m tests.benchmarks.contest ours

One JSON order a line on standard input, one answer a line on standard output; whoever has no order sleeps.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
THREADS = 2


class Contestant:
    """One of the two processes, as the benchmark holds it."""

    def __init__(self, name: str, *arguments: str):
        environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS), "OMP_WAIT_POLICY": "PASSIVE"}
        self.process = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.contest", name, *arguments],
                                        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.answer()

    def ask(self, order: str, *values: int) -> dict:
        """Give an order and wait for the answer: its seconds by the clock, and of processors; what was asked for."""
        self.process.stdin.write(json.dumps([order, *values]).encode() + b"\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> dict:
        line = self.process.stdout.readline()
        assert line, f"the process ended: {self.process.wait(5)}"
        return json.loads(line)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Ours:
    """Our Trainer on the same network, data and optimiser."""

    def __init__(self):
        import torch

        from dlcore.data import images
        from dlcore.engine import process

        process.set_allocator()
        process.settle_torch()
        torch.set_num_threads(THREADS)
        self.test = images.load("mnist")

    def begin(self, seed: int) -> None:
        from dlcore.training.trainer import Trainer
        self.trainer = Trainer(experiment(seed))

    def train(self, steps: int) -> dict:
        """Train so many steps; the seconds of the looks in between are told apart."""
        looking, end = 0.0, self.trainer.step + steps
        while self.trainer.step < end:
            before, begun = self.trainer.step, time.perf_counter()
            self.trainer.advance(0)
            looking += (time.perf_counter() - begun) * (self.trainer.step == before)
        return {"looking": looking}

    def evaluate(self, first: int, last: int) -> int:
        import torch

        from dlcore.training.evaluation import Evaluator
        part = slice(first, last)
        pictures, labels = (torch.from_numpy(half[part]) for half in (self.test.test_images, self.test.test_labels))
        *_, evaluation = Evaluator(self.trainer.experiment, pictures, labels).run(self.trainer.module,
                                                                                 self.trainer.precision)
        return round(evaluation.accuracy * (last - first))


def experiment(seed: int):
    """Return what the textbook trains, as our spec."""
    from dlcore.specs.data import Augment, ImageData
    from dlcore.specs.experiment import Experiment
    from dlcore.specs.model import MY_NET, Network
    from dlcore.specs.training import Training

    training = Training(batch_size=64, epochs=5, optimizer="adam", learning_rate=1e-3, weight_decay=1e-4,
                        schedule="constant", seed=seed)
    data = ImageData(size=48, channels=3, augment=Augment(rotation=10, brightness=0.2, contrast=0.2))
    return Experiment(data=data, network=Network(blocks=MY_NET), training=training)


def serve(contestant) -> None:
    """Follow orders until there are no more."""
    say({"ready": True})
    for line in sys.stdin:
        order, *values = json.loads(line)
        begun, worked = time.perf_counter(), time.process_time()
        result = getattr(contestant, order)(*values)
        say({"seconds": time.perf_counter() - begun, "worked": time.process_time() - worked, "result": result})


def say(answer: dict) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "ours":
        serve(Ours())
    else:
        from tests.benchmarks.textbook import Textbook, unpack
        unpack(Path(sys.argv[2]))
        serve(Textbook(Path(sys.argv[2])))
