"""The playground's network as a torch module whose parameters are views of one flat tensor."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlcore.models.build import ACTIVATIONS
from dlcore.specs.plane_network import parameter_names
from dlcore.specs.playground import Playground


class PlaneNet(nn.Module):
    """Linear layers fc1, fc2 ..., behind all but the last norm, activation and dropout, where they are asked for.

    `flat` holds all parameters one after the other: of each fc its weight (outputs, inputs) and its bias (this is the
    order of dlcore.specs.plane_network.parameter_names), then of each norm its weight and its bias. Whoever changes
    `flat` changes the network.
    """

    def __init__(self, spec: Playground):
        super().__init__()
        sizes, network = spec.sizes, spec.network
        self.count, self.residual = len(network.layers), network.residual
        self.bounded = spec.loss == "squared" and not spec.data.regression  # tanh on the outputs, for targets of ±1
        for number, pair in enumerate(zip(sizes, sizes[1:]), 1):
            self.add_module(f"fc{number}", nn.Linear(*pair))
        for number, layer in enumerate(network.layers, 1):
            if network.batch_norm:
                self.add_module(f"norm{number}", nn.BatchNorm1d(layer.neurons))
            if layer.activation != "none":
                self.add_module(f"act{number}", ACTIVATIONS[layer.activation]())
            self.add_module(f"drop{number}", nn.Dropout(network.dropout))
        self.stages = [tuple(self._modules.get(f"{name}{number}") for name in ("fc", "norm", "act", "drop"))
                       for number in range(1, self.count + 2)]
        self.links = [(fc.weight, fc.bias) for fc, *_behind in self.stages]  # read here, they cost a step less
        self.keeps: dict[int, Tensor] = {}  # of layers with removed neurons: 0 for those, 1 for the others
        self.flat = self._flatten()
        self.remove(network.removed)

    def _flatten(self) -> Tensor:
        """Lay all parameters out in one tensor."""
        parameters = list(self.parameters())
        flat, at = torch.cat([parameter.detach().flatten() for parameter in parameters]), 0
        for parameter in parameters:
            parameter.data = flat[at: at + parameter.numel()].view(parameter.shape)
            at += parameter.numel()
        return flat

    def remove(self, names: tuple[str, ...]) -> None:
        """Let these neurons give 0 from now on, and all others work."""
        self.keeps = {}
        for name in names:
            layer, number = map(int, name.split("."))
            width = getattr(self, f"fc{layer}").out_features
            self.keeps.setdefault(layer, torch.ones(width, device=self.flat.device))[number - 1] = 0

    def train(self, mode: bool = True) -> "PlaneNet":
        """Switch what computes otherwise in training: the norms and dropout (all modules would cost a frame 0.2 ms)."""
        self.training = mode
        for _fc, norm, _act, drop in self.stages[:-1]:
            drop.training = mode
            if norm is not None:
                norm.training = mode
        return self

    def set_dropout(self, share: float) -> None:
        """Set the share of numbers that dropout sets to zero."""
        for _fc, _norm, _act, drop in self.stages[:-1]:
            drop.p = share

    def trace(self, x: Tensor) -> list[Tensor]:
        """Return what each hidden layer gives, and at last the outputs, for features (points, features)."""
        given = []
        for number in range(1, self.count + 1):
            x = self._hidden(number, x)
            given.append(x)
        x = F.linear(x, *self.links[-1])
        return [*given, torch.tanh(x) if self.bounded else x]

    def _hidden(self, number: int, x: Tensor) -> Tensor:
        _fc, norm, act, drop = self.stages[number - 1]
        h = F.linear(x, *self.links[number - 1])  # (points, neurons)
        h = h if norm is None else norm(h)
        h = h if act is None else act.forward(h)  # without a look for hooks: half the time
        h = drop(h) if drop.p else h
        h = h + x if self.residual and h.shape == x.shape else h
        return h * self.keeps[number] if number in self.keeps else h

    def trace_rows(self, x: Tensor) -> list[Tensor]:
        """Return what `trace` does, with a row a neuron (neurons, points), for features (features, points).

        Of thousands of points it takes half the time: each neuron's numbers lie together.
        """
        given = []
        for number in range(1, self.count + 1):
            x = self._hidden_rows(number, x)
            given.append(x)
        x = _weigh(self.stages[-1][0], x)
        return [*given, torch.tanh(x) if self.bounded else x]

    def _hidden_rows(self, number: int, x: Tensor) -> Tensor:
        fc, norm, act, drop = self.stages[number - 1]
        h = _weigh(fc, x)  # (neurons, points)
        h = h if norm is None else norm(h.T).T
        h = h if act is None else act(h)
        h = drop(h) if drop.p else h
        h = h + x if self.residual and h.shape == x.shape else h
        return h * self.keeps[number][:, None] if number in self.keeps else h

    def forward(self, x: Tensor) -> Tensor:  # (points, features)
        return self.trace(x)[-1]  # (points, outputs)


def _weigh(fc: nn.Linear, x: Tensor) -> Tensor:
    """Return W·x + b for a point a column."""
    return torch.addmm(fc.bias[:, None], fc.weight, x)


def build_plane(spec: Playground, device: str = "cpu") -> PlaneNet:
    """Return the network with PyTorch's own initial weights, which depend on the seed alone, and those set by hand."""
    torch.default_generator.manual_seed(spec.training.seed)
    net = PlaneNet(spec).to(device)
    if net.flat.device.type != device.split(":")[0]:
        net.flat = net._flatten()
    for name, value in spec.network.weights:
        set_parameter(net, spec, name, value)
    return net


def set_parameter(net: PlaneNet, spec: Playground, name: str, value: float) -> None:
    """Set a weight ("w1.2.1") or a bias ("b1.2") by hand."""
    net.flat[list(parameter_names(spec.sizes)).index(name)] = value


def is_weight(spec: Playground, total: int) -> Tensor:
    """Return for each of a network's `total` parameters whether it is a weight of a link, which penalties are for."""
    names = [name.startswith("w") for name in parameter_names(spec.sizes)]
    return torch.tensor(names + [False] * (total - len(names)))
