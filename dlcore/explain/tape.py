"""The autograd tape of one example: every grad_fn node of a loss, called by hand, and its numbers scalar by scalar.

A node that is called with the gradient of its output returns the gradients of its inputs, and `next_functions` says
whose outputs those are: calling them one after the other is what `loss.backward()` does. A node works on whole
vectors and matrices; `expand` takes them apart into scalars and checks that these add up to what the node returned.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node

from dlcore.errors import N_, EngineError

KINDS = {"AddmmBackward0": "linear", "LogSoftmaxBackward0": "log_softmax", "MseLossBackward0": "loss",
         "NllLossBackward0": "loss", "BinaryCrossEntropyWithLogitsBackward0": "loss"}
TOLERANCE = 1e-9  # relative to what is added up, in float64


@dataclass
class Stage:
    """One node of the tape between the loss and the inputs, with what goes through it both ways.

    Forward `given` (inputs,) becomes `made` (outputs,); backward the node is called with `received`, the gradient of
    `made`, and returns `passed`, the gradient of `given`, and for a linear layer those of its weight and bias.
    `jacobian[k, i]` is the local derivative of output k by input i: what the node returns for a one at output k.
    """

    name: str
    kind: str  # linear | activation | log_softmax | loss
    node: Node
    given: Tensor
    made: Tensor
    received: Tensor
    passed: Tensor
    jacobian: Tensor
    weight: Tensor | None = None
    bias: Tensor | None = None
    weight_grad: Tensor | None = None
    bias_grad: Tensor | None = None


@dataclass
class Tape:
    """The stages from the inputs to the loss, and how exactly their scalars add up (the largest difference)."""

    stages: list[Stage]
    loss: float
    difference: float = 0.0
    layers: list[Stage] = field(init=False)

    def __post_init__(self) -> None:
        self.layers = [stage for stage in self.stages if stage.kind == "linear"]


def record(module: nn.Sequential, loss_of: nn.Module, inputs: Tensor, target: Tensor) -> Tape:
    """Send an example (1, inputs) forwards through the module, then call every node backwards from the loss.

    The parameters' nodes are called too, so each `.grad` grows by this pass's gradient. EngineError where the scalars
    do not add up.
    """
    point = inputs.clone().requires_grad_(True)
    names, values = {}, {}
    hooks = [layer.register_forward_hook(_note(name, names, values)) for name, layer in module.named_children()]
    try:
        loss = loss_of(module(point), target)
    finally:
        for hook in hooks:
            hook.remove()
    with torch.no_grad():
        calls = call_nodes(loss)
        stages = _stages(calls, names, values, point.detach()[0], loss.detach().reshape(1), module)
        return Tape(stages, loss.item(), max(map(expand, stages)))


def _note(name: str, names: dict, values: dict):
    def hook(_layer: nn.Module, _given: tuple, made: Tensor) -> None:
        names[made.grad_fn], values[made.grad_fn] = name, made.detach()[0]

    return hook


def call_nodes(loss: Tensor) -> list[tuple[Node, Tensor, tuple]]:
    """Call the nodes of a loss, each once all who use its output have returned; return (node, received, returned)."""
    received = {loss.grad_fn: torch.ones_like(loss)}
    calls = []
    for node in _in_order(loss.grad_fn):
        returned = node(received[node])
        returned = returned if isinstance(returned, tuple) else (returned,)
        calls.append((node, received[node], returned))
        for (user, _slot), gradient in zip(node.next_functions, returned):
            if user is not None:
                gradient = _as_large_as_its_variable(gradient, user)
                received[user] = received[user] + gradient if user in received else gradient
    return calls


def _as_large_as_its_variable(gradient: Tensor, user: Node) -> Tensor:
    """Return a parameter's gradient summed over what was broadcast, as autograd does (a bias serves every row)."""
    return gradient.sum_to_size(user.variable.shape) if hasattr(user, "variable") else gradient


def _in_order(last: Node) -> list[Node]:
    """Return the nodes such that each comes after all who use its output."""
    order, seen = [], set()

    def visit(node: Node) -> None:
        if node not in seen:
            seen.add(node)
            for source, _slot in node.next_functions:
                if source is not None:
                    visit(source)
            order.append(node)

    visit(last)
    return order[::-1]


def _stages(calls: list, names: dict, values: dict, point: Tensor, loss: Tensor, module: nn.Module) -> list[Stage]:
    """Return the stages in the forward direction, without the nodes of the parameters."""
    on_the_way = [call for call in calls if call[0] in names or call[0].name() in KINDS]
    stages, given = [], point
    for node, received, returned in reversed(on_the_way):
        kind = KINDS.get(node.name(), "activation")
        made = loss if kind == "loss" else values[node] if node in values else node._saved_result.detach()[0]
        slot = 1 if kind == "linear" else 0
        stage = Stage(names.get(node, kind), kind, node, given, made, received.reshape(-1), returned[slot][0],
                      _jacobian(node, received, slot))
        if kind == "linear":
            _add_parameters(stage, module.get_submodule(stage.name), returned)
        stages.append(stage)
        given = made
    return stages


def _add_parameters(stage: Stage, layer: nn.Linear, returned: tuple) -> None:
    stage.weight, stage.bias = layer.weight.detach().clone(), layer.bias.detach().clone()
    stage.weight_grad, stage.bias_grad = returned[2].T, returned[0].reshape(-1)


def _jacobian(node: Node, received: Tensor, slot: int) -> Tensor:
    """Return the local derivatives (outputs, inputs): the node called with a one at each output in turn."""
    ones = torch.eye(received.numel(), dtype=received.dtype).reshape(-1, *received.shape)
    rows = [node(one) for one in ones]
    return torch.stack([(row[slot] if isinstance(row, tuple) else row)[0] for row in rows])


def expand(stage: Stage) -> float:
    """Return the largest difference between a node's scalars, summed, and what it returned; EngineError if it matters.

    It is relative to the sizes of what is summed, so that tiny gradients are compared as closely as others.
    Backward every node: gradient times local derivative, summed over the outputs. A linear one also forward: products
    of weight and input, summed, plus the bias; and its weights' gradients: that of the sum times the input.
    """
    received = stage.received[:, None]
    pairs = [(received * stage.jacobian, stage.passed)]  # terms (..., sums), and what they are to add up to (sums,)
    if stage.kind == "linear":
        pairs += [(torch.cat([(stage.weight * stage.given).T, stage.bias[None]]), stage.made),
                  (received * stage.weight, stage.passed), ((received * stage.given)[None], stage.weight_grad),
                  (stage.received[None], stage.bias_grad)]
    differences = [_difference(terms, whole) for terms, whole in pairs]
    if max(differences) > TOLERANCE:
        raise EngineError(N_("The scalars of {name} do not add up to what {node} returned."), name=stage.name,
                          node=stage.node.name())
    return max(differences)


def _difference(terms: Tensor, whole: Tensor) -> float:
    """Return the largest difference of sums of terms from what they are to be, relative to the terms' sizes."""
    apart, size = (terms.sum(0) - whole).abs(), terms.abs().sum(0)
    return torch.where(apart > 0, apart / size, 0).max().item()  # a difference from nothing is infinite
