"""One neuron with numbers of one's own, and a line of such neurons that imitates a curve."""

from dataclasses import dataclass, field
from typing import Literal

from dlcore.specs.fields import choice, kind, real, row, switch, whole
from dlcore.specs.model import ACTIVATIONS

ELEMENTWISE = ("sigmoid", "tanh", *(name for name in ACTIVATIONS if name not in ("sigmoid", "tanh")), "step")
FUNCTIONS = (*ELEMENTWISE, "softmax")
CURVES = ("sine", "step", "bump", "drawn")
LEFT, RIGHT, HIGH = -3.0, 3.0, 1.5  # the curves lie between LEFT and RIGHT, and between -HIGH and HIGH
KNOTS = 49  # heights by which a drawn curve is known, evenly spaced from left to right
MOST_INPUTS, MOST_CLASSES, MOST_NEURONS = 3, 5, 16


@dataclass(frozen=True)
class Line:
    """Neurons side by side between one number and one number, and the curve that they shall imitate."""

    kind: Literal["line"] = kind("line")
    curve: str = choice("sine", *CURVES)
    drawn: tuple[float, ...] = row((0.0,) * KNOTS, -HIGH, HIGH)
    neurons: int = whole(6, 1, MOST_NEURONS)
    layers: int = whole(1, 1, 3)
    linear: bool = switch(False)  # no activation between the layers
    seed: int = whole(0, 0, 2**31 - 1)


@dataclass(frozen=True)
class Neuron:
    """One neuron, a = f(w·x + b); for the softmax, which takes several numbers, the logits and their temperature.

    Of `inputs` and `weights` the first `count` are in use, of `logits` the first `classes`.
    """

    kind: Literal["neuron"] = kind("neuron")
    activation: str = choice("sigmoid", *FUNCTIONS)
    count: int = whole(2, 1, MOST_INPUTS)
    inputs: tuple[float, ...] = row((1.0, -0.5, 0.5), -3, 3)
    weights: tuple[float, ...] = row((1.2, 0.8, -0.6), -3, 3)
    bias: float = real(0.3, -6, 6)
    classes: int = whole(3, 3, MOST_CLASSES)
    logits: tuple[float, ...] = row((2.0, 1.0, -0.5, 0.0, -1.0), -5, 5)
    temperature: float = real(1.0, 0.1, 5)
    line: Line = field(default_factory=Line)
