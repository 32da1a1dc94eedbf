"""The gradient of one weight as the chain rule has it: a product of local derivatives on each way to the loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from dlcore.explain.tape import Stage, Tape


@dataclass(frozen=True)
class Factor:
    """One local derivative: of what, by what (ids such as "L", "a1.2", "w1.2.1"), and its value."""

    of: str
    by: str
    value: float


@dataclass(frozen=True)
class Path:
    """One way from the loss back to a weight, and the product of its factors."""

    factors: tuple[Factor, ...]

    @property
    def product(self) -> float:
        """The product of the factors."""
        return prod(factor.value for factor in self.factors)


def find_paths(tape: Tape, name: str) -> list[Path]:
    """Return every way from the loss to a weight, the one with the largest product first.

    Of a loss that looks at the true class alone only that way is listed; the others are zero by definition.
    """
    letter, layer, neuron, source = split_name(name)
    here = tape.layers[layer - 1]
    index = tape.stages.index(here)
    last = Factor(place_id(tape, index, neuron), name, 1.0 if letter == "b" else here.given[source].item())
    paths = [Path((*factors, last)) for factors in _ways(tape, len(tape.stages) - 1, 0, index, neuron)]
    if any(path.factors[0].value for path in paths):
        paths = [path for path in paths if path.factors[0].value]
    return sorted(paths, key=lambda path: -abs(path.product))


def _ways(tape: Tape, stage: int, output: int, goal: int, neuron: int) -> Iterator[tuple[Factor, ...]]:
    """Yield the factors from an output of a stage down to a neuron's sum, the output of stage `goal`."""
    if stage == goal:
        if output == neuron:
            yield ()
        return
    here = tape.stages[stage]
    for source in sources_of(here, output):
        factor = Factor(place_id(tape, stage, output), place_id(tape, stage - 1, source),
                        here.jacobian[output, source].item())
        for rest in _ways(tape, stage - 1, source, goal, neuron):
            yield (factor, *rest)


def sources_of(stage: Stage, output: int) -> Iterator[int]:
    """Yield the inputs that an output of a stage depends on: one for an activation, all for the others."""
    yield from (output,) if stage.kind == "activation" else range(len(stage.given))


def place_id(tape: Tape, stage: int, index: int) -> str:
    """Return the id of an output of a stage: "z1.2", "a1.2", "p2" or "L"; stage −1 are the inputs, "x1"."""
    if stage < 0:
        return f"x{index + 1}"
    here = tape.stages[stage]
    if here.kind == "loss":
        return "L"
    if here.kind == "log_softmax":
        return f"p{index + 1}"
    layer = sum(earlier.kind == "linear" for earlier in tape.stages[:stage + 1])
    return f"{'z' if here.kind == 'linear' else 'a'}{layer}.{index + 1}"


def split_name(name: str) -> tuple[str, int, int, int]:
    """Return a weight's letter, its layer (from 1), and the neurons it leads to and comes from (from 0)."""
    layer, neuron, *source = map(int, name[1:].split("."))
    return name[0], layer, neuron - 1, source[0] - 1 if source else -1
