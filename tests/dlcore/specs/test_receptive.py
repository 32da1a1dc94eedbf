"""The receptive field from the blocks alone against where the gradient of a unit is not zero."""

import pytest
import torch

from dlcore.models.build import build
from dlcore.specs.data import ImageData
from dlcore.specs.model import MY_NET, SMALL, Activation, Conv, Flatten, Linear, Network, Pool
from dlcore.specs.receptive import receptive_fields
from dlcore.specs.shapes import layer_table

SMOOTH = Activation("softplus")  # its gradient is nowhere zero
END = (Flatten(), Linear(features=10))
NETWORKS = {
    "same": (Conv(channels=2), SMOOTH, Conv(channels=2, kernel=5, padding=2), *END),
    "pooled": (Conv(channels=2, kernel=5, padding=0), Pool(mode="avg"), SMOOTH, Conv(channels=2), Pool(mode="avg"),
               *END),
    "strided": (Conv(channels=2, stride=2, padding=2, kernel=5), SMOOTH, Conv(channels=2, stride=3), *END),
    "dilated": (Conv(channels=2, dilation=2, padding=3), SMOOTH, Conv(channels=2, dilation=3, kernel=2), *END),
    "overlapping": (Conv(channels=2), Pool(mode="avg", size=3, stride=2), Conv(channels=2, kernel=4, padding=2), *END),
    "gaps": (Conv(channels=2, kernel=2, stride=4, padding=5, dilation=4), SMOOTH, Conv(channels=2, padding=2), *END),
    "wide": (Conv(channels=2, kernel=11, padding=5), SMOOTH, Pool(mode="avg", size=4, stride=4), *END),
}


def support(module, upto: str, data: ImageData, unit: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the box of the input pixels on which a unit's gradient is not zero: top, bottom, left, right."""
    pixels = torch.zeros(1, data.channels, data.size, data.size, requires_grad=True)
    x = pixels
    for name in module.order:
        x = module.get_submodule(name)(x)
        if name == upto:
            break
    x[0, 0, *unit].backward()
    places = pixels.grad[0].abs().sum(0).nonzero()
    if not len(places):
        return 0, 0, 0, 0
    (top, left), (bottom, right) = places.amin(0).tolist(), places.amax(0).tolist()
    return top, bottom + 1, left, right + 1


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", [20, 28])
def test_the_receptive_field_is_the_support_of_the_gradient(name, size):
    network, data = Network(blocks=NETWORKS[name]), ImageData(size=size)
    module = build(network, data, 0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.abs_()  # so that nothing cancels
    fields = receptive_fields(network, data)
    for layer in [known for known in fields if not known.startswith(("flatten", "fc"))]:
        units = len(fields[layer])
        for row, column in ((0, 0), (units // 2, units - 1), (units - 1, units // 3)):
            rows, columns = fields[layer][row], fields[layer][column]
            seen = (*rows, *columns) if rows[1] and columns[1] else (0, 0, 0, 0)
            assert support(module, layer, data, (row, column)) == seen, (layer, row, column)


@pytest.mark.parametrize(("blocks", "data"), [(SMALL, ImageData()), (MY_NET, ImageData(size=48, channels=3))])
def test_the_table_of_shapes_names_the_same_sizes(blocks, data):
    fields = receptive_fields(Network(blocks=blocks), data)
    for row in [row for row in layer_table(Network(blocks=blocks), data) if len(row.shape) == 3]:
        first, end = fields[row.name][len(fields[row.name]) // 2]
        assert len(fields[row.name]) == row.shape[-1] and end - first == min(row.receptive_field, data.size)


def test_a_linear_layer_and_what_follows_it_see_everything():
    fields = receptive_fields(Network(blocks=MY_NET), ImageData(size=48, channels=3))
    assert {fields[name] for name in ("fc1", "dropout2", "fc2")} == {((0, 48),)}
    assert fields["conv1"][0] == (0, 2) and fields["conv2"][10] == (8, 13)
