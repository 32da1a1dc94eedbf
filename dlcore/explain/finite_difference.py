"""A gradient checked by a finite difference whose step is chosen, and how many digits of it that can show.

A large step misses the bend of the loss, a small one is lost in the rounding of float64: the slope of a tiny gradient
is the small difference of two losses of sixteen digits. So steps of all sizes are tried, in proportion to the weight,
and the one is taken whose error, from both together, is the smallest; what is smaller than that cannot be told apart.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from dlcore.explain.tape import Stage, Tape

EPSILON = 2.0**-53   # the relative error of one rounding in float64
LARGEST = 1 / 16     # the largest step, relative to weights larger than 1
HALVINGS = 26        # of it
MOST_DIGITS = 15
SAFE = 4             # times the error to first order

Function = Callable[[float], float]  # of one weight


@dataclass(frozen=True)
class Check:
    """A gradient by finite difference beside the one of the tape; `error` is how far the former may be off.

    `digits` of the two are the same when they are written, of `shown` that the difference can show. The `verdict` is
    "agrees", "differs", "kink" (a ReLU bends within the step, so that both sides have slopes of their own), "zero", or
    "unseen": too small to be seen in losses of sixteen digits.
    """

    step: float
    plus: float
    minus: float
    estimate: float
    gradient: float
    error: float
    bends: bool = False

    @property
    def relative(self) -> float:
        """The difference of the two, relative to the larger."""
        largest = max(abs(self.estimate), abs(self.gradient))
        return abs(self.estimate - self.gradient) / largest if largest else 0.0

    @property
    def digits(self) -> int:
        """How many significant digits of the two are the same when they are written, rounded."""
        return next((count for count in range(MOST_DIGITS, 0, -1)
                     if f"{self.estimate:.{count - 1}e}" == f"{self.gradient:.{count - 1}e}"), 0)

    @property
    def shown(self) -> int:
        """How many significant digits of the slope the finite difference can show."""
        largest = max(abs(self.estimate), abs(self.gradient))
        return sum(largest > 2 * self.error * 10 ** (count - 1) for count in range(1, MOST_DIGITS + 1))

    @property
    def verdict(self) -> str:
        """What the comparison says."""
        if abs(self.estimate - self.gradient) > self.error:
            return "kink" if self.bends else "differs"
        if not self.gradient:
            return "zero"
        return "agrees" if self.shown and self.digits else "unseen"


def check_gradient(loss_at: Function, rounding_at: Function, weight: float, gradient: float) -> Check:
    """Compare a weight's gradient with (L(w + h) − L(w − h)) / 2h, in float64.

    The functions return the loss for a value of the weight, and how far rounding may have put it off.
    """
    largest = LARGEST * max(1.0, abs(weight))
    here, far = rounding_at(weight), _worst(rounding_at, weight, largest)
    steps = [largest / 2**halving for halving in range(HALVINGS)]
    found = [(step, *_difference(loss_at, weight, step)) for step in steps]
    checks = []
    for (*_, first), (*_, second), (step, plus, minus, third) in zip(found, found[1:], found[2:]):
        bent = max(abs(third - second), abs(second - first) / 4)  # three times the error to first order
        noise = SAFE * (here + max(far - here, 0) * step / largest) / step
        checks.append((bent + noise, bent, Check(step, plus, minus, third, gradient, 0.0)))
    _, bent, best = min(checks, key=lambda found: found[0])
    noise = SAFE * max(here, _worst(rounding_at, weight, best.step)) / best.step
    return replace(best, error=bent + noise, bends=_bends(loss_at, weight, replace(best, error=bent + noise)))


def _worst(rounding_at: Function, weight: float, step: float) -> float:
    return max(rounding_at(weight + step), rounding_at(weight - step))


def _difference(loss_at: Function, weight: float, step: float) -> tuple[float, float, float]:
    """Return the losses a step above and below, and the slope between them."""
    above, below = weight + step, weight - step
    plus, minus = loss_at(above), loss_at(below)
    return plus, minus, (plus - minus) / (above - below)


def _bends(loss_at: Function, weight: float, check: Check) -> bool:
    """Whether the slopes on both sides differ, and no less so nearer by: a smooth loss would look ever straighter."""
    middle, half = loss_at(weight), check.step / 2
    wide = (check.plus - middle) - (middle - check.minus)
    near = (loss_at(weight + half) - middle) - (middle - loss_at(weight - half))
    return abs(near) > check.error * half and abs(near) > 0.4 * abs(wide)


def rounding_of(tape: Tape) -> float:
    """Return how far the loss may be off by rounding, to first order: of every number on the way, by its gradient."""
    return EPSILON * sum((stage.received.abs() * _terms(stage)).sum().item() for stage in tape.stages)


def _terms(stage: Stage) -> torch.Tensor:
    """Return by how many roundings of size 1 each output of a stage may be off."""
    given, made = stage.given.abs(), stage.made.abs()
    match stage.kind:
        case "linear":
            return (len(given) + 1) * (stage.weight.abs() @ given + stage.bias.abs())
        case "log_softmax":
            return (len(given) + 2) * ((stage.given.max() - stage.given) + made + 1)
        case "loss":
            return (len(given) + 2) * (given.sum() + made + 1 if "Binary" in stage.node.name() else made)
        case _:
            return 2 * (made + 1e-300)
