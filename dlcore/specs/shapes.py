"""Shapes, counts and costs of a network, computed without building it (and without torch)."""

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

from dlcore.errors import N_, NetworkError
from dlcore.specs.data import ImageData
from dlcore.specs.model import MAX_BLOCKS, Block, Conv, Network, Pool, named_blocks

if TYPE_CHECKING:
    from dlcore.specs.experiment import Experiment

MAX_PARAMETERS = 40_000_000
MAX_ACTIVATIONS = 3 * 2**30
FLOAT = 4


@dataclass(frozen=True)
class LayerRow:
    """One layer: `shape` without the batch, counts for one picture, `memory` in bytes of float32 output."""

    name: str
    block: int
    kind: str
    shape: tuple[int, ...]
    parameters: int = 0
    formula: str = ""
    multiply_adds: int = 0
    receptive_field: int = 1

    @property
    def memory(self) -> int:
        """Bytes of this layer's output for one picture."""
        return FLOAT * prod(self.shape)


@dataclass(frozen=True)
class _Place:
    """Where we are in the network: the shape so far, and what one of its units sees of the input."""

    shape: tuple[int, ...]
    field: int
    jump: int
    size: int


def layer_table(network: Network, data: ImageData) -> tuple[LayerRow, ...]:
    """Return one row a layer; raise NetworkError at the first block that cannot be built."""
    return _walk(network.blocks, data, complete=True)


def rows_so_far(blocks: tuple[Block, ...], data: ImageData) -> tuple[LayerRow, ...]:
    """Return the rows of a network that need not be finished (its last block may give anything)."""
    return _walk(blocks, data, complete=False)


def _walk(blocks: tuple[Block, ...], data: ImageData, complete: bool) -> tuple[LayerRow, ...]:
    place = _Place((data.channels, data.size, data.size), 1, 1, data.size)
    rows = []
    for index, (name, block) in enumerate(named_blocks(blocks)):
        row, place = _ROWS[block.kind](place, block, LayerRow(name, index, block.kind, place.shape))
        rows.append(row)
    if complete:
        _check_output(blocks, place.shape, data.classes)
    return tuple(rows)


def _conv(place: _Place, block: Conv, row: LayerRow) -> tuple[LayerRow, _Place]:
    channels, side, _ = _maps(place, row.block, N_("Block {number}: a convolution needs maps, but the blocks before it "
                                                   "give one row of {features} numbers. Move it before the flatten "
                                                   "block."))
    span = block.dilation * (block.kernel - 1) + 1
    out = _windows(side, span, block.stride, block.padding, row.block)
    weights = block.kernel**2 * channels
    place = _Place((block.channels, out, out), *_seen(place, span, block.stride))
    formula = f"({block.kernel}·{block.kernel}·{channels:,}+1)·{block.channels:,}"
    return replace(row, shape=place.shape, parameters=(weights + 1) * block.channels, formula=formula,
                   multiply_adds=weights * block.channels * out**2, receptive_field=place.field), place


def _pool(place: _Place, block: Pool, row: LayerRow) -> tuple[LayerRow, _Place]:
    channels, side, _ = _maps(place, row.block, N_("Block {number}: pooling needs maps, but the blocks before it give "
                                                   "one row of {features} numbers. Move it before the flatten block."))
    out = _windows(side, block.size, block.stride, 0, row.block)
    place = _Place((channels, out, out), *_seen(place, block.size, block.stride))
    return replace(row, shape=place.shape, receptive_field=place.field), place


def _same(place: _Place, block: Block, row: LayerRow) -> tuple[LayerRow, _Place]:
    return replace(row, receptive_field=place.field), place


def _batch_norm(place: _Place, block: Block, row: LayerRow) -> tuple[LayerRow, _Place]:
    channels = place.shape[0]
    return replace(row, parameters=2 * channels, formula=f"2·{channels:,}", multiply_adds=prod(place.shape),
                   receptive_field=place.field), place


def _flatten(place: _Place, block: Block, row: LayerRow) -> tuple[LayerRow, _Place]:
    place = replace(place, shape=(prod(place.shape),))
    return replace(row, shape=place.shape, receptive_field=place.field), place


def _linear(place: _Place, block: Block, row: LayerRow) -> tuple[LayerRow, _Place]:
    if len(place.shape) != 1:
        raise NetworkError(row.block, N_("Block {number}: a linear layer takes one row of numbers, not maps of "
                                         "{side}×{side}. Put a flatten block before it."),
                           number=row.block + 1, side=place.shape[-1])
    (inputs,), place = place.shape, replace(place, shape=(block.features,), field=place.size)
    return replace(row, shape=place.shape, parameters=(inputs + 1) * block.features,
                   formula=f"({inputs:,}+1)·{block.features:,}", multiply_adds=inputs * block.features,
                   receptive_field=place.field), place


_ROWS = {"conv": _conv, "pool": _pool, "activation": _same, "dropout": _same, "batch_norm": _batch_norm,
         "flatten": _flatten, "linear": _linear}


def _maps(place: _Place, index: int, otherwise: str) -> tuple[int, ...]:
    if len(place.shape) == 3:
        return place.shape
    raise NetworkError(index, otherwise, number=index + 1, features=place.shape[0])


def _windows(side: int, span: int, stride: int, padding: int, index: int) -> int:
    """Return how many windows fit in a line: floor((side + 2·padding − span) / stride) + 1."""
    out = (side + 2 * padding - span) // stride + 1
    if out < 1:
        raise NetworkError(index, N_("Block {number}: its window covers {span} pixels, but only {side} are left "
                                     "(with padding {padded}). Use a smaller window, more padding, or less pooling "
                                     "before it."), number=index + 1, span=span, side=side, padded=side + 2 * padding)
    return out


def _seen(place: _Place, span: int, stride: int) -> tuple[int, int, int]:
    """Return receptive field, jump and input size after a window of `span` moved by `stride`.

    Source: "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019.
    """
    return place.field + (span - 1) * place.jump, place.jump * stride, place.size


def _check_output(blocks: tuple[Block, ...], shape: tuple[int, ...], classes: int) -> None:
    if not blocks:
        raise NetworkError(None, N_("The network has no blocks. Add some, or take a preset."))
    if len(blocks) > MAX_BLOCKS:
        raise NetworkError(MAX_BLOCKS, N_("The network has {count} blocks, more than {limit}. Remove some."),
                           count=len(blocks), limit=MAX_BLOCKS)
    if shape != (classes,):
        raise NetworkError(len(blocks) - 1, N_("Block {number} ends the network with {found}, but there are {classes} "
                                               "classes. End it with a linear block of {classes} features."),
                           number=len(blocks), found="×".join(map(str, shape)), classes=classes)


def check_network(network: Network, data: ImageData, batch_size: int) -> None:
    """Raise NetworkError where a network cannot be built or is larger than the playground allows."""
    rows = layer_table(network, data)
    parameters = sum(row.parameters for row in rows)
    if parameters > MAX_PARAMETERS:
        worst = max(rows, key=lambda row: row.parameters)
        raise NetworkError(worst.block, N_("The network has {count:,} parameters, more than the {limit:,} allowed; "
                                           "{share:,} of them are in block {number}. Make it smaller, or pool before "
                                           "it."), count=parameters, limit=MAX_PARAMETERS, share=worst.parameters,
                           number=worst.block + 1)
    _check_norms(rows, min(batch_size, data.shown % batch_size or batch_size))
    memory = batch_size * sum(row.memory for row in rows)
    if memory > MAX_ACTIVATIONS:
        worst = max(rows, key=lambda row: row.memory)
        raise NetworkError(worst.block, N_("A batch of {batch} needs {size:.1f} GiB for the outputs of its layers, "
                                           "more than the {limit:.1f} allowed; block {number} is the largest. Use "
                                           "fewer channels, a larger stride or a smaller batch."),
                           batch=batch_size, size=memory / 2**30, limit=MAX_ACTIVATIONS / 2**30,
                           number=worst.block + 1)


def _check_norms(rows: tuple[LayerRow, ...], smallest: int) -> None:
    """Raise NetworkError where batch norm would get a single number a channel, which has no variance."""
    for row in rows:
        if row.kind == "batch_norm" and smallest * prod(row.shape[1:]) == 1:
            raise NetworkError(row.block, N_("Block {number}: batch norm compares the pictures of a batch, but the "
                                             "last batch of an epoch has only one. Use another batch size, or another "
                                             "number of training digits."), number=row.block + 1)


def count_parameters(network: Network, data: ImageData) -> int:
    """Return the number of trainable parameters."""
    return sum(row.parameters for row in layer_table(network, data))


def count_multiply_adds(network: Network, data: ImageData) -> int:
    """Return the multiply-adds of one picture's way through the network."""
    return sum(row.multiply_adds for row in layer_table(network, data))


def estimate_memory(experiment: "Experiment") -> int:
    """Return about how many bytes a running training holds: weights, gradients, moments, activations, workspace."""
    rows = layer_table(experiment.network, experiment.data)
    parameters = FLOAT * sum(row.parameters for row in rows)
    activations = experiment.training.batch_size * sum(row.memory for row in rows)
    return 40 * 2**20 + 6 * parameters + 6 * activations
