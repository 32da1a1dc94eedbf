"""The loss of one example, output by output, and its slope, as formulas with numbers."""

from math import exp, log1p

from dlcore.errors import N_, EngineError
from dlcore.explain.chain import place_id
from dlcore.explain.symbols import slope, symbol
from dlcore.explain.tape import TOLERANCE, Tape
from dlcore.explain.update_rules import Line
from dlcore.specs.backprop import Backprop


def loss_lines(spec: Backprop, tape: Tape) -> tuple[Line, ...]:
    """Return a line for each output's part and one for the loss; EngineError where the parts do not add up to it."""
    last = len(tape.stages) - 2
    outputs = [(place_id(tape, last, index), value) for index, value in enumerate(tape.stages[last].made.tolist())]
    if spec.loss == "cross_entropy":
        true = spec.targets.index(max(spec.targets))
        name, value = outputs[true]
        return (Line("L", f"−{symbol(name)}", "−([0])", (value,), _checked(tape, -value)),)
    part = _squared if spec.loss == "mse" else _binary
    lines = [part(index, name, value, target)
             for index, ((name, value), target) in enumerate(zip(outputs, spec.targets, strict=True), 1)]
    names, places = " + ".join(line.of for line in lines), " + ".join(f"[{at}]" for at in range(len(lines)))
    results = tuple(line.result for line in lines)
    mean = _checked(tape, sum(results) / len(lines))
    whole = Line("L", f"({names})/{len(lines)}", f"({places})/{len(lines)}", results, mean)
    return (*lines, whole)


def _checked(tape: Tape, loss: float) -> float:
    if abs(loss - tape.loss) > TOLERANCE * max(1.0, abs(tape.loss)):
        raise EngineError(N_("The scalars of {name} do not add up to what {node} returned."), name="loss",
                          node=tape.stages[-1].node.name())
    return tape.loss


def _squared(index: int, name: str, value: float, target: float) -> Line:
    return Line(f"ℓ_{{{index}}}", f"({symbol(name)} − t_{{{index}}})^{{2}}", "([0] − [1])^{2}", (value, target),
                (value - target) ** 2)


def _binary(index: int, name: str, value: float, target: float) -> Line:
    """Return −t·log σ(z) − (1 − t)·log(1 − σ(z)), computed as (1 − t)·z + log(1 + e^−z), which does not overflow."""
    softplus = log1p(exp(-abs(value))) + max(-value, 0.0)
    z, t = symbol(name), f"t_{{{index}}}"
    return Line(f"ℓ_{{{index}}}", f"(1 − {t})·{z} + log(1 + e^{{−{z}}})", "(1 − [1])·[0] + log(1 + e^{−([0])})",
                (value, target), (1 - target) * value + softplus)


def loss_slope(spec: Backprop, by: str, index: int) -> str:
    """Return the local derivative of the loss by an output, written out."""
    count, target = len(spec.targets), f"t_{{{index + 1}}}"
    match spec.loss:
        case "mse":
            return f"2·({symbol(by)} − {target})/{count}"
        case "bce":
            return f"(σ({symbol(by)}) − {target})/{count}"
        case _:
            return slope("L", by)
