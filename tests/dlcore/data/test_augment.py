"""Augmentation against torchvision, and against where a picture's mass moves to."""

import pytest
import torch
import torchvision.transforms.v2.functional as V
from torchvision.transforms import InterpolationMode

from dlcore.data import augment as module
from dlcore.data.augment import augment
from dlcore.data.batches import generator
from dlcore.data.images import load_test
from dlcore.specs.data import Augment


@pytest.fixture(scope="module")
def digits():
    """Return 32 test digits in 0..1: (32, 1, 28, 28)."""
    return torch.from_numpy(load_test("mnist").test_images[:32]).unsqueeze(1) / 255


@pytest.fixture
def drawn(monkeypatch):
    """Let every draw be the upper end of its range, and tell nothing else."""
    monkeypatch.setattr(module._Draw, "between", lambda self, low, high: torch.full((self.count, 1, 1, 1), float(high)))


def smooth(digits):
    return V.gaussian_blur(digits, [5, 5], [1.2, 1.2])


def centre(pictures):
    """Return the centre of mass (batch, 2) as (x, y) in pixels."""
    along = torch.arange(pictures.shape[-1]).float()
    mass = pictures.sum((1, 2, 3))
    return torch.stack([(pictures.sum((1, 2)) * along).sum(1) / mass, (pictures.sum((1, 3)) * along).sum(1) / mass], 1)


def test_without_augmentation_pictures_stay_as_they_are(digits):
    before = digits.clone()
    assert torch.equal(augment(digits, Augment(), 28, generator(0)), before)


@pytest.mark.parametrize("spec", [Augment(rotation=20), Augment(shift=3), Augment(scale=0.3), Augment(brightness=0.5),
                                  Augment(contrast=0.5), Augment(thickness=1)])
def test_pictures_stay_between_black_and_white_and_the_given_ones_untouched(digits, spec):
    before = digits.clone()
    changed = augment(digits, spec, 28, generator(0))
    assert changed.shape == digits.shape
    assert 0 <= changed.min() and changed.max() <= 1 + 1e-6
    assert torch.equal(digits, before)
    assert all(not torch.equal(one, other) for one, other in zip(changed, digits, strict=True))


def test_turning_is_turning_as_torchvision_turns(digits, drawn):
    blurred = smooth(digits)
    ours = augment(blurred, Augment(rotation=30), 28, generator(0))
    theirs = V.rotate(blurred, 30, InterpolationMode.BILINEAR)
    assert (ours - theirs).abs().max() < 0.02


def test_turning_while_enlarging_is_enlarging_the_turned_picture(digits, drawn):
    blurred = smooth(digits)
    ours = augment(blurred, Augment(rotation=30), 48, generator(0))
    theirs = V.rotate(V.resize(blurred, [48, 48], antialias=False), 30, InterpolationMode.BILINEAR)
    assert ours.shape[-1] == 48
    assert (ours - theirs).abs().max() < 0.1  # theirs is interpolated twice
    assert (ours - theirs).abs().mean() < 0.005


def test_turning_leaves_making_smaller_to_what_comes_after(digits):
    assert augment(digits, Augment(rotation=30), 20, generator(0)).shape[-1] == 28


@pytest.mark.parametrize("size", [28, 48])
def test_shifting_moves_the_centre_of_mass_by_pixels_of_the_data_set(digits, drawn, size):
    before, after = centre(digits), centre(augment(digits, Augment(shift=2.5), size, generator(0)))
    moved = (after + 0.5) * 28 / size - (before + 0.5)
    torch.testing.assert_close(moved.abs(), torch.full_like(moved, 2.5), atol=0.05, rtol=0)


def test_scaling_makes_pictures_larger_or_smaller_by_its_factor(digits, drawn, monkeypatch):
    larger = augment(smooth(digits), Augment(scale=0.1), 28, generator(0))
    assert (larger.sum() / digits.sum()).item() == pytest.approx(1.1**2, rel=0.01)
    monkeypatch.setattr(module._Draw, "between", lambda self, low, high: torch.full((self.count, 1, 1, 1), float(low)))
    smaller = augment(smooth(digits), Augment(scale=0.25), 28, generator(0))
    assert (smaller.sum() / digits.sum()).item() == pytest.approx(0.75**2, rel=0.01)
    torch.testing.assert_close(centre(smaller) - 13.5, (centre(digits) - 13.5) * 0.75, atol=0.13, rtol=0)


def test_brightness_and_contrast_are_those_of_torchvision(digits, drawn):
    dim = digits * 0.6 + 0.1
    torch.testing.assert_close(augment(dim, Augment(brightness=0.4), 28, generator(0)), V.adjust_brightness(dim, 1.4))
    torch.testing.assert_close(augment(dim, Augment(contrast=0.4), 28, generator(0)),
                               torch.stack([V.adjust_contrast(one, 1.4) for one in dim]))


def test_thickness_goes_from_the_eroded_to_the_dilated_picture(digits, drawn, monkeypatch):
    thick = augment(digits, Augment(thickness=1), 28, generator(0))
    windows = torch.nn.functional.pad(digits, (1, 1, 1, 1)).unfold(2, 3, 1).unfold(3, 3, 1).flatten(4)
    torch.testing.assert_close(thick, windows.amax(4))
    monkeypatch.setattr(module._Draw, "between", lambda self, low, high: torch.full((self.count, 1, 1, 1), float(low)))
    thin = augment(digits, Augment(thickness=1), 28, generator(0))
    torch.testing.assert_close(thin[..., 1:-1, 1:-1], windows.amin(4)[..., 1:-1, 1:-1])


def test_draws_fill_their_range_and_differ_from_picture_to_picture():
    draw = module._Draw(4000, generator(3), torch.device("cpu")).between(-2, 6)
    assert draw.shape == (4000, 1, 1, 1)
    assert (draw.min().item(), draw.max().item()) == (pytest.approx(-2, abs=0.02), pytest.approx(6, abs=0.02))
    assert draw.mean().item() == pytest.approx(2, abs=0.15)


def test_equal_generators_give_equal_pictures(digits):
    spec = Augment(rotation=10, brightness=0.2, contrast=0.2, shift=2, scale=0.1, thickness=0.5)
    first = augment(digits, spec, 28, generator(1))
    assert torch.equal(first, augment(digits, spec, 28, generator(1)))
    assert not torch.equal(first, augment(digits, spec, 28, generator(2)))
