"""What a transformer is made of: its layers, parameters, multiplications and memory, without torch."""

from collections.abc import Iterator
from dataclasses import dataclass

from dlcore.specs.texts import sides
from dlcore.specs.transformer import Transformer, kept_numbers, reach, steps_per_epoch


@dataclass(frozen=True)
class TransformerRow:
    """One part: its name is its module's; `shape` is (tokens, numbers), the counts are for one sequence of most tokens.

    `formula` spells the parameters out; where weights are shared with another row they are counted there.
    """

    name: str
    kind: str
    shape: tuple[int, int]
    parameters: int = 0
    formula: str = ""
    multiply_adds: int = 0


def layer_table(spec: Transformer) -> tuple[TransformerRow, ...]:
    """Return the parts of a spec's network, in the order in which they are passed."""
    rows, (source, target), (read, told) = [], reach(spec), sides(spec.data)
    if source:
        rows += _stack(spec, "encoder", read, source, 0)
    rows += _stack(spec, "decoder", told, target, source)
    width = spec.network.width
    head = TransformerRow("head", "linear", (target, told), told, f"{told}", target * width * told)
    return (*rows, head)


def _stack(spec: Transformer, name: str, tokens: int, length: int, memory: int) -> Iterator[TransformerRow]:
    """Yield the rows of an encoder or decoder that reads `length` tokens and looks at `memory` others."""
    network, width = spec.network, spec.network.width
    yield TransformerRow(f"{name}.embedding", "embedding", (length, width), tokens * width, f"{tokens}·{width}")
    if network.positions == "learned":
        yield TransformerRow(f"{name}.positions", "positions", (length, width), length * width, f"{length}·{width}")
    elif network.positions != "none":
        yield TransformerRow(f"{name}.positions", "positions", (length, width))
    for layer in range(network.layers):
        yield from _layer(spec, f"{name}.layers.{layer}", length, memory)
    if network.norm == "pre":
        yield _norm(f"{name}.norm", length, width)


def _layer(spec: Transformer, name: str, length: int, memory: int) -> Iterator[TransformerRow]:
    width, hidden = spec.network.width, spec.network.width * spec.network.feed_forward
    attention = TransformerRow("", "attention", (length, width), 4 * width * (width + 1), f"4·({width}+1)·{width}")
    work = 4 * length * width * width + 2 * length * length * width
    yield _named(attention, f"{name}.attention", work)
    yield _norm(f"{name}.attention_norm", length, width)
    if memory:
        work = 2 * (length + memory) * width * width + 2 * length * memory * width
        yield _named(attention, f"{name}.cross", work)
        yield _norm(f"{name}.cross_norm", length, width)
    yield TransformerRow(f"{name}.feed_forward", "feed_forward", (length, width), 2 * width * hidden + hidden + width,
                         f"({width}+1)·{hidden}+({hidden}+1)·{width}", 2 * length * width * hidden)
    yield _norm(f"{name}.feed_forward_norm", length, width)


def _named(row: TransformerRow, name: str, work: int) -> TransformerRow:
    return TransformerRow(name, row.kind, row.shape, row.parameters, row.formula, work)


def _norm(name: str, length: int, width: int) -> TransformerRow:
    return TransformerRow(name, "norm", (length, width), 2 * width, f"2·{width}")


def count_parameters(spec: Transformer) -> int:
    """Return the number of trainable parameters."""
    return sum(row.parameters for row in layer_table(spec))


def count_multiply_adds(spec: Transformer) -> int:
    """Return the multiply-adds of one sequence's way forward, all pairs of tokens counted."""
    return sum(row.multiply_adds for row in layer_table(spec))


def estimate_memory(spec: Transformer) -> int:
    """Return about how many bytes a running training holds: weights, gradients, moments, and what a batch leaves."""
    logits = 3 * spec.training.batch_size * reach(spec)[1] * sides(spec.data)[1]
    return 60 * 2**20 + 4 * (6 * count_parameters(spec) + kept_numbers(spec) + logits)


def describe(spec: Transformer) -> dict:
    """Return the layer table with its sums, and what a training holds in memory, in bytes."""
    rows = layer_table(spec)
    return {"layers": [row.__dict__ for row in rows], "parameters": count_parameters(spec),
            "multiply_adds": count_multiply_adds(spec), "steps_per_epoch": steps_per_epoch(spec),
            "training_memory": estimate_memory(spec)}
