"""The layer table against networks that torch really builds."""

import random

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from dlcore.errors import NetworkError
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import (
    MAX_BLOCKS,
    MY_NET,
    PRESETS,
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    Linear,
    Network,
    Pool,
)
from dlcore.specs.shapes import check_network, count_parameters, estimate_memory, layer_table, rows_so_far

MY_DATA = ImageData(size=48, channels=3)


def random_block(draw: random.Random):
    return draw.choice([
        lambda: Conv(channels=draw.randint(1, 6), kernel=draw.randint(1, 7), stride=draw.randint(1, 3),
                     padding=draw.randint(0, 3), dilation=draw.randint(1, 3)),
        lambda: Conv(channels=draw.randint(1, 6)),
        lambda: Pool(mode=draw.choice(["max", "avg"]), size=draw.randint(2, 5), stride=draw.randint(1, 4)),
        lambda: Activation(draw.choice(["relu", "tanh", "gelu"])),
        BatchNorm, lambda: Dropout(p=0.25), Flatten, lambda: Linear(features=draw.randint(1, 20)),
    ])()


def random_data(draw: random.Random) -> ImageData:
    return ImageData(size=draw.choice([20, 24, 28]), channels=draw.choice([1, 3]))


def random_network(seed: int) -> tuple[list, ImageData]:
    draw = random.Random(seed)
    blocks = [random_block(draw) for _ in range(draw.randint(1, 7))]
    if draw.random() < 0.7:
        blocks = [block for block in blocks if not isinstance(block, (Flatten, Linear))]
        blocks += [Flatten(), *([Linear(features=7), BatchNorm()] if draw.random() < 0.5 else []), Linear(features=10)]
    return blocks, random_data(draw)


def torch_layer(block, shape: torch.Size) -> nn.Module:
    """Written apart from dlcore.models: what the PyTorch documentation says of each layer."""
    channels = shape[1]
    match block:
        case Conv():
            if len(shape) != 4:
                raise ValueError("a convolution takes (batch, channels, height, width)")
            return nn.Conv2d(channels, block.channels, block.kernel, stride=block.stride, padding=block.padding,
                             dilation=block.dilation)
        case Pool():
            if len(shape) != 4:
                raise ValueError("torch would take (batch, features) for one unbatched picture")
            kind = nn.MaxPool2d if block.mode == "max" else nn.AvgPool2d
            return kind(block.size, stride=block.stride)
        case BatchNorm():
            return nn.BatchNorm2d(channels) if len(shape) == 4 else nn.BatchNorm1d(channels)
        case Dropout():
            return nn.Dropout(block.p)
        case Flatten():
            return nn.Flatten()
        case Linear():
            if len(shape) != 2:
                raise ValueError("torch would apply it to every row of every map")
            return nn.Linear(channels, block.features)
        case Activation():
            return {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}[block.function]()


def run_in_torch(blocks, data: ImageData) -> list[tuple[nn.Module, torch.Size]]:
    """Return each layer and its output's shape for two pictures; an error's `block` says where torch fails."""
    x, done = torch.randn(2, data.channels, data.size, data.size), []
    for index, block in enumerate(blocks):
        try:
            layer = torch_layer(block, x.shape)
            x = layer(x)
        except (ValueError, RuntimeError) as error:
            error.block = index
            raise
        done.append((layer, x.shape))
    return done


def test_my_net_has_9536074_parameters():
    assert count_parameters(Network(blocks=MY_NET), MY_DATA) == 9_536_074


def test_the_sums_of_my_net_are_written_out():
    rows = {row.name: row for row in layer_table(Network(blocks=MY_NET), MY_DATA)}
    assert (rows["conv1"].formula, rows["conv1"].parameters) == ("(3·3·3+1)·32", 896)
    assert (rows["conv2"].formula, rows["conv2"].parameters) == ("(3·3·32+1)·64", 18_496)
    assert (rows["fc1"].formula, rows["fc1"].parameters) == ("(18,432+1)·512", 9_437_696)
    assert rows["flatten1"].shape == (18_432,)
    assert rows["conv1"].memory == 4 * 32 * 48 * 48
    assert rows["conv1"].multiply_adds == 3 * 3 * 3 * 32 * 48 * 48


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("data", [ImageData(), MY_DATA, ImageData(size=20)], ids=["28", "48x3", "20"])
def test_presets_can_be_built(name, data):
    check_network(Network(blocks=PRESETS[name]), data, 128)


def test_formulas_are_sums_that_give_the_parameters():
    for seed in range(100):
        blocks, data = random_network(seed)
        try:
            rows = layer_table(Network(blocks=tuple(blocks)), data)
        except NetworkError:
            continue
        for row in rows:
            if row.formula:
                assert eval(row.formula.replace("·", "*").replace(",", "")) == row.parameters


def test_random_networks_have_the_shapes_parameters_and_multiply_adds_that_torch_counts():
    compared = 0
    for seed in range(120):
        blocks, data = random_network(seed)
        try:
            rows = rows_so_far(tuple(blocks), data)
        except NetworkError:
            continue
        layers = run_in_torch(blocks, data)
        assert [row.shape for row in rows] == [tuple(shape[1:]) for _, shape in layers]
        assert [row.parameters for row in rows] == [sum(p.numel() for p in layer.parameters()) for layer, _ in layers]
        with FlopCounterMode(display=False) as flops:
            nn.Sequential(*(layer for layer, _ in layers)).eval()(torch.zeros(1, data.channels, data.size, data.size))
        assert sum(row.multiply_adds for row in rows if row.kind in ("conv", "linear")) == flops.get_total_flops() / 2
        compared += 1
    assert compared > 40


def test_a_network_is_refused_exactly_where_torch_fails():
    refused = 0
    for seed in range(400):
        blocks, data = random_network(seed)
        try:
            layers = run_in_torch(blocks, data)
            wrong = None if layers[-1][1] == (2, 10) else len(blocks) - 1
        except (ValueError, RuntimeError) as error:
            wrong = error.block
        if wrong is None:
            layer_table(Network(blocks=tuple(blocks)), data)
        else:
            with pytest.raises(NetworkError) as caught:
                layer_table(Network(blocks=tuple(blocks)), data)
            assert (caught.value.block, caught.value.field) == (wrong, f"network.blocks[{wrong}]")
            assert str(wrong + 1) in str(caught.value)
            refused += 1
    assert 100 < refused < 350


def seen_pixels(blocks, size: int) -> int:
    """Return how wide the square of input pixels is that one central unit depends on, by its gradient."""
    x = torch.zeros(1, 1, size, size, requires_grad=True)
    maps = x
    for block in blocks:
        match block:
            case Conv():
                layer = nn.Conv2d(1, 1, block.kernel, block.stride, block.padding, block.dilation)
                nn.init.ones_(layer.weight)
            case _:
                layer = nn.AvgPool2d(block.size, block.stride)
        maps = layer(maps)
    middle = maps.shape[-1] // 2
    maps[0, 0, middle, middle].backward()
    rows = x.grad[0, 0].abs().sum(1).nonzero().flatten()
    return int(rows.max() - rows.min()) + 1


def test_the_receptive_field_is_where_the_gradient_of_a_unit_is_not_zero():
    draw, compared = random.Random(3), 0
    while compared < 25:
        blocks = [draw.choice([
            Conv(channels=1, kernel=draw.randint(1, 5), stride=draw.randint(1, 2), padding=draw.randint(0, 2),
                 dilation=draw.randint(1, 2)),
            Pool(mode="avg", size=draw.randint(2, 3), stride=draw.randint(1, 3)),
        ]) for _ in range(draw.randint(1, 4))]
        rows = rows_so_far(tuple(blocks), ImageData(size=181))
        if rows[-1].receptive_field > 80:
            continue
        assert rows[-1].receptive_field == seen_pixels(blocks, 181)
        compared += 1


def test_a_linear_layer_sees_the_whole_picture():
    rows = layer_table(Network(blocks=MY_NET), MY_DATA)
    assert rows[-1].receptive_field == 48
    assert [row.receptive_field for row in rows if row.kind in ("conv", "pool")] == [3, 5, 6, 10, 12]


@pytest.mark.parametrize("blocks, wrong, said", [
    ((Pool(size=8, stride=8), Pool(size=8), Flatten(), Linear(features=10)), 1, "8 pixels, but only 3"),
    ((Conv(kernel=11, dilation=4, padding=0), Flatten(), Linear(features=10)), 0, "41 pixels, but only 28"),
    ((Linear(features=10),), 0, "flatten"),
    ((Flatten(), Conv()), 1, "needs maps"),
    ((Flatten(), Pool()), 1, "needs maps"),
    ((Flatten(), Linear(features=9)), 1, "10 classes"),
    ((Conv(), Flatten()), 1, "10 classes"),
    ((), None, "no blocks"),
    ((Activation(),) * MAX_BLOCKS + (Flatten(), Linear(features=10)), MAX_BLOCKS, "42 blocks"),
    ((Flatten(), Linear(features=4096), *[Linear(features=4096)] * 3, Linear(features=10)), 2,
     "53,600,266"),
])
def test_the_message_names_the_block_and_what_is_wrong(blocks, wrong, said):
    with pytest.raises(NetworkError) as caught:
        check_network(Network(blocks=blocks), ImageData(), 64)
    assert caught.value.block == wrong
    assert said in str(caught.value)


def test_outputs_that_do_not_fit_into_memory_are_refused():
    blocks = (Conv(channels=512), Conv(channels=512), Flatten(), Linear(features=10))
    check_network(Network(blocks=blocks), ImageData(), 128)
    with pytest.raises(NetworkError) as caught:
        check_network(Network(blocks=blocks), ImageData(), 1024)
    assert (caught.value.block, "GiB" in str(caught.value)) == (0, True)


@pytest.mark.parametrize("blocks", [
    (Flatten(), BatchNorm(), Linear(features=10)),
    (Conv(kernel=11, stride=4, padding=0), Pool(size=5, stride=5), BatchNorm(), Flatten(), Linear(features=10)),
], ids=["features", "one pixel"])
def test_batch_norm_over_a_single_number_is_refused_as_torch_refuses_it(blocks):
    block = next(index for index, block in enumerate(blocks) if isinstance(block, BatchNorm))
    network = nn.Sequential(*(layer for layer, _ in run_in_torch(blocks, ImageData())))
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        network(torch.zeros(1, 1, 28, 28))
    check_network(Network(blocks=blocks), ImageData(train_size=1000), 64)
    for size, batch in ((1025, 64), (500, 1), (1000, 999)):
        with pytest.raises(NetworkError) as caught:
            check_network(Network(blocks=blocks), ImageData(train_size=size), batch)
        assert caught.value.block == block


def test_batch_norm_over_maps_takes_a_single_picture():
    blocks = (Conv(), BatchNorm(), Flatten(), Linear(features=10))
    check_network(Network(blocks=blocks), ImageData(train_size=1025), 64)


def test_a_running_training_is_estimated_to_need_more_than_its_weights_gradients_and_moments():
    experiment = Experiment(network=Network(blocks=MY_NET), data=MY_DATA)
    assert estimate_memory(experiment) > 4 * 4 * 9_536_074
