"""The memory that both gears of the playground work in: parameters, gradients and moments, each one flat tensor."""

import torch
from torch import Tensor, nn, optim

from dlcore.errors import RecordingError
from dlcore.models.plane import PlaneNet, is_weight
from dlcore.specs.plane_network import parameter_names
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.training.files import Weights
from dlcore.training.state import FOREIGN, to_arrays

MOMENTS = {"sgd": ("momentum_buffer",), "rmsprop": ("square_avg",), "adam": ("exp_avg", "exp_avg_sq"),
           "adamw": ("exp_avg", "exp_avg_sq")}


class PlaneMemory:
    """A network's flat parameters with their gradients, torch's own optimiser over them, and what must not move."""

    def __init__(self, net: PlaneNet, spec: Playground):
        self.net, self.spec = net, spec
        self.parameter = nn.Parameter(net.flat)  # the same memory, as one parameter
        self.parameter.grad = torch.zeros_like(net.flat)
        at = 0
        for parameter in net.parameters():
            parameter.grad = self.parameter.grad[at: at + parameter.numel()].view(parameter.shape)
            at += parameter.numel()
        self.weights = is_weight(spec, net.flat.numel()).float().to(net.flat.device)  # 1 for what is penalised
        self.free = torch.ones_like(net.flat)                                        # 0 for what must not move
        self.optimizer = make_optimizer(self.parameter, spec.training)
        self.held: Tensor | None = None

    @property
    def gradient(self) -> Tensor:
        """The gradients of all parameters."""
        return self.parameter.grad

    @property
    def moments(self) -> dict[str, Tensor]:
        """The optimiser's state: its moments, each as large as the parameters, and for some its count of steps."""
        return self.optimizer.state[self.parameter]

    def hold(self, spec: Playground) -> None:
        """Let frozen neurons keep their weights and biases, and removed ones also the weights that lead from them."""
        stays = {*spec.network.frozen, *spec.network.removed}
        gone = set(spec.network.removed)
        for index, name in enumerate(parameter_names(spec.sizes)):
            self.free[index] = not (_target(name) in stays or _source(name) in gone)
        self.free[index + 1:] = 1  # a norm's; its neuron's are set below
        self._hold_norms(stays)
        self.held = None if self.free.all() else (self.free == 0).nonzero()[:, 0]

    def _hold_norms(self, stays: set[str]) -> None:
        for number, (_fc, norm, _act, _drop) in enumerate(self.net.stages, 1):
            if norm is not None:
                first = (norm.weight.data_ptr() - self.net.flat.data_ptr()) // self.net.flat.element_size()
                for neuron in range(norm.num_features):
                    places = [first + neuron, first + norm.num_features + neuron]
                    self.free[places] = f"{number}.{neuron + 1}" not in stays

    def set_rates(self, training: PlaneTraining) -> None:
        """Hand the settings of this moment to the optimiser."""
        group = self.optimizer.param_groups[0]
        group["lr"] = training.learning_rate
        if training.optimizer == "sgd":
            group["momentum"] = training.momentum

    def to_arrays(self) -> Weights:
        """Return everything needed to train on, as arrays."""
        return {f"{part}/{name}": value for part, tensors in (("weights", self.net.state_dict()),
                                                              ("moments", self.moments))
                for name, value in to_arrays(tensors).items()}

    def take_arrays(self, arrays: Weights) -> None:
        """Take over what to_arrays returned, in place; RecordingError where it is another network's."""
        own = {f"{part}/{name}": value for part, tensors in (("weights", self.net.state_dict()),
                                                             ("moments", self.moments))
               for name, value in tensors.items()}
        if {name: tuple(value.shape) for name, value in own.items()} != {name: value.shape
                                                                         for name, value in arrays.items()}:
            raise RecordingError(FOREIGN)
        for name, value in arrays.items():
            own[name].copy_(torch.from_numpy(value))


def make_optimizer(parameter: nn.Parameter, training: PlaneTraining) -> optim.Optimizer:
    """Return torch's optimiser over one flat parameter, its moments at zero.

    For AdamW it is Adam: the decay of the weights, which spares the biases, is the gear's own line.
    """
    match training.optimizer:
        case "sgd":
            optimizer = optim.SGD([parameter], training.learning_rate, momentum=training.momentum, fused=True)
        case "rmsprop":
            optimizer = optim.RMSprop([parameter], training.learning_rate, foreach=False)
        case _:
            optimizer = optim.Adam([parameter], training.learning_rate, fused=True)
    moments = {name: torch.zeros_like(parameter) for name in MOMENTS[training.optimizer]}
    count = {} if training.optimizer == "sgd" else {"step": torch.zeros(())}
    optimizer.state[parameter].update(count | moments)
    return optimizer


def _target(name: str) -> str:
    """Return the neuron that a weight leads to, or that a bias belongs to."""
    layer, neuron, *_source = name[1:].split(".")
    return f"{layer}.{neuron}"


def _source(name: str) -> str:
    """Return the neuron that a weight comes from; nothing for a bias."""
    layer, _neuron, *source = name[1:].split(".")
    return f"{int(layer) - 1}.{source[0]}" if source else ""
