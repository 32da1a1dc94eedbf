"""What one neuron does with its inputs: values by the real module, derivatives by autograd, in float64."""

import numpy as np
import torch
from torch import Tensor, nn

from dlcore.models.neuron import Neuron, make_activation
from dlcore.specs import neuron as specs

POINTS = 401  # of a curve over z
REACHES = (8, 16, 36)  # z from minus to plus; 36 is more than any neuron here can reach
FAINT = 0.01  # a derivative below this lets hardly anything flow back
SIDE = 29  # pixels of a plane over two inputs
SPAN = 3.0


def see_neuron(spec: specs.Neuron) -> dict:
    """Return z, a = f(z), its derivative, a's gradients, and the curve of f and of its derivative around z.

    Arrays: "curve" (3, points): z, f(z), f'(z); "faint" (points,), where the derivative is near zero; "terms",
    "by_input" and "by_weight" (inputs,): w·x and the gradients of a; "by_bias" is that of the bias.
    """
    x = torch.tensor(spec.inputs[: spec.count], dtype=torch.float64, requires_grad=True)
    neuron = Neuron(spec.activation, torch.tensor(spec.weights[: spec.count], dtype=torch.float64),
                    torch.tensor(spec.bias, dtype=torch.float64))
    z = neuron.add_up(x)
    z.retain_grad()
    a = neuron.activation(z)
    a.backward()
    curve = trace(neuron.activation, next(reach for reach in REACHES if abs(z.item()) <= reach))
    return {"z": z.item(), "a": a.item(), "slope": z.grad.item(), "terms": _array(neuron.weights * x),
            "by_input": _array(x.grad), "by_weight": _array(neuron.weights.grad), "by_bias": neuron.bias.grad.item(),
            "curve": curve, "faint": np.abs(curve[2]) < FAINT}


def trace(activation: nn.Module, reach: float) -> np.ndarray:
    """Return z, f(z) and f'(z) at evenly spaced z, as (3, points)."""
    half = POINTS // 2  # counted from the middle, so that zero is among them
    z = (torch.arange(-half, half + 1, dtype=torch.float64) * reach / half).requires_grad_()
    values = activation(z)
    (slopes,) = torch.autograd.grad(values.sum(), z)
    return np.stack([_array(z), _array(values), _array(slopes)])


def see_softmax(spec: specs.Neuron) -> dict:
    """Return the softmax of the logits, "probabilities" (classes,), and its "jacobian" (classes, classes).

    Row i, column j of the Jacobian is how probability i answers to logit j.
    """
    logits = torch.tensor(spec.logits[: spec.classes], dtype=torch.float64)
    softmax = make_activation("softmax", spec.temperature)
    return {"probabilities": _array(softmax(logits)),
            "jacobian": _array(torch.autograd.functional.jacobian(softmax, logits))}


@torch.inference_mode()
def see_planes(spec: specs.Neuron, functions: tuple[str, ...]) -> np.ndarray:
    """Return what a neuron with two inputs answers over the plane of both, (functions, side, side), one a function.

    The first input grows to the right, the second upwards.
    """
    line = torch.linspace(-SPAN, SPAN, SIDE, dtype=torch.float64)
    inputs = torch.stack(torch.meshgrid(line, line.flip(0), indexing="xy"), -1)  # (side, side, 2)
    weights, bias = (torch.tensor(value, dtype=torch.float64) for value in (spec.weights[:2], spec.bias))
    return np.stack([_array(Neuron(function, weights, bias)(inputs)) for function in functions])


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().numpy()
