"""Networks from specs: their names, their layers, and weights that depend on the seed alone."""

import pytest
import torch
from torch import nn

from dlcore.errors import NetworkError
from dlcore.models.build import ACTIVATIONS, build
from dlcore.seeds import derive
from dlcore.specs import model
from dlcore.specs.data import ImageData
from dlcore.specs.model import MY_NET, PRESETS, Activation, BatchNorm, Conv, Flatten, Linear, Network, named_blocks

SMALL, DATA = Network(), ImageData()


def equal(one: nn.Module, other: nn.Module) -> bool:
    first, second = one.state_dict(), other.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_equal_seeds_give_equal_weights_whatever_was_drawn_before():
    torch.manual_seed(1)
    first = build(SMALL, DATA, seed=5)
    torch.manual_seed(2)
    torch.rand(1000)
    assert equal(first, build(SMALL, DATA, seed=5))
    assert not equal(first, build(SMALL, DATA, seed=6))


def test_seeds_for_different_purposes_differ_and_never_change():
    seeds = {derive(seed, purpose, step) for seed in range(5) for purpose in ("step", "order") for step in range(50)}
    assert len(seeds) == 500
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derive(12, "order") != derive(1, "2", "order")
    assert derive(0, "weights") == 7388263408636359099


@pytest.mark.parametrize("preset", PRESETS)
def test_layers_are_named_as_their_blocks(preset):
    network = Network(blocks=PRESETS[preset])
    module = build(network, DATA, seed=0)
    layers = [(name, block) for name, block in named_blocks(network.blocks) if block.kind != "flatten"]
    assert [name for name, _ in module.named_children()] == [name for name, _ in layers]
    weighted = [name for name, block in layers if block.kind in ("conv", "linear", "batch_norm")]
    assert list(dict.fromkeys(key.partition(".")[0] for key in module.state_dict())) == weighted


def test_the_state_dict_of_my_net_is_that_of_a_module_written_by_hand():
    class MyNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(3, 32, 3, padding=1), nn.Conv2d(32, 64, 3, padding=1)
            self.conv3 = nn.Conv2d(64, 128, 3, padding=1)
            self.fc1, self.fc2 = nn.Linear(18432, 512), nn.Linear(512, 10)

        def forward(self, x):
            x = torch.relu(self.conv2(torch.relu(self.conv1(x))))
            x = nn.functional.max_pool2d(x, 2)
            x = nn.functional.max_pool2d(torch.relu(self.conv3(x)), 2)
            return self.fc2(torch.relu(self.fc1(torch.flatten(x, 1))))

    ours, theirs = build(Network(blocks=MY_NET), ImageData(size=48, channels=3), seed=0).eval(), MyNet()
    theirs.load_state_dict(ours.state_dict())
    pictures = torch.randn(2, 3, 48, 48)
    torch.testing.assert_close(ours(pictures), theirs(pictures))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_the_functions_that_they_are_called(name):
    module = build(Network(blocks=(Flatten(), Linear(features=10), Activation(name))), DATA, seed=0)
    x = torch.randn(3, 1, 28, 28)
    numbers = nn.functional.linear(x.flatten(1), module.fc1.weight, module.fc1.bias)
    assert torch.equal(module(x), getattr(torch, name, None)(numbers) if hasattr(torch, name)
                       else getattr(nn.functional, name)(numbers))


def test_specs_and_builder_know_the_same_activations():
    assert tuple(ACTIVATIONS) == model.ACTIVATIONS


@pytest.mark.parametrize("preset", PRESETS)
def test_every_place_has_a_module_of_its_own_and_nothing_works_in_place(preset):
    module = build(Network(blocks=PRESETS[preset]), DATA, seed=0)
    layers = [layer for layer in module.modules() if layer is not module]
    assert len({id(layer) for layer in layers}) == len(list(module.children())) == len(layers)
    assert not any(getattr(layer, "inplace", False) for layer in layers)
    assert not any(isinstance(layer, nn.Flatten) for layer in layers)


def test_every_convolution_is_laid_out_channels_last():
    module = build(SMALL, DATA, seed=0)
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            assert layer.weight.is_contiguous(memory_format=torch.channels_last)
    outputs = module.conv1(torch.randn(2, 1, 28, 28))
    assert outputs.is_contiguous(memory_format=torch.channels_last)


def test_batch_norm_fits_maps_and_rows():
    blocks = (Conv(), BatchNorm(), Flatten(), BatchNorm(), Linear(features=10))
    module = build(Network(blocks=blocks), DATA, seed=0)
    assert (type(module.norm1), type(module.norm2)) == (nn.BatchNorm2d, nn.BatchNorm1d)
    assert module.norm2.num_features == 16 * 28 * 28


def test_a_network_that_cannot_be_built_raises_before_anything_is_made():
    with pytest.raises(NetworkError):
        build(Network(blocks=(Linear(features=4096),) * 40), DATA, seed=0)
