"""A line of neurons learns a curve: the whole of it in every step, with Adam, a little at a time."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dlcore.data.curves import heights, places
from dlcore.models.neuron import NeuronLine, build_line
from dlcore.specs import codec
from dlcore.specs.neuron import Neuron

STEPS = 3_000
RATE = 0.05  # falls to zero along half a cosine


class FitCurve:
    """The Job that trains lines of "widths" neurons, one after the other, on the curve of "neuron" (a plain spec).

    Its result is {"fits": [...]}, the last of them so far; each is told by `Fit.tell`.
    """

    def __init__(self, request: dict, home: Path):
        self._spec: Neuron = codec.from_dict(request["neuron"], "neuron")
        self._fits = [Fit(self._spec, int(width)) for width in request["widths"]]
        self._told: list[dict] = []
        self._at = 0

    @property
    def progress(self) -> float:
        """How much of the work is done."""
        return sum(fit.step for fit in self._fits) / (STEPS * len(self._fits))

    @property
    def finished(self) -> bool:
        """Whether all lines have learned."""
        return self._at == len(self._fits)

    @property
    def result(self) -> dict:
        """What has been learned so far."""
        learning = [] if self.finished else [self._fits[self._at].tell()]
        return {"fits": [*self._told, *learning]}

    def advance(self, seconds: float) -> None:
        """Train for about that long."""
        fit = self._fits[self._at]
        fit.advance(seconds)
        if fit.step == STEPS:
            self._told.append(fit.tell())
            self._at += 1


class Fit:
    """One line of neurons that learns one curve."""

    def __init__(self, spec: Neuron, neurons: int):
        line = spec.line
        self.neurons, self.step, self.linear = neurons, 0, line.linear
        function = None if line.linear else spec.activation
        self.module = build_line(neurons, line.layers, function, line.seed, spec.temperature)
        self.x = torch.from_numpy(places()).float()[:, None]
        self.y = torch.from_numpy(heights(line, places())).float()[:, None]
        self._work = self._train()

    def advance(self, seconds: float) -> None:
        """Take steps for about that long, at least one."""
        end = time.perf_counter() + seconds
        for step in self._work:
            self.step = step
            if time.perf_counter() > end:
                break

    def _train(self) -> Iterator[int]:
        optimizer = torch.optim.Adam(self.module.parameters(), RATE, fused=True)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
        for step in range(STEPS):
            optimizer.zero_grad()
            loss = F.mse_loss(self.module(self.x), self.y)
            loss.backward()
            optimizer.step()
            schedule.step()
            yield step + 1

    @torch.inference_mode()
    def tell(self) -> dict:
        """Return how the line stands, as plain values and arrays.

        "loss", the mean squared error; "output" (points,) and "parts" (neurons, points), what each neuron of the last
        layer adds to it; "matrices", the (weight, bias) of each layer; of a line without activations "product", see
        `multiply`, and "straight", the slope and the intercept read off its output.
        """
        hidden, output = self.module.hidden(self.x), self.module(self.x)
        loss = F.mse_loss(output, self.y).item()
        told = {"neurons": self.neurons, "step": self.step, "steps": STEPS, "loss": loss,
                "output": _array(output[:, 0]),
                "parts": _array((hidden * self.module.out.weight).T),
                "matrices": [(_array(weight), _array(bias)) for weight, bias in self.module.matrices()]}
        return told | (self._straighten() if self.linear else {})

    def _straighten(self) -> dict:
        low, high = self.module(torch.tensor([[0.0], [1.0]])).flatten().tolist()
        return {"product": multiply(self.module), "straight": (high - low, low)}


def multiply(module: NeuronLine) -> tuple[float, float]:
    """Return slope and intercept of a stack of linear layers: W_n ... W_1, and the biases carried through them."""
    slope, intercept = torch.eye(1), torch.zeros(1)
    for weight, bias in module.matrices():
        slope, intercept = weight @ slope, weight @ intercept + bias
    return slope.item(), intercept.item()


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().numpy().copy()
