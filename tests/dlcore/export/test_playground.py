"""The printed playground does what the playground does: the same points, the same network, a loss that falls."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dlcore.data.toy import make_points
from dlcore.export.playground import print_playground
from dlcore.models.plane import build_plane
from dlcore.specs.changes import Change
from dlcore.specs.plane import DATASETS, PlaneData
from dlcore.specs.plane_network import FEATURES, Layer, PlaneNetwork
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.training.plane_task import PlaneTask
from tests.closeness import close

OWN = ((1.25, -2.0, 1), (0.5, 0.5, 0))
MADE = [name for name in DATASETS if name != "table"]


def execute(spec: Playground, upto: str) -> dict:
    """Run the printed script up to a line, and return what it has made."""
    script = print_playground(spec)
    assert upto in script
    made: dict = {}
    exec(compile(script.split(upto)[0], "printed", "exec"), made)  # noqa: S102
    return made


@pytest.mark.parametrize("dataset", MADE)
@pytest.mark.parametrize("own", [(), OWN])
def test_the_points_are_those_of_the_page(dataset, own):
    own = own or (OWN if dataset == "own" else ())
    data = PlaneData(dataset=dataset, classes=4, points=60, train_share=70, noise=15, seed=3, own=own)
    made, wanted = execute(Playground(data=data), "class Net"), make_points(data, Path())
    assert close(made["train_points"], wanted.train)
    assert close(made["train_targets"], wanted.train_targets)
    assert close(made["test_points"], wanted.test) and len(made["test_y"]) == len(wanted.test)


@pytest.mark.parametrize("network", [
    PlaneNetwork(), PlaneNetwork(layers=()),
    PlaneNetwork(features=FEATURES, layers=(Layer(3, "relu"), Layer(3, "none"))),
    PlaneNetwork(layers=(Layer(4, "gelu"), Layer(4, "silu")), residual=True, removed=("1.2", "2.4")),
    PlaneNetwork(layers=(Layer(5, "elu"),), batch_norm=True, dropout=0.3),
    PlaneNetwork(weights=(("b1.2", -1.5), ("w2.1.3", 2.0))),
])
@pytest.mark.parametrize("loss", ["cross_entropy", "squared"])
def test_the_network_and_its_loss_are_those_of_the_page_from_the_first_weights_on(network, loss):
    """The oracle is the page's own module: the same seed gives the same weights and the same outputs."""
    spec = Playground(network=network, training=PlaneTraining(seed=7, loss=loss))
    made = execute(spec, "\nfor epoch")
    module, task = build_plane(spec).eval(), PlaneTask(spec, Path())
    model = made["model"].eval()
    with torch.no_grad():
        outputs = module(task.test.x)
        assert close(model(made["test_x"]), outputs)
        printed = made["criterion"](model(made["test_x"]), made["test_y"])
        assert torch.allclose(printed, task.loss(outputs, task.test.targets))


@pytest.mark.parametrize("data", [PlaneData(dataset="rings", classes=3), PlaneData(dataset="multi_gauss")])
@pytest.mark.parametrize("loss", ["cross_entropy", "squared"])
def test_more_classes_and_numbers_have_the_page_s_loss(data, loss):
    spec = Playground(data=data, training=PlaneTraining(loss=loss))
    made, module, task = execute(spec, "\nfor epoch"), build_plane(spec), PlaneTask(spec, Path())
    with torch.no_grad():
        printed = made["criterion"](made["model"](made["x"]), made["y"])
        assert close(printed, task.loss(module(task.train.x), task.train.targets))


def test_the_whole_script_runs_and_learns_with_everything_in_it(tmp_path):
    spec = Playground(
        data=PlaneData(own=OWN, noise=0),
        network=PlaneNetwork(layers=(Layer(6), Layer(6)), residual=True, frozen=("1.2",), removed=("2.1",),
                             dropout=0.05),
        training=PlaneTraining(epochs=40, optimizer="adam", learning_rate=0.01, l1=0.0001, l2=0.001),
        changes=(Change(5, "training.learning_rate", 0.02), Change(9, "network.w1.1.2", 0.5),
                 Change(12, "network.frozen.1.3", True)))
    path = tmp_path / "printed.py"
    path.write_text(print_playground(spec))
    ran = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert float(ran.stdout.split("%")[0].split()[-1]) > 95


def test_a_frozen_neuron_keeps_its_weights_in_the_printed_loop():
    spec = Playground(network=PlaneNetwork(frozen=("1.2",)), training=PlaneTraining(epochs=2, l1=0.01))
    made = execute(replace(spec), "\nmodel.eval()")
    first = build_plane(spec)
    learned, before = made["model"].fc1, first.fc1
    assert np.array_equal(learned.weight[1].detach(), before.weight[1].detach())
    assert not np.array_equal(learned.weight[0].detach(), before.weight[0].detach())
