"""One neuron, and neurons in a line."""

import torch
from torch import Tensor, nn

from dlcore.models.build import ACTIVATIONS
from dlcore.seeds import derive
from dlcore.specs.neuron import LEFT, RIGHT


class Step(nn.Module):
    """The Heaviside step, 1/2 at zero; like the function itself, autograd's derivative is 0 everywhere."""

    def forward(self, z: Tensor) -> Tensor:
        return (1 + torch.sign(z)) / 2


class Softmax(nn.Module):
    """exp(z/T) over the last dimension, divided by its sum."""

    def __init__(self, temperature: float = 1.0):
        super().__init__()
        self.temperature = temperature

    def forward(self, z: Tensor) -> Tensor:
        return torch.softmax(z / self.temperature, -1)


def make_activation(function: str, temperature: float = 1.0) -> nn.Module:
    """Return a module of its own for an activation function."""
    match function:
        case "step":
            return Step()
        case "softmax":
            return Softmax(temperature)
        case _:
            return ACTIVATIONS[function]()


class Neuron(nn.Module):
    """a = f(z), z = w·x + b."""

    def __init__(self, function: str, weights: Tensor, bias: Tensor):
        super().__init__()
        self.weights, self.bias = nn.Parameter(weights), nn.Parameter(bias)
        self.activation = make_activation(function)

    def add_up(self, x: Tensor) -> Tensor:
        """Return z = w·x + b."""
        return x @ self.weights + self.bias

    def forward(self, x: Tensor) -> Tensor:  # (..., inputs)
        return self.activation(self.add_up(x))


class NeuronLine(nn.Module):
    """Layers of neurons side by side between one number and one number; with `function` None they are linear."""

    def __init__(self, neurons: int, layers: int, function: str | None, temperature: float = 1.0):
        super().__init__()
        widths = (1, *(neurons for _ in range(layers)))
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in zip(widths, widths[1:]))
        self.activations = nn.ModuleList(nn.Identity() if function is None else make_activation(function, temperature)
                                         for _ in range(layers))
        self.out = nn.Linear(neurons, 1)

    def hidden(self, x: Tensor) -> Tensor:
        """Return what the neurons of the last layer answer: (points, neurons) for x (points, 1)."""
        for layer, activation in zip(self.layers, self.activations):
            x = activation(layer(x))
        return x

    def forward(self, x: Tensor) -> Tensor:  # (points, 1)
        return self.out(self.hidden(x))  # (points, 1)

    def matrices(self) -> list[tuple[Tensor, Tensor]]:
        """Return the weight matrix and the bias of each layer, from the input to the output."""
        return [(layer.weight, layer.bias) for layer in (*self.layers, self.out)]


def build_line(neurons: int, layers: int, function: str | None, seed: int, temperature: float = 1.0) -> NeuronLine:
    """Return a line of neurons with initial weights that depend on the seed alone.

    The neurons of the first layer begin with z = 0 at places spread over the plane, so that each has its own part of
    the curve to begin with.
    """
    torch.default_generator.manual_seed(derive(seed, "line of neurons"))
    line = NeuronLine(neurons, layers, function, temperature)
    with torch.no_grad():
        first, share = line.layers[0], (torch.arange(neurons) + torch.rand(neurons)) / neurons
        slopes = torch.empty(neurons).uniform_(1, 2.5) * torch.where(torch.rand(neurons) < 0.5, -1.0, 1.0)
        first.weight.copy_(slopes[:, None])
        first.bias.copy_(-slopes * (LEFT + (RIGHT - LEFT) * share))
    return line
