"""The networks that come with the project, made by the same Trainer: python -m dlcore pretrain NAME."""

import json
import time
from collections.abc import Callable

import torch
from safetensors.numpy import save_file

from dlcore.data import images
from dlcore.explain.pretrained import FOLDER
from dlcore.explain.snapshot import load
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


def pretrain(command: str, say: Callable[[dict], None]) -> None:
    """Train the networks of one of EXPERIMENTS and write them into assets/models."""
    for name, experiment in EXPERIMENTS[command].items():
        _pretrain(command, name, experiment, say)


def _pretrain(command: str, name: str, experiment: Learner, say: Callable[[dict], None]) -> None:
    """Train a network and write it, in half precision, with its manifest."""
    begun = time.perf_counter()
    trainer = train(experiment, say, compiled=name in COMPILED)
    data = (DATA | TEXTS).get(getattr(experiment.data, "task", ""), MNIST)
    manifest = {
        "experiment": codec.to_dict(experiment, whole=True), "command": f"python -m dlcore pretrain {command}",
        "data": data, "step": trainer.step,
        "seconds": round(time.perf_counter() - begun, 1), "torch": torch.__version__,
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    save_file({key: halved(value) for key, value in to_arrays(trainer.weights()).items()},
              FOLDER / f"{name}.safetensors")
    _write(name, manifest)
    _write(name, manifest | MEASURES[experiment.kind](name))


def measure_accuracy(name: str) -> float:
    """Return the share of the test digits that a pretrained network, as it was written, reads right."""
    snapshot, test = load({"pretrained": name}, FOLDER), images.load_test(DIGITS.data.dataset)
    read = [snapshot.read(part).argmax(1) for part in torch.from_numpy(test.test_images).split(500)]
    return (torch.cat(read).numpy() == test.test_labels).mean().item()


def _measure_digits(name: str) -> dict[str, float]:
    return {"test_accuracy": measure_accuracy(name)}


MEASURES: dict[str, Callable[[str], dict[str, float]]] = {
    "experiment": _measure_digits, "recurrent": measure_cells, "transformer": measure_transformer,
    "diffusion": measure_diffusion}


def _write(name: str, manifest: dict) -> None:
    (FOLDER / f"{name}.json").write_text(json.dumps(manifest, indent=2) + "\n")
