"""The weights that are offered beside the printed code: every kind's script takes them, and then answers the same."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from dlcore.data.toy import grid
from dlcore.errors import RecordingError
from dlcore.explain.pretrained import PRETRAINED
from dlcore.explain.snapshot import load as open_snapshot
from dlcore.export.diffusion import print_diffusion
from dlcore.export.playground import print_playground
from dlcore.export.pytorch import print_module
from dlcore.export.recurrent import print_recurrent
from dlcore.export.transformer import print_transformer
from dlcore.export.weights import file_name, open_model, pack, print_loading
from dlcore.specs.experiment import Experiment
from dlcore.specs.learning import Learner
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.training.recording import Recording
from dlcore.training.trainers import TRAINERS
from tests.closeness import close

TEXTS = Path(__file__).parents[3] / "assets" / "datasets" / "text"
IMPORTS = "import torch\nfrom torch import nn\n"
UPTO = {"recurrent": "total = EPOCHS", "transformer": "def factor", "diffusion": "def train",
        "playground": "def criterion"}


def printed(spec: Learner) -> str:
    """Return the script of a spec up to its training."""
    if spec.kind == "experiment":
        return f"{IMPORTS}{print_module(spec.network, spec.data)}\nmodel = Net()\n"
    script = {"playground": print_playground, "recurrent": print_recurrent, "transformer": print_transformer,
              "diffusion": print_diffusion}[spec.kind](spec)
    script = re.sub(r"pictures = datasets.*\n.*\n", "", re.sub("from torchvision.*\n", "", script))
    return script.split(UPTO[spec.kind])[0]


@pytest.mark.parametrize("name", PRETRAINED)
def test_the_printed_network_takes_the_weights_of_the_moment(name, tmp_path, monkeypatch):
    """The oracle is the snapshot that the app itself looks at."""
    spec, weights, _step = open_model({"pretrained": name}, tmp_path)
    for text in ("names.txt", "shakespeare.txt"):
        (tmp_path / text).write_bytes((TEXTS / text).read_bytes())
    (tmp_path / file_name(spec)).write_bytes(pack(weights))
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(f"{printed(spec)}\n{print_loading(spec)}", "printed", "exec"), names)
    ours, snapshot = weights, open_snapshot({"pretrained": name}, tmp_path)
    theirs = names.get("models") or {"": names["mean" if spec.kind == "diffusion" else "model"]}
    found = {f"{cell}.{key}".lstrip("."): value for cell, module in theirs.items()
             for key, value in module.state_dict().items()}
    assert found.keys() == ours.keys() and all(np.array_equal(found[key], ours[key]) for key in ours)
    if spec.kind == "experiment":
        x = torch.rand(2, 1, 28, 28)
        assert close(theirs[""].eval()(x), snapshot.module(x))


def test_of_a_run_those_of_the_chosen_snapshot_are_offered_and_answer_as_they_did(tmp_path):
    spec = Playground(training=PlaneTraining(epochs=3))
    trainer = TRAINERS["playground"](spec, Recording.create(tmp_path / "runs" / "a", spec), None)
    while not trainer.finished:
        trainer.advance(1)
    first, last = trainer.recording.snapshots()[0], trainer.recording.snapshots()[-1]
    packed = {step: load(pack(open_model({"run": "a", "step": step}, tmp_path)[1])) for step in (first, last)}
    assert any((packed[first][key] != packed[last][key]).any() for key in packed[first])
    names: dict = {}
    exec(compile(printed(spec), "printed", "exec"), names)
    names["model"].load_state_dict({key: torch.from_numpy(value) for key, value in packed[last].items()})
    points = grid(5)
    with torch.no_grad():
        assert close(names["model"](names["features"](points)), trainer.net(names["features"](points)))


def test_a_network_that_was_never_trained_has_none():
    spec = replace(Experiment())
    with pytest.raises(RecordingError, match="not been trained"):
        open_model({"spec": {"kind": spec.kind}}, Path())
