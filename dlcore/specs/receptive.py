"""What a unit of a layer can see of the network's input, from the blocks alone (without torch)."""

from dataclasses import dataclass

from dlcore.specs.data import ImageData
from dlcore.specs.model import Network, named_blocks
from dlcore.specs.shapes import layer_table

Span = tuple[int, int]  # the first pixel that is seen and the one after the last; (0, 0) where only padding is
Spans = tuple[Span, ...]  # of each unit along a side of a map; pictures, windows and maps are square
BLIND = (0, 0)


def receptive_fields(network: Network, data: ImageData) -> dict[str, Spans]:
    """Return what each layer's units see along a side of the input; from a linear layer on one span, the whole.

    Pixels between the ends of a span can be left out, where a convolution is dilated or its stride wider than its
    window.
    """
    layer_table(network, data)
    fields, spans = {}, tuple((pixel, pixel + 1) for pixel in range(data.size))
    for name, block in named_blocks(network.blocks):
        if block.kind == "conv":
            spans = _through(spans, block.kernel, block.stride, block.padding, block.dilation)
        elif block.kind == "pool":
            spans = _through(spans, block.size, block.stride)
        elif block.kind == "linear":
            spans = ((0, data.size),)
        fields[name] = spans
    return fields


def _through(spans: Spans, size: int, stride: int, padding: int = 0, dilation: int = 1) -> Spans:
    """Return what the units after a window see, given what those before it see."""
    units = (len(spans) + 2 * padding - dilation * (size - 1) - 1) // stride + 1
    return tuple(_join(spans[at] for tap in range(size)
                       if 0 <= (at := unit * stride - padding + tap * dilation) < len(spans)) for unit in range(units))


def _join(spans) -> Span:
    seen = [span for span in spans if span != BLIND]
    return (min(first for first, _end in seen), max(end for _first, end in seen)) if seen else BLIND


@dataclass(frozen=True)
class Reach:
    """What the units of a layer with maps see along a side, edges left aside: unit i the `size` pixels from
    `start` + i·`jump` on."""

    start: int
    jump: int
    size: int


def reaches(network: Network, data: ImageData) -> dict[str, Reach]:
    """Return the reach of each layer with maps.

    Source: "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019.
    """
    layer_table(network, data)
    found, reach = {}, Reach(0, 1, 1)
    for name, block in named_blocks(network.blocks):
        if block.kind in ("flatten", "linear"):
            break
        if block.kind == "conv":
            reach = _extend(reach, block.dilation * (block.kernel - 1) + 1, block.stride, block.padding)
        elif block.kind == "pool":
            reach = _extend(reach, block.size, block.stride, 0)
        found[name] = reach
    return found


def _extend(reach: Reach, span: int, stride: int, padding: int) -> Reach:
    return Reach(reach.start - padding * reach.jump, reach.jump * stride, reach.size + (span - 1) * reach.jump)
