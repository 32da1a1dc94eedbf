"""The networks that come with the project, made by the same Trainer: python -m dlcore pretrain NAME."""

import json
import time
from collections.abc import Callable
from math import inf
from pathlib import Path

import torch
from safetensors.numpy import save_file

from dlcore.data import images
from dlcore.explain.familiarity import keep_reference, measure
from dlcore.explain.pretrained import FOLDER
from dlcore.explain.snapshot import load_written
from dlcore.specs import codec
from dlcore.specs.data import Augment, ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.learning import Learner
from dlcore.specs.model import RELU, BatchNorm, Block, Conv, Dropout, Flatten, Linear, Network, Pool
from dlcore.specs.training import Training
from dlcore.training.headless import train
from dlcore.training.pretrain_diffusion import DIFFUSIONS, measure_diffusion
from dlcore.training.pretrain_recurrent import DATA, RECURRENT, measure_cells
from dlcore.training.pretrain_transformer import DATA as TEXTS
from dlcore.training.pretrain_transformer import TRANSFORMERS, measure_transformer
from dlcore.training.recording import halved
from dlcore.training.state import to_arrays

MNIST = "MNIST, 60,000 training digits (CC BY-SA 3.0)"


def _stage(channels: int) -> tuple[Block, ...]:
    return Conv(channels=channels), BatchNorm(), RELU


DIGITS = Experiment(
    data=ImageData(augment=Augment(rotation=12, shift=1.5, scale=0.12, thickness=0.8, contrast=0.2)),
    network=Network(blocks=(*_stage(24), *_stage(24), Pool(), *_stage(48), *_stage(48), Pool(), *_stage(64),
                            Dropout(p=0.3), Flatten(), Linear(features=10))),
    training=Training(epochs=12, batch_size=128, learning_rate=0.006, weight_decay=0.02, precision="bfloat16", seed=7),
)
EXPERIMENTS: dict[str, dict[str, Learner]] = {"digits": {"digits": DIGITS}, "recurrent": RECURRENT,
                                            "transformer": TRANSFORMERS, "prompts": DIFFUSIONS}
COMPILED = ("prompts",)  # it takes half a minute and a C++ compiler, and saves a third of the time
BRIEF = 1000             # steps of a budget under which nothing is compiled, and a fifth is measured


def pretrain(command: str, say: Callable[[dict], None], folder: Path = FOLDER, steps: int | None = None) -> None:
    """Train the networks of one of EXPERIMENTS and write them into a folder, each for so many steps at most.

    A small number is for trying the command: the networks are not trained to their end, and their manifests say so.
    """
    for name, experiment in EXPERIMENTS[command].items():
        _pretrain(command, name, experiment, say, folder, steps)


def _pretrain(command: str, name: str, experiment: Learner, say: Callable[[dict], None], folder: Path,
              steps: int | None) -> None:
    """Train a network and write it, in half precision, with its manifest."""
    begun, brief = time.perf_counter(), steps is not None and steps < BRIEF
    trainer = train(experiment, say, compiled=name in COMPILED and not brief, steps=steps or inf)
    data = (DATA | TEXTS).get(getattr(experiment.data, "task", ""), MNIST)
    within = "" if steps is None else f" --steps {steps}"
    manifest = {
        "experiment": codec.to_dict(experiment, whole=True), "command": f"python -m dlcore pretrain {command}{within}",
        "data": data, "step": trainer.step, "finished": trainer.finished,
        "seconds": round(time.perf_counter() - begun, 1), "torch": torch.__version__,
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file({key: halved(value) for key, value in to_arrays(trainer.weights()).items()},
              folder / f"{name}.safetensors")
    _write(name, manifest, folder)
    less = {"seeds": 1, "every": 5} if brief and experiment.kind == "diffusion" else {}
    _write(name, manifest | MEASURES[experiment.kind](name, folder, **less), folder)
    if name == "digits" and not brief:
        made = load_written(name, folder)
        keep_reference(measure(made), made.module, folder)


def measure_accuracy(name: str, folder: Path = FOLDER) -> float:
    """Return the share of the test digits that a pretrained network, as it was written, reads right."""
    snapshot, test = load_written(name, folder), images.load_test(DIGITS.data.dataset)
    read = [snapshot.read(part).argmax(1) for part in torch.from_numpy(test.test_images).split(500)]
    return (torch.cat(read).numpy() == test.test_labels).mean().item()


def _measure_digits(name: str, folder: Path) -> dict[str, float]:
    return {"test_accuracy": measure_accuracy(name, folder)}


MEASURES: dict[str, Callable[..., dict[str, float]]] = {
    "experiment": _measure_digits, "recurrent": measure_cells, "transformer": measure_transformer,
    "diffusion": measure_diffusion}


def _write(name: str, manifest: dict, folder: Path) -> None:
    (folder / f"{name}.json").write_text(json.dumps(manifest, indent=2) + "\n")
