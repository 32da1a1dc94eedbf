"""The kernel bench against torch's own convolution, with groups, and against filters known by heart."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dlcore.data.images import load_test
from dlcore.errors import SpecError
from dlcore.explain.bench import try_kernel
from dlcore.specs.bench import PRESETS, Bench, resize_kernel
from dlcore.specs.codec import to_dict
from tests.closeness import close

SEVEN = load_test("mnist").test_images[0]
COLOUR = np.random.default_rng(1).integers(0, 256, (30, 30, 3), np.uint8)


def bench_on(image: np.ndarray, channel: int = 0, **how) -> dict:
    return try_kernel(None, {"bench": to_dict(Bench(**how)), "image": image, "channel": channel})


def results(answer: dict) -> np.ndarray:
    """The maps as their bytes tell them."""
    given, made = answer["layers"]
    maps = answer["sheet"][int(np.prod(given["shape"])):].reshape(made["shape"]).astype(float)
    return (maps - 128) / 127 * made["limit"]


@pytest.mark.parametrize(("stride", "padding", "dilation", "groups", "image"),
                         list(product((1, 3), (0, 2), (1, 3), ("one", "each"), (SEVEN, COLOUR))))
def test_the_bench_is_torchs_convolution_for_any_movement_and_groups(stride, padding, dilation, groups, image):
    kernel = tuple(np.random.default_rng(5).normal(size=25).round(3).tolist())
    answer = bench_on(image, channel=2, kernel=kernel, bias=0.7, stride=stride, padding=padding, dilation=dilation,
                      groups=groups)
    pixels = torch.from_numpy(image).float() / 255
    pixels = pixels.permute(2, 0, 1) if image.ndim == 3 else pixels[None]
    apart = len(pixels) if groups == "each" else 1
    weight = torch.tensor(kernel).view(1, 1, 5, 5).repeat(apart, len(pixels) // apart, 1, 1)
    layer = torch.nn.Conv2d(len(pixels), apart, 5, stride, padding, dilation, apart)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.fill_(0.7)
        expected = layer(pixels[None])[0].numpy()
    walk = answer["walk"]
    np.testing.assert_allclose(walk["out"], expected[walk["channel"]], atol=1e-4)
    np.testing.assert_allclose(results(answer), expected, atol=answer["layers"][1]["limit"] / 200)
    assert walk["channel"] == min(2, apart - 1) and walk["difference"] < 1e-5
    by_hand = F.conv2d(torch.from_numpy(walk["in"])[None], torch.from_numpy(walk["kernel"])[None], None, stride,
                       padding, dilation)[0, 0].numpy() + walk["bias"]
    np.testing.assert_allclose(walk["out"], by_hand, atol=1e-4)


def test_known_kernels_do_what_they_are_called_after():
    flat = np.full((20, 20), 130, np.uint8)
    for name in ("edge", "vertical", "horizontal"):
        inner = bench_on(flat, kernel=PRESETS[name], padding=0)["walk"]["out"]
        np.testing.assert_allclose(inner, 0, atol=1e-5)
    for name in ("blur", "mean", "sharpen", "emboss", "same"):
        inner = bench_on(flat, kernel=PRESETS[name], padding=0)["walk"]["out"]
        np.testing.assert_allclose(inner, 130 / 255, rtol=2e-3)
    assert close(bench_on(SEVEN, kernel=PRESETS["same"])["walk"]["out"], SEVEN / 255)
    stripes = np.tile(np.array([0, 0, 255, 255], np.uint8), (20, 5))
    assert np.abs(bench_on(stripes, kernel=PRESETS["vertical"], padding=0)["walk"]["out"]).max() > 3
    assert np.abs(bench_on(stripes, kernel=PRESETS["horizontal"], padding=0)["walk"]["out"]).max() < 1e-5


def test_a_grey_picture_on_three_channels_counts_three_times_or_gives_three_equal_maps():
    one = bench_on(SEVEN)["walk"]["out"]
    assert close(bench_on(SEVEN, colour=True)["walk"]["out"], 3 * one)
    apart = bench_on(SEVEN, colour=True, groups="each", channel=1)
    assert apart["layers"][1]["shape"][0] == 3
    assert close(apart["walk"]["out"], one)


def test_a_stamp_larger_than_the_picture_is_refused_with_what_would_help():
    with pytest.raises(SpecError, match="covers 25 pixels.*only 20.*Use a smaller kernel"):
        bench_on(SEVEN[:20, :20], kernel=(1.0,) * 49, dilation=4, padding=0)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_a_kernel_keeps_its_middle_when_its_side_changes(size):
    kernel = PRESETS["sharpen"]
    resized = resize_kernel(kernel, size)
    assert len(resized) == size**2
    if size % 2:
        assert resized[len(resized) // 2] == 5
    if size >= 3:
        assert sum(resized) == sum(kernel) and resize_kernel(resized, 3) == kernel
