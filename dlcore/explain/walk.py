"""The walk through a tape, node by node: forwards, loss, backwards, update, every step with its numbers."""

from collections.abc import Iterator
from dataclasses import dataclass

from dlcore.explain.chain import place_id
from dlcore.explain.loss_lines import loss_lines, loss_slope
from dlcore.explain.symbols import DERIVATIVES, FUNCTIONS, slope, sum_of_products, symbol
from dlcore.explain.tape import Stage, Tape
from dlcore.explain.update_rules import Line, Update
from dlcore.specs.backprop import Backprop

FLAT = 0.05  # a local derivative of at most this is said to be nearly flat


@dataclass(frozen=True)
class Step:
    """One step: what is lit, what becomes known, and the lines that say how.

    `phase` 0 forward, 1 loss, 2 backward, 3 update; `finds` are the ids whose value (backward: gradient, update: new
    value) is known from here on; `value`, `local` and `so_far` are those of the active node.
    """

    phase: int
    kind: str
    at: str
    finds: tuple[str, ...]
    lines: tuple[Line, ...]
    edges: tuple[str, ...] = ()
    value: float | None = None
    local: tuple[float, ...] = ()
    so_far: float | None = None
    note: str = ""
    node: str = ""


def walk(spec: Backprop, tape: Tape, updates: dict[str, Update]) -> list[Step]:
    """Return every step of one example's way through the network and back, and of the update after it."""
    last = len(tape.stages) - 1
    steps = [step for index in range(last) for step in _forward(spec, tape, index)]
    steps.append(_loss(spec, tape))
    steps.append(Step(2, "seed", "L", ("L",), (Line("∂L/∂L", "1", "1", (), 1.0),), value=tape.loss, local=(1.0,),
                      so_far=1.0, node=tape.stages[-1].node.name()))
    steps += [step for index in range(last, -1, -1) for step in _backward(spec, tape, index)]
    return steps + list(_update(tape, updates))


def _forward(spec: Backprop, tape: Tape, index: int) -> Iterator[Step]:
    stage = tape.stages[index]
    for output, value in enumerate(stage.made.tolist()):
        at = place_id(tape, index, output)
        edges, note = (), ""
        if stage.kind == "linear":
            line, edges = _weighted_sum(tape, index, output), weights_into(stage, at)
        elif stage.kind == "activation":
            source, given = place_id(tape, index - 1, output), stage.given[output].item()
            function = FUNCTIONS[spec.activation]
            line = Line(symbol(at), f"{function}({symbol(source)})", f"{function}([0])", (given,), value)
            note = _note(spec, stage, output)
        else:
            line = _log_softmax(tape, index, output)
        yield Step(0, stage.kind, at, (at,), (line,), edges, value=value, note=note, node=stage.node.name())


def weights_into(stage: Stage, at: str) -> tuple[str, ...]:
    """Return the names of the weights, and the bias, of the neuron whose sum is "z1.2"."""
    return (*(f"w{at[1:]}.{source}" for source in range(1, len(stage.given) + 1)), f"b{at[1:]}")


def _weighted_sum(tape: Tape, index: int, output: int) -> Line:
    stage, at = tape.stages[index], place_id(tape, index, output)
    *weights, bias = weights_into(stage, at)
    products = [((symbol(name), stage.weight[output, source].item()),
                 (symbol(place_id(tape, index - 1, source)), stage.given[source].item()))
                for source, name in enumerate(weights)]
    products.append(((symbol(bias), stage.bias[output].item()),))
    return sum_of_products(symbol(at), products, stage.made[output].item())


def _log_softmax(tape: Tape, index: int, output: int) -> Line:
    stage = tape.stages[index]
    names = [symbol(place_id(tape, index - 1, source)) for source in range(len(stage.given))]
    powers = " + ".join(f"e^{{{name}}}" for name in names), " + ".join(f"e^{{[{at}]}}" for at in range(len(names)))
    return Line(symbol(place_id(tape, index, output)), f"{names[output]} − log({powers[0]})",
                f"[{output}] − log({powers[1]})", tuple(stage.given.tolist()), stage.made[output].item())


def _note(spec: Backprop, stage: Stage, output: int) -> str:
    """Return "dead" where no gradient passes an activation, "flat" where hardly any does."""
    local = abs(stage.jacobian[output, output].item())
    return "dead" if local == 0 else "flat" if local <= FLAT and spec.activation != "relu" else ""


def _loss(spec: Backprop, tape: Tape) -> Step:
    return Step(1, f"loss_{spec.loss}", "L", ("L",), loss_lines(spec, tape), value=tape.loss,
                node=tape.stages[-1].node.name())


def _backward(spec: Backprop, tape: Tape, index: int) -> Iterator[Step]:
    """Yield the steps in which a node is called: its weights' gradients first, then those of what it was given."""
    stage = tape.stages[index]
    if stage.kind == "linear":
        yield from (_weights(tape, index, output) for output in range(len(stage.made)))
    for source in range(len(stage.given)):
        yield _given(spec, tape, index, source)


def _weights(tape: Tape, index: int, output: int) -> Step:
    stage, at = tape.stages[index], place_id(tape, index, output)
    names = weights_into(stage, at)
    received = stage.received[output].item()
    inputs = [(symbol(place_id(tape, index - 1, source)), value) for source, value in enumerate(stage.given.tolist())]
    found = [*stage.weight_grad[output].tolist(), stage.bias_grad[output].item()]
    lines = tuple(sum_of_products(slope("L", name), [((slope("L", at), received), factor)], gradient)
                  for name, factor, gradient in zip(names, [*inputs, ("1", 1.0)], found, strict=True))
    return Step(2, "weights", at, names, lines, names, stage.made[output].item(), (*stage.given.tolist(), 1.0),
                received, node=stage.node.name())


def _given(spec: Backprop, tape: Tape, index: int, source: int) -> Step:
    stage, at = tape.stages[index], place_id(tape, index - 1, source)
    outputs = [source] if stage.kind == "activation" else range(len(stage.made))
    if stage.kind == "log_softmax":
        outputs = [output for output in outputs if stage.received[output].item()]
    locals_ = tuple(stage.jacobian[output, source].item() for output in outputs)
    products = [((slope("L", place_id(tape, index, output)), stage.received[output].item()),
                 (_local(spec, tape, index, output, source), local)) for output, local in zip(outputs, locals_)]
    line = sum_of_products(slope("L", at), products, stage.passed[source].item())
    edges = tuple(f"{place_id(tape, index, output).replace('z', 'w')}.{source + 1}" for output in outputs
                  if stage.kind == "linear")
    note = _note(spec, stage, source) if stage.kind == "activation" else ""
    return Step(2, f"through_{stage.kind}", at, (at,), (line,), edges, stage.given[source].item(), locals_,
                stage.passed[source].item(), note, stage.node.name())


def _local(spec: Backprop, tape: Tape, index: int, output: int, source: int) -> str:
    """Return the symbol of a local derivative, written out where that is short."""
    stage = tape.stages[index]
    of, by = place_id(tape, index, output), place_id(tape, index - 1, source)
    match stage.kind:
        case "linear":
            return symbol(f"{of.replace('z', 'w')}.{source + 1}")
        case "activation":
            return DERIVATIVES[spec.activation].format(a=symbol(of), z=symbol(by))
        case "loss":
            return loss_slope(spec, by, source)
        case _:
            return slope(of, by)


def _update(tape: Tape, updates: dict[str, Update]) -> Iterator[Step]:
    for index, stage in enumerate(tape.stages):
        if stage.kind == "linear":
            for output in range(len(stage.made)):
                at = place_id(tape, index, output)
                names = weights_into(stage, at)
                yield Step(3, "update", at, names, tuple(_named(name, updates[name]) for name in names), names)


def _named(name: str, update: Update) -> Line:
    """Return the last line of a weight's update with the weight's own symbol."""
    last = update.lines[-1]
    return Line(symbol(name), last.symbols.replace("w", symbol(name), 1), last.numbers, last.values, last.result)
