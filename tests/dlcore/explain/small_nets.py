"""Small networks with weights of their own, as snapshots, and a digit to explain."""

import torch

from dlcore.data.images import load_test
from dlcore.explain.snapshot import Snapshot
from dlcore.models.build import build
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import Activation, BatchNorm, Conv, Dropout, Flatten, Linear, Network, Pool

SEVEN = load_test("mnist").test_images[0]
RELU = Activation()
CONVOLUTIONS = (Conv(channels=4), BatchNorm(), RELU, Pool(), Conv(channels=6, padding=0), Pool(), BatchNorm(), RELU,
                Dropout(), Flatten(), Linear(features=12), BatchNorm(), RELU, Linear(features=10))


def snapshot(*blocks, data=None, seed=0) -> Snapshot:
    """Return an untrained network whose batch norms have seen something."""
    experiment = Experiment(network=Network(blocks=blocks or CONVOLUTIONS), data=data or ImageData())
    module = build(experiment.network, experiment.data, seed).eval()
    draw = torch.Generator().manual_seed(seed)
    for layer in module.modules():
        if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            for tensor, low, high in ((layer.running_mean, -0.3, 0.3), (layer.running_var, 0.5, 2),
                                      (layer.weight.data, 0.5, 1.5), (layer.bias.data, -0.3, 0.3)):
                tensor.uniform_(low, high, generator=draw)
    return Snapshot(experiment, module, 0)


def without_convolution(function="relu") -> Snapshot:
    """Return a small network of linear layers."""
    return snapshot(Flatten(), Linear(features=16), Activation(function), Linear(features=10))
