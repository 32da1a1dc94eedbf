"""How fast the playground learns: the kernel beside autograd on the same memory, and how long a frame takes.

    python -m pytest tests/benchmarks/measure_playground.py -s
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
import torch
import torch.nn.functional as F

from dlcore.engine.process import set_allocator
from dlcore.explain.plane import draw_frame
from dlcore.specs.plane_network import FEATURES, Layer, PlaneNetwork
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.training import kernel_cache
from dlcore.training.plane_kernel import KernelGear
from dlcore.training.plane_trainer import PlaneTrainer
from tests.benchmarks.figures import Figure, seconds_of, show, sized

NETWORKS = {"2-4-2-1": PlaneNetwork(), "7-8x6-1": PlaneNetwork(FEATURES, (Layer(6),) * 8)}
SETTINGS = {"tanh, squared loss, SGD": PlaneTraining(loss="squared", pace=0, epochs=1_000_000),
            "cross-entropy, Adam": PlaneTraining(optimizer="adam", learning_rate=0.003, pace=0, epochs=1_000_000)}
LEAST = {("2-4-2-1", "tanh, squared loss, SGD"): 150, ("7-8x6-1", "tanh, squared loss, SGD"): 34,
         ("2-4-2-1", "cross-entropy, Adam"): 75, ("7-8x6-1", "cross-entropy, Adam"): 17}
ROUNDS = sized(4, 10)
MOST_FRAME = {"kernel": 5, "autograd": 15}


@pytest.fixture(autouse=True)
def as_in_a_worker() -> Iterator[None]:
    """One thread, and the allocator and the arithmetic of the engine's workers."""
    before = torch.get_num_threads()
    set_allocator()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    yield
    torch.set_num_threads(before)


def opened(network: str, setting: str) -> tuple[PlaneTrainer, KernelGear]:
    kernel_cache.compile_kernel()
    trainer = PlaneTrainer(Playground(network=NETWORKS[network], training=SETTINGS[setting]))
    kernel = KernelGear(kernel_cache.find_kernel(), trainer.autograd)
    assert kernel.check(0, trainer.settings) is None
    return trainer, kernel


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("network", NETWORKS)
def test_epochs_a_second_in_both_gears(network, setting):
    trainer, kernel = opened(network, setting)
    gears = {"autograd": (trainer.autograd, 10), "kernel": (kernel, 1500)}
    speeds: dict[str, list[float]] = {"autograd": [], "kernel": [], "bare": []}
    bare = bare_loop(trainer)
    step = 0
    for _ in range(ROUNDS):
        for name, (gear, epochs) in gears.items():
            steps, seconds = epochs * gear_steps(trainer), time.perf_counter()
            step, fine = gear.run(step, step + steps, trainer.settings)
            speeds[name].append(epochs / (time.perf_counter() - seconds))
            assert fine
        speeds["bare"].append(10 / seconds_of(lambda: [bare() for _ in range(10)]))
    ratios = [fast / slow for fast, slow in zip(speeds["kernel"], speeds["autograd"])]
    others = [fast / slow for fast, slow in zip(speeds["kernel"], speeds["bare"])]
    show(f"{network}, 250 points, batch 10, {setting}", [
        Figure("autograd gear", speeds["autograd"], "epochs/s"),
        Figure("bare loop (F.linear, autograd.grad, foreach SGD)", speeds["bare"], "epochs/s"),
        Figure("kernel", speeds["kernel"], "epochs/s"),
        Figure("kernel over autograd gear", ratios, "times", least=LEAST[network, setting]),
        Figure("kernel over bare loop", others, "times"),
    ])


def gear_steps(trainer: PlaneTrainer) -> int:
    return trainer.autograd.per_epoch


def bare_loop(trainer: PlaneTrainer) -> Callable[[], None]:
    """Return one epoch of the leanest loop over real autograd that we know, with plain SGD and the squared loss."""
    sizes, task = trainer.experiment.sizes, trainer.task
    weights = [torch.randn(outputs, inputs, requires_grad=True) for inputs, outputs in zip(sizes, sizes[1:])]
    biases = [torch.zeros(outputs, requires_grad=True) for outputs in sizes[1:]]
    parameters, targets = [*weights, *biases], 2 * task.train.targets - 1

    def epoch() -> None:
        order = torch.randperm(len(task.train.x))
        for x, y in zip(task.train.x[order].split(10), targets[order].split(10)):
            for weight, bias in zip(weights, biases):
                x = torch.tanh(F.linear(x, weight, bias))
            gradients = torch.autograd.grad((x - y).square().mean() / 2, parameters)
            with torch.no_grad():
                torch._foreach_add_(parameters, gradients, alpha=-0.03)

    return epoch


@pytest.mark.parametrize("network", NETWORKS)
def test_a_whole_frame(network):
    trainer, kernel = opened(network, "tanh, squared loss, SGD")
    samples: dict[str, list[float]] = {"kernel": [], "autograd": [], "its pictures": []}
    step = 0
    for _ in range(8 * ROUNDS):
        for gear in (trainer.autograd, kernel):
            begun = time.perf_counter()
            step, _ = gear.run(step, step + trainer.autograd.per_epoch, trainer.settings)
            samples[gear.name].append(1000 * (time.perf_counter() - begun + picture_seconds(trainer, step)))
        samples["its pictures"].append(1000 * picture_seconds(trainer, step))
    show(f"A frame of {network}: an epoch, both losses, every neuron over 100x100 points, as sent", [
        Figure(f"with the {name}" if name in MOST_FRAME else name, samples[name], "ms",
               most=MOST_FRAME.get(name) if network == "7-8x6-1" else None) for name in samples])


def picture_seconds(trainer: PlaneTrainer, step: int) -> float:
    return seconds_of(lambda: draw_frame(trainer.net, trainer.settings, step, 0.0, trainer.task.measure(trainer.net)))


def test_the_trainer_as_the_engine_runs_it():
    """What is left of the kernel's speed with points of the curves, frames ten times a second, and turns of 30 ms."""
    speeds = []
    for network in NETWORKS:
        trainer, _ = opened(network, "tanh, squared loss, SGD")
        trainer.advance(0.3)
        begun, before, framed = time.perf_counter(), trainer.epoch, 0.0
        while time.perf_counter() - begun < 1.0:
            trainer.advance(0.03)
            if time.perf_counter() - framed > 0.1:
                framed = time.perf_counter()
                trainer.frame()
        speeds.append(Figure(f"{network}, kernel, watched", [(trainer.epoch - before) / (time.perf_counter() - begun)],
                             "epochs/s"))
    show("The Trainer with everything around it", speeds)


def test_the_first_use_of_the_kernel():
    """What a worker waits for that the host has not given the kernel: importing numba and loading machine code."""
    kernel_cache.compile_kernel()
    code = ("import time; begun = time.perf_counter(); from dlcore.training import kernel_cache; "
            "kernel_cache.find_kernel(); print(time.perf_counter() - begun)")
    took = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
            for _ in range(sized(2, 5))]
    show("The kernel's first use", [Figure("import and load", took, "s")])


def test_gears_share_their_memory():
    """So that the figures above are of one and the same network."""
    trainer, kernel = opened("2-4-2-1", "cross-entropy, Adam")
    assert kernel.flat.__array_interface__["data"][0] == trainer.net.fc1.weight.data_ptr()
