"""What the lessons' numbers are, computed from the code, the data and the networks that come along."""

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import nn

from dlcore.data import noised
from dlcore.data.images import load as load_images
from dlcore.diffusion.forward import betas_of
from dlcore.diffusion.schedules import PATHS, T, alpha_bar, noise, signal
from dlcore.explain.attribution import attribute
from dlcore.explain.backprop import explain_backprop
from dlcore.explain.neuron import see_softmax, trace
from dlcore.explain.question import pose
from dlcore.explain.snapshot import load
from dlcore.explain.trust import check_sum
from dlcore.models.attention import Attention
from dlcore.models.neuron import make_activation
from dlcore.models.plane import build_plane
from dlcore.models.recurrent import make_layers
from dlcore.specs.backprop import Backprop
from dlcore.specs.data import ImageData
from dlcore.specs.datasets import describe
from dlcore.specs.denoiser import Process
from dlcore.specs.fields import rule_of
from dlcore.specs.model import MY_NET, Conv
from dlcore.specs.neuron import Neuron
from dlcore.specs.plane_network import PlaneNetwork
from dlcore.specs.playground import Playground
from dlcore.specs.recurrent import GATES
from dlcore.specs.saliency import Saliency
from dlcore.specs.shapes import rows_so_far
from dlcore.specs.texts import TASKS, TextData, sides

ROOT = Path(__file__).parents[2]
Numbers = Sequence[float]


def allows(spec: type, name: str, *values: float) -> bool:
    """Return whether a field of a spec takes these values as they are."""
    rule = next(rule_of(declared) for declared in fields(spec) if declared.name == name)
    return all(rule.nearest(value) == value for value in values)


# attribution

def integrated_gradients_are_off_by_about_a_percent() -> bool:
    """Return whether, with 50 steps, most sums are off by about 1 %, and one in twenty by more than 5 %."""
    known, gaps = load({"pretrained": "digits"}, Path()), []
    for digit in load_images("mnist").test_images[:60]:
        asked = pose(known, digit, Saliency(steps=50))
        told = check_sum(asked, "integrated_gradients", attribute(asked, "integrated_gradients"))
        gaps.append(abs(told["sum"] / told["promise"] - 1))
    return 0.003 < np.median(gaps) < 0.015 and 0.02 < np.mean(np.array(gaps) > 0.05) < 0.1


# pictures

@cache
def my_net() -> dict[str, tuple]:
    """Return of each layer of MY_NET on traffic signs its shape and parameters."""
    data = ImageData(dataset="gtsrb", size=describe("gtsrb").side, channels=3)
    rows = rows_so_far(MY_NET, data)
    return {row.name: (row.shape, row.parameters) for row in rows}


def conv_formula(layer: str, channels: int) -> Numbers:
    """Return the numbers of (3·3·channels + 1)·filters = parameters."""
    shape, parameters = my_net()[layer]
    return 3, 3, channels, 1, shape[0], parameters


def linear_formula(maps: int, side: int, units: int = 512) -> Numbers:
    """Return the numbers of (maps·side·side + 1)·units = parameters, of a layer of torch's."""
    with torch.device("meta"):
        layer = nn.Linear(maps * side * side, units)
    return maps, side, side, 1, units, sum(weights.numel() for weights in layer.parameters())


def stamp() -> Numbers:
    """Return the sides of a 3×3 kernel over a colour picture, as a window and as a whole, and its weights."""
    weight = nn.Conv2d(3, 1, 3).weight
    return *weight.shape[2:], *weight.shape[1:], weight.numel()


def keeps_size() -> bool:
    """Whether (k − 1)/2 zeros keep the size at a stride of 1, and a stride of 2 halves it."""
    data = ImageData(size=28)

    def side(kernel: int, stride: int) -> int:
        block = Conv(channels=2, kernel=kernel, padding=(kernel - 1) // 2, stride=stride)
        return rows_so_far((block,), data)[0].shape[-1]

    return all(side(kernel, 1) == 28 and side(kernel, 2) == 14 for kernel in (1, 3, 5, 7))


@cache
def mnist() -> np.ndarray:
    """Return the mean and deviation of MNIST's training pictures, from the pictures."""
    counts = np.bincount(load_images("mnist").train_images.ravel(), minlength=256)
    levels = np.arange(256) / 255
    mean = np.average(levels, weights=counts)
    return np.array([mean, np.sqrt(np.average((levels - mean) ** 2, weights=counts))])


def black() -> Numbers:
    """Return black as a network gets MNIST's."""
    mean, deviation = mnist()
    return [(0 - mean) / deviation]


@cache
def reader() -> tuple[Numbers, Numbers, float]:
    """Return of the network that reads the pad: the size of what it gets, its answers, and their sum."""
    snapshot = load({"pretrained": "digits"}, "")
    scores = snapshot.score(torch.zeros(1, 1, 28, 28))[0]
    return (snapshot.experiment.data.size,) * 2, [len(scores)], float(scores.sum())


def known_digits() -> Numbers:
    """Return how many digits the network that reads the pad has learned from."""
    return [load({"pretrained": "digits"}, "").experiment.data.count]


# diffusion

def squares_add_up() -> bool:
    """Whether α² + σ² = 1 but for the flow, where α + σ = 1 and which is what networks learn with by default."""
    times = np.arange(T + 1)
    squares = {path: signal(path, times) ** 2 + noise(path, times) ** 2 for path in PATHS}
    curved = all(np.allclose(squares[path], 1) for path in PATHS if path != "flow")
    straight = np.allclose(signal("flow", times) + noise("flow", times), 1) and squares["flow"].min() < 0.6
    return curved and straight and Process().path == "flow"


def ends_in_noise() -> bool:
    """Whether at the end the picture's share is below a hundredth and the noise's deviation is 1."""
    return all(signal(path, T) < 0.01 and abs(noise(path, T) - 1) < 1e-4 for path in PATHS)


def signal_ends() -> Numbers:
    """Return ᾱ at the beginning and at the end, of all paths alike in their first four decimals."""
    ends = {(alpha_bar(path)[0], round(alpha_bar(path)[-1], 4)) for path in PATHS}
    return max(ends)


def linear_betas() -> Numbers:
    """Return the first and the last β of the linear schedule."""
    betas = betas_of(alpha_bar("linear"))
    return betas[0], betas[-1]


def half_the_time() -> bool:
    """Whether the linear schedule spends half of the time below a tenth of the variance."""
    return 0.45 < np.mean(alpha_bar("linear") < 0.1) < 0.55


def pixel_range() -> Numbers:
    """Return what black and white become."""
    picture = torch.tensor([[0, 255]], dtype=torch.uint8).view(1, 1, 2).expand(1, 28, 2)
    return [float(value) for value in noised.as_x(picture).flatten()[:2]]


# sequences

def first_gpt() -> Numbers:
    """Return the year and the millions of parameters of Radford et al.: 12 layers of width 768, 40,478 tokens."""
    tokens, places, width, layers = 40_478, 512, 768, 12
    layer = 4 * (width * width + width) + 2 * 4 * width * width + 5 * width + 4 * width
    return [2018, round((tokens * width + places * width + layers * layer) / 1e6)]


def attention_numbers() -> bool:
    """Whether a softmax adds up to 1, a masked score gets 0, and a layer norm brings mean 0 and deviation 1."""
    weights = torch.tensor([0.3, 2.0, float("-inf")]).softmax(0)
    normed = nn.LayerNorm(64, elementwise_affine=False)(torch.randn(5, 64) * 3 + 2)
    return bool(weights[2] == 0 and torch.isclose(weights.sum(), torch.tensor(1.0))
                and normed.mean(1).abs().max() < 1e-5 and (normed.std(1, correction=0) - 1).abs().max() < 1e-3)


def made_of_a_token() -> Numbers:
    """Return how many vectors of its width an attention makes of a token."""
    projection = Attention(64, 4).project_in
    return [projection.out_features / projection.in_features]


def vocabularies() -> bool:
    """Whether the vocabularies have a few dozen to a few hundred tokens."""
    counts = [count for task in TASKS if task != "own" for count in sides(TextData(task=task))]
    return 10 <= min(counts) < 60 and 300 < max(counts) < 1000


def arc_threshold() -> Numbers:
    """Return the hundredths from which a weight has an arc."""
    script = (ROOT / "static/js/arcs.js").read_text(encoding="utf-8")
    return [100 * float(re.search(r"LEAST = ([\d.]+);", script)[1])]


def recurrent_weights() -> Numbers:
    """Return how many times as many recurrent weights as an RNN an LSTM and a GRU have."""
    counts = {cell: make_layers(cell, 8, 16, 1, 0.0).weight_hh_l0.numel() for cell in ("rnn_tanh", "lstm", "gru")}
    return counts["lstm"] / counts["rnn_tanh"], counts["gru"] / counts["rnn_tanh"]


def open_gate_keeps() -> bool:
    """Whether an LSTM's cell state goes on unchanged, with a slope of 1, where the forget gate is open and the input
    gate shut."""
    cell = nn.LSTMCell(1, 1)
    for name, value in zip(("input", "forget"), (-50.0, 50.0)):
        cell.bias_ih.data[GATES["lstm"].index(name)] = value
    before = torch.tensor([[0.7]], requires_grad=True)
    _, after = cell(torch.zeros(1, 1), (torch.zeros(1, 1), before))
    after.sum().backward()
    return bool(torch.isclose(before.grad, torch.ones(1, 1)).all())


def recurrent_temperatures() -> bool:
    """Whether the slider of the temperature reaches 0.3 and 1.5."""
    script = (ROOT / "pages/ui/recurrent/generating.py").read_text(encoding="utf-8")
    low, high = map(float, re.search(r'st.slider\(_\("Temperature"\), ([\d.]+), ([\d.]+),', script).groups())
    return low <= 0.3 < 1.5 <= high


# basics

def coordinates() -> Numbers:
    """Return how many features a network is fed where nothing else is chosen."""
    return [len(PlaneNetwork().features)]


def removed_neuron() -> Numbers:
    """Return what a neuron gives that was removed, anywhere on the plane."""
    spec = Playground()
    net = build_plane(replace(spec, network=replace(spec.network, removed=("1.2",))))
    given = net.trace(torch.randn(50, len(spec.network.features)))[0][:, 1].detach()
    return sorted({float(value) for value in given})



def curve(function: str) -> np.ndarray:
    """Return z, f(z) and f'(z) of an activation function, far in both directions."""
    return trace(make_activation(function), 36)


def bounds(function: str) -> Numbers:
    """Return between what an activation function lies."""
    return curve(function)[1].min(), curve(function)[1].max()


def jacobian_adds_up_to_nothing() -> bool:
    """Whether every row and every column of a softmax's Jacobian adds up to zero."""
    jacobian = see_softmax(Neuron(activation="softmax", logits=(1.0, -0.5, 2.0, 0.3, 0.0), classes=5))["jacobian"]
    return bool(np.abs(jacobian.sum(0)).max() < 1e-12 and np.abs(jacobian.sum(1)).max() < 1e-12)


def dies() -> bool:
    """Whether a bias of −5 leaves each hidden ReLU below zero, with slope 0, and its weights without a gradient."""
    for neuron in (1, 2, 3):
        told = explain_backprop(Backprop(activation="relu", weights=((f"b1.{neuron}", -5.0),)))
        weights = [weight["gradient"] for name, weight in told["weights"].items() if name.startswith(f"w1.{neuron}.")]
        if told["scalars"][f"z1.{neuron}"]["value"] >= 0 or any(weights):
            return False
    return True


def overshoots() -> bool:
    """Whether ten updates bring the loss to nothing with `zero_grad`, and without it down and up again."""
    clean, piled = (explain_backprop(Backprop(zero_grad=cleared, updates=10))["losses"] for cleared in (True, False))
    lowest = int(np.argmin(piled[:4]))
    return clean[10] < 1e-4 and max(piled[lowest + 1:]) > 10 * piled[lowest]


def two_decimals() -> bool:
    """Whether the weights begin with two decimals."""
    values = [weight["value"] for weight in explain_backprop(Backprop())["weights"].values()]
    return all(value == round(value, 2) for value in values)
