"""Every printed script gives the same figures each time it is run, whatever was drawn before it."""

import random
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.data import TensorDataset

from dlcore.export.diffusion import print_diffusion
from dlcore.export.notes import print_notes
from dlcore.export.playground import print_playground
from dlcore.export.pytorch import print_script
from dlcore.export.recurrent import print_recurrent
from dlcore.export.transformer import print_transformer
from dlcore.specs.changes import Change
from dlcore.specs.data import Augment, ImageData
from dlcore.specs.denoiser import Denoiser
from dlcore.specs.diffusion import Diffusion, DiffusionData, DiffusionTraining, learn_from
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import RELU, BatchNorm, Conv, Dropout, Flatten, Linear, Network
from dlcore.specs.plane import DATASETS, PlaneData
from dlcore.specs.plane_network import Layer, PlaneNetwork
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.specs.recurrent import Recurrent, RecurrentNetwork, RecurrentTraining
from dlcore.specs.sampling import Sampling
from dlcore.specs.sequences import TASKS, WAVES, SequenceData
from dlcore.specs.texts import TextData
from dlcore.specs.training import Training
from dlcore.specs.transformer import Transformer, TransformerNetwork, TransformerTraining

pytestmark = pytest.mark.usefixtures("one_thread")

TEXTS = Path(__file__).parents[3] / "assets" / "datasets" / "text"
DENSE = Network(blocks=(Flatten(), Linear(features=10)))
DROPPED = Network(blocks=(Conv(channels=2, stride=4), BatchNorm(), RELU, Dropout(p=0.5), Flatten(),
                          Linear(features=10)))
PICTURES = {
    "all": Experiment(network=DROPPED), "a subset": Experiment(network=DENSE, data=ImageData(train_size=500)),
    "some left out": Experiment(network=DENSE, data=ImageData(train_size=500, without=(1, 5))),
    "augmented": Experiment(network=DROPPED, data=ImageData(train_size=500, again=(2, 4), times=2, augment=Augment(
        rotation=10, shift=2, scale=0.1, brightness=0.2))),
    "left in train()": Experiment(network=DROPPED, training=Training(eval_mode=False)),
}
CELLS = RecurrentNetwork(cells=("rnn_tanh", "gru"), hidden=4, embedding=3, layers=2, dropout=0.2)
SEQUENCES = [*(SequenceData(task=task, length=12, delay=5) for task in TASKS if task != "series"),
             *(SequenceData(task="series", length=12, wave=wave) for wave in WAVES if wave != "column")]
LETTERS = TransformerNetwork(layers=1, heads=2, width=16, context=32, dropout=0.2)
POINTS = learn_from(Diffusion(training=DiffusionTraining(precision="float32")), "swirl")
DIFFUSIONS = {
    "points": replace(POINTS, data=replace(POINTS.data, points=200), network=Denoiser(hidden=8, layers=1),
                      training=replace(POINTS.training, batch_size=100, epochs=1)),
    "digits": Diffusion(DiffusionData(train_size=500), network=Denoiser(width=8, blocks=1, time=16),
                        training=DiffusionTraining(batch_size=250, epochs=1, precision="float32")),
}


def of_numbers(root: str, train: bool, download: bool, transform=None):
    """Stand in for a data set of torchvision: 600 pictures of noise, the same in every run."""
    draws = torch.Generator().manual_seed(5)
    pictures, labels = torch.randint(256, (600, 28, 28), generator=draws, dtype=torch.uint8), torch.arange(600) % 10
    if transform is None:
        return SimpleNamespace(data=pictures, targets=labels)
    from torchvision.transforms.functional import to_pil_image

    dataset = TensorDataset(pictures, labels)
    dataset.__class__ = type("Pictures", (TensorDataset,), {"__getitem__": lambda self, index: (
        transform(to_pil_image(self.tensors[0][index])), int(self.tensors[1][index]))})
    return dataset


def run(script: str, capsys) -> tuple[str, dict[str, torch.Tensor]]:
    """Run a script after draws that have nothing to do with it; return what it prints, and the weights it ends in."""
    for library in (torch, random, np.random):
        library.seed()
    names: dict = {"datasets": SimpleNamespace(MNIST=of_numbers), "save_image": lambda *_given, **_how: None}
    script = script.replace("import datasets, transforms", "import transforms")
    exec(compile(re.sub(r"from torchvision.* import (datasets|save_image)\n", "", script), "printed", "exec"), names)
    models = names["models"] if "models" in names else {"model": names.get("mean", names["model"])}
    weights = {f"{model}.{name}": value for model, module in models.items() for name, value in
               module.state_dict().items()}
    return capsys.readouterr().out, weights


def gives_the_same(script: str, capsys) -> str:
    """Run a script twice; both must print and learn the same. Return what it prints."""
    (first, weights), (second, again) = run(script, capsys), run(script, capsys)
    assert first == second and re.search(r"\d", first)
    assert all(torch.equal(value, again[name]) for name, value in weights.items())
    return first


@pytest.mark.parametrize("name", PICTURES)
def test_of_pictures(name, capsys):
    assert "read right" in gives_the_same(print_script(PICTURES[name]), capsys)


@pytest.mark.parametrize("dataset", [name for name in DATASETS if name not in ("table", "own")])
def test_of_points_on_a_plane(dataset, capsys):
    network = PlaneNetwork(layers=(Layer(3, "tanh"),), dropout=0.2)
    gives_the_same(print_playground(Playground(PlaneData(dataset=dataset, points=40), network, PlaneTraining(
        epochs=2, batch_size=8))), capsys)


@pytest.mark.parametrize("data", SEQUENCES, ids=lambda data: f"{data.task} {data.wave}")
def test_of_recurrent_cells(data, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("names.txt", "shakespeare.txt"):
        (tmp_path / name).write_bytes((TEXTS / name).read_bytes())
    script = print_recurrent(Recurrent(data, CELLS, RecurrentTraining(epochs=1, batch_size=4)))
    gives_the_same(re.sub(r"STEPS = 1, \d+", "STEPS = 1, 3", script), capsys)


@pytest.mark.parametrize("task", ["reverse", "plays", "repeat"])
def test_of_transformers(task, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shakespeare.txt").write_bytes((TEXTS / "shakespeare.txt").read_bytes())
    spec = Transformer(TextData(task=task, length=4), LETTERS, TransformerTraining(batch_size=4))
    gives_the_same(re.sub(r"STEPS, WARMUP = \d+", "STEPS, WARMUP = 3", print_transformer(spec)), capsys)


@pytest.mark.parametrize("name", DIFFUSIONS)
def test_of_diffusions(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    gives_the_same(print_diffusion(DIFFUSIONS[name], Sampling(count=1, steps=1)), capsys)


# what is left out

@pytest.mark.parametrize(("blocks", "said"), [
    ((Flatten(), Linear(features=10)), "that changes nothing here, for there is neither dropout nor batch norm"),
    ((Flatten(), Dropout(p=0.0), Linear(features=10)), "that changes nothing here"),
    ((Flatten(), Dropout(p=0.5), Linear(features=10)), "is forgotten: dropout stays on\n"),
    ((Conv(channels=2), BatchNorm(), Flatten(), Linear(features=10)), "is forgotten: batch norm goes on using"),
    ((Conv(channels=2), BatchNorm(), Flatten(), Dropout(), Linear(features=10)), "dropout stays on and batch norm"),
])
def test_what_a_forgotten_eval_does_is_said_of_the_network_that_is_printed(blocks, said):
    code = print_script(Experiment(network=Network(blocks=blocks), training=Training(eval_mode=False)))
    assert said in code and code.count("model.eval()") == 1
    assert "dropout stays on" in code or "dropout stays on" not in said


def notes(script: str) -> str:
    """Return the comment at the top of a script, on one line."""
    return " ".join(line.lstrip("# ") for line in script.split("\n\n")[0].splitlines() if line.startswith("#"))


BY_HAND = (Change(3, "training.learning_rate", 0.5), Change(5, "training.epochs", 7))


@pytest.mark.parametrize(("script", "said", "unsaid"), [
    (print_script(replace(PICTURES["all"], changes=BY_HAND)), ["training.epochs = 7 at step 5", "bfloat16"],
     ["learning_rate", "subset"]),
    (print_script(replace(PICTURES["a subset"], training=Training(precision="float32"))), ["pictures of the subset"],
     ["bfloat16", "by hand"]),
    (print_script(replace(PICTURES["all"], training=Training(reproducible=True))), ["dropout"], ["bfloat16"]),
    (print_playground(Playground(training=PlaneTraining(optimizer="adamw", l2=0.1))), ["decays the biases too"],
     ["by hand", "frozen"]),
    (print_playground(Playground(training=PlaneTraining(optimizer="adam", l2=0.1), changes=(
        Change(1, "network.w1.1.2", 0.5), Change(2, "network.frozen.1.3", True), Change(3, "network.dropout", 0.1)))),
     ["network.frozen.1.3 = True at step 2, network.dropout = 0.1 at step 3"], ["decay", "w1.1.2"]),
    (print_recurrent(Recurrent(changes=BY_HAND)), ["learning_rate = 0.5 at step 3", "held out", "bfloat16"], []),
    (print_transformer(Transformer(changes=BY_HAND)), ["bfloat16"], ["by hand", "dropout"]),
    (print_transformer(Transformer(network=LETTERS, training=TransformerTraining(device="cuda", precision="bfloat16"))),
     ["dropout", "the device cuda"], ["bfloat16"]),
])
def test_a_script_says_at_its_top_what_it_leaves_out(script, said, unsaid):
    told = notes(script)
    assert told.startswith("What the training on the page has and this script leaves out")
    assert all(part in told for part in said) and not any(part in told for part in unsaid)
    assert max(map(len, script.split("\n\n")[0].splitlines())) <= 110
    compile(script, "printed", "exec")


def test_a_script_that_leaves_nothing_out_says_nothing():
    assert print_notes([]) == "" and print_diffusion(DIFFUSIONS["points"]).startswith("import hashlib")
    changed = replace(DIFFUSIONS["points"], changes=BY_HAND)
    assert print_diffusion(changed).startswith("import hashlib")  # both changes are made in its loop
