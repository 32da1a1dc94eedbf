"""The walk through a layer against torch's own functions, and against the arithmetic that the page spells out."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dlcore.data.images import load_test
from dlcore.explain.convolution import look_inside
from dlcore.explain.layer_walk import fold, walk_layer
from dlcore.explain.passing import BATCH, run_through
from dlcore.explain.snapshot import Snapshot, load
from dlcore.explain.taps import capture
from dlcore.models.build import build
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import (
    MY_NET,
    RELU,
    SMALL,
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    Linear,
    Network,
    Pool,
)
from tests.closeness import close

SEVEN = load_test("mnist").test_images[0]
END = (Flatten(), Linear(features=10))


def snapshot(*blocks, size: int = 28, channels: int = 1, seed: int = 3) -> Snapshot:
    """A network with initial weights; batch norm has figures of its own."""
    experiment = Experiment(data=ImageData(size=size, channels=channels), network=Network(blocks=blocks))
    module = build(experiment.network, experiment.data, seed)
    draws = torch.Generator().manual_seed(seed)
    for name, value in module.named_buffers():
        if name.endswith(("mean", "var")):
            value.copy_(torch.rand(value.shape, generator=draws) + 0.2)
    return Snapshot(experiment, module.eval(), 0)


def spelled_out(walk: dict) -> np.ndarray:
    """The map of a convolution as the page adds it up: stamp over window, products, sum, bias; zeros outside."""
    inputs, kernel, size = walk["in"].astype(float), walk["kernel"].astype(float), walk["size"]
    made = np.zeros(walk["out"].shape)
    for row, column in np.ndindex(made.shape):
        for channel, y, x in product(range(len(inputs)), range(size), range(size)):
            at = (row * walk["stride"] - walk["padding"] + y * walk["dilation"],
                  column * walk["stride"] - walk["padding"] + x * walk["dilation"])
            if 0 <= at[0] < inputs.shape[1] and 0 <= at[1] < inputs.shape[2]:
                made[row, column] += inputs[channel, *at] * kernel[channel, y, x]
    return made + walk["bias"]


@pytest.mark.parametrize("conv", [
    Conv(channels=4, kernel=3, padding=1), Conv(channels=4, kernel=5, stride=2, padding=2),
    Conv(channels=4, kernel=3, padding=0, dilation=3), Conv(channels=4, kernel=4, stride=3, padding=5, dilation=2),
    Conv(channels=4, kernel=1, padding=0, stride=4), Conv(channels=4, kernel=11, padding=5),
])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_convolution_adds_up_to_what_torch_gives_for_any_stride_padding_and_dilation(conv, channels):
    network = snapshot(conv, RELU, *END, channels=channels)
    walk = walk_layer(run_through(network, SEVEN), "conv1", 2)
    layer = network.module.conv1
    expected = F.conv2d(network.inputs(torch.from_numpy(SEVEN[None])), layer.weight, layer.bias, layer.stride,
                        layer.padding, layer.dilation)[0, 2].detach().numpy()
    np.testing.assert_allclose(walk["out"], expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(spelled_out(walk), expected, rtol=1e-4, atol=1e-5)
    assert walk["difference"] < 1e-5 and walk["in"].shape == (channels, 28, 28)


def test_the_parts_of_the_channels_are_the_convolutions_of_each_alone():
    network = snapshot(Conv(channels=3), RELU, Conv(channels=2, stride=2, dilation=2), RELU, *END)
    passing = run_through(network, SEVEN)
    walk = walk_layer(passing, "conv2", 1)
    layer = network.module.conv2
    for channel in range(3):
        given = passing.given["conv2"][:1, channel:channel + 1].clone()
        alone = F.conv2d(given, layer.weight[1:2, channel:channel + 1], None, layer.stride, layer.padding,
                         layer.dilation)[0, 0].detach().numpy()
        shown = (walk["parts"][channel].astype(float) - 128) / 127 * walk["parts_limit"]
        np.testing.assert_allclose(shown, alone, atol=walk["parts_limit"] / 250)


@pytest.mark.parametrize("pool", [Pool(), Pool(mode="avg"), Pool(size=3, stride=2), Pool(mode="avg", size=4, stride=3)])
def test_pooling_takes_the_largest_or_the_mean_of_each_window(pool):
    network = snapshot(Conv(channels=3), RELU, pool, *END)
    walk = walk_layer(run_through(network, SEVEN), "pool1", 1)
    function = F.max_pool2d if pool.mode == "max" else F.avg_pool2d
    expected = function(torch.from_numpy(walk["in"]), pool.size, pool.stride)[0].numpy()
    assert close(walk["out"], expected)
    assert (walk["size"], walk["stride"], walk["padding"], walk["dilation"]) == (pool.size, pool.stride, 0, 1)
    assert walk["difference"] < 1e-6


@pytest.mark.parametrize("function", ["relu", "gelu", "tanh", "sigmoid"])
def test_an_activation_changes_every_number_by_itself(function):
    network = snapshot(Conv(channels=3), Activation(function), *END)
    walk = walk_layer(run_through(network, SEVEN), f"{function}1", 2)
    expected = getattr(F, function)(torch.from_numpy(walk["in"][0])).numpy()
    assert close(walk["out"], expected)
    assert walk["function"] == function


def test_batch_norm_uses_the_running_figures_in_eval_and_those_of_the_batch_in_train():
    network = snapshot(Conv(channels=3), BatchNorm(), RELU, *END)
    running = walk_layer(run_through(network, SEVEN), "norm1", 1)
    layer = network.module.norm1
    assert running["mean"] == pytest.approx(layer.running_mean[1].item()) and not running["training"]
    kept = layer.running_mean.clone()
    passing = run_through(network, SEVEN, draw=1)
    walk = walk_layer(passing, "norm1", 1)
    given = passing.given["norm1"][:, 1].double()
    assert len(given) == walk["batch"] == BATCH and torch.equal(layer.running_mean, kept)
    assert walk["mean"] == pytest.approx(given.mean().item()) and walk["variance"] == pytest.approx(
        given.var(correction=0).item())
    for told, tolerance in ((running, 1e-5), (walk, 2e-4)):  # torch adds up the batch's figures in float32
        figures = [float(told[name][0]) for name in ("mean", "variance", "gamma", "beta")]
        mean, variance, gamma, beta = figures
        expected = (told["in"][0] - mean) / np.sqrt(variance + told["epsilon"]) * gamma + beta
        np.testing.assert_allclose(told["out"], expected, atol=tolerance)
        assert told["difference"] < tolerance


@pytest.mark.parametrize("blocks", [(Conv(channels=6), RELU, Dropout(p=0.4), *END),
                                    (Flatten(), Linear(features=400), RELU, Dropout(p=0.4), Linear(features=10))])
def test_the_mask_of_dropout_is_what_the_layer_really_drew(blocks):
    network = snapshot(*blocks)
    resting = walk_layer(run_through(network, SEVEN), "dropout1", 0)
    np.testing.assert_array_equal(resting["out"], resting["in"][0])
    passing = run_through(network, SEVEN, draw=5)
    mask = passing.masks["dropout1"]
    assert mask.unique().tolist() == [0.0, pytest.approx(1 / 0.6)]
    assert (mask == 0).float().mean().item() == pytest.approx(0.4, abs=0.08)
    assert torch.equal(passing.given["dropout1"] * mask, passing.made["dropout1"])
    again, other = run_through(network, SEVEN, draw=5), run_through(network, SEVEN, draw=6)
    assert torch.equal(again.masks["dropout1"], mask) and not torch.equal(other.masks["dropout1"], mask)
    walk = walk_layer(passing, "dropout1", 3)
    np.testing.assert_allclose(walk["out"], walk["in"][0] * walk["mask"], atol=1e-6)


def test_a_linear_unit_is_the_sum_of_its_weighted_inputs_and_its_bias():
    network = snapshot(Conv(channels=3, stride=2), RELU, Flatten(), Linear(features=12), RELU, Linear(features=10))
    walk = walk_layer(run_through(network, SEVEN), "fc1", 7)
    inputs, weights = walk["in"][0].ravel()[:walk["count"]], walk["weights"].ravel()[:walk["count"]]
    assert inputs @ weights.astype(float) + walk["bias"] == pytest.approx(walk["value"], abs=1e-5)
    assert walk["out"].ravel()[7] == pytest.approx(walk["value"]) and walk["units"] == 12
    np.testing.assert_array_equal(weights, network.module.fc1.weight[7].detach())


def test_flatten_lays_the_maps_out_one_after_the_other():
    network = snapshot(Conv(channels=3, stride=4), RELU, *END)
    walk = walk_layer(run_through(network, SEVEN), "flatten1", 0)
    channels, height, width = walk["in"].shape
    for channel, row, column in ((0, 0, 0), (1, 2, 3), (2, height - 1, width - 1)):
        at = channel * height * width + row * width + column
        assert walk["out"].ravel()[at] == walk["in"][channel, row, column]


def test_scores_are_the_softmax_of_what_the_network_gives():
    walk = walk_layer(run_through(snapshot(*SMALL), SEVEN), "scores", 4)
    powers = np.exp(walk["in"].ravel().astype(float))
    np.testing.assert_allclose(walk["out"].ravel(), powers / powers.sum(), atol=1e-6)


@pytest.mark.parametrize("length", [1, 10, 16, 17, 84, 512, 3136, 18_432])
def test_a_row_of_numbers_is_folded_without_losing_any(length):
    row = np.arange(1, length + 1, dtype=np.float32)
    folded = fold(row)
    np.testing.assert_array_equal(folded.ravel()[:length], row)
    assert not folded.ravel()[length:].any() and folded.shape[0] <= folded.shape[1] and folded.shape[1] <= 200


def test_a_filter_that_is_switched_off_leaves_what_a_filter_of_zeros_would():
    network = snapshot(Conv(channels=4), RELU, Pool(), Conv(channels=4), RELU, *END)
    passing = run_through(network, SEVEN, off=[("conv1", 2), ("conv2", 0)])
    assert not passing.made["relu1"][0, 2].any() and passing.made["relu1"][0, 1].any()
    with torch.no_grad():
        for layer, channel in ((network.module.conv1, 2), (network.module.conv2, 0)):
            layer.weight[channel] = 0
            layer.bias[channel] = 0
    assert torch.allclose(passing.outputs, run_through(network, SEVEN).outputs, atol=1e-6)


def test_after_a_passing_the_network_is_as_it_was():
    network = snapshot(*SMALL)
    before = network.module(network.inputs(torch.from_numpy(SEVEN[None]))).detach()
    run_through(network, SEVEN, off=[("conv1", 0)], draw=3)
    after = network.module(network.inputs(torch.from_numpy(SEVEN[None]))).detach()
    assert torch.equal(before, after) and not network.module.training


@pytest.mark.parametrize(("blocks", "size", "channels"), [(SMALL, 28, 1), (MY_NET, 48, 3), (END, 20, 3)])
def test_the_sheet_holds_every_map_of_every_layer(blocks, size, channels):
    network = snapshot(*blocks, size=size, channels=channels)
    answer = look_inside(network, {"image": SEVEN, "layer": "conv1", "channel": 0})
    names = [layer["name"] for layer in answer["layers"]]
    assert names == ["input", *network.module.order, "scores"]
    assert len(answer["sheet"]) == sum(int(np.prod(layer["shape"])) for layer in answer["layers"])
    inner = [name for name in network.module.order if not name.startswith("flatten")]
    captured = capture(network.module, inner, network.inputs(torch.from_numpy(SEVEN[None])))
    start = 0
    for layer in answer["layers"]:
        maps = answer["sheet"][start:start + int(np.prod(layer["shape"]))].astype(float)
        start += len(maps)
        if layer["name"] in captured:
            zero, reach = (128, 127) if layer["scale"] == "diverging" else (0, 255)
            values = (maps - zero) / reach * layer["limit"]
            expected = captured[layer["name"]][0].contiguous().numpy().ravel()
            np.testing.assert_allclose(values[:len(expected)], expected, atol=layer["limit"] / 200)
    if size == 28:
        np.testing.assert_array_equal(answer["sheet"][:784].reshape(28, 28), SEVEN)


def test_a_layer_or_a_channel_that_there_is_not_becomes_one_that_there_is():
    network = snapshot(*SMALL)
    told = look_inside(network, {"image": SEVEN, "layer": "conv77", "channel": 9999,
                                 "off": [["conv9", 1], ["conv1", 99]]})
    assert told["walk"]["layer"] == "conv1" and told["walk"]["channel"] == 15
    told = look_inside(snapshot(*END), {"image": SEVEN, "layer": "conv1", "channel": -4})
    assert told["walk"]["layer"] == "flatten1" and told["walk"]["channel"] == 0


def test_the_pretrained_network_reads_the_seven_and_says_so(tmp_path):
    told = look_inside(load({"pretrained": "digits"}, tmp_path), {"image": SEVEN})
    assert told["scores"].argmax() == 7 and told["scores"].sum() == pytest.approx(1, abs=1e-5)
