"""Batches: which digits, in which order, and as what numbers."""

from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from dlcore.data.batches import Batches, pictures_of, prepare
from dlcore.data.images import Images, load
from dlcore.specs.data import Augment, ImageData
from dlcore.specs.datasets import normalisation


@pytest.fixture(scope="module")
def mnist():
    return load("mnist")


@pytest.fixture(scope="module")
def numbered():
    """Return 503 pictures whose first two pixels say which one they are."""
    pictures = np.zeros((503, 28, 28), np.uint8)
    pictures[:, 0, 0], pictures[:, 0, 1] = np.divmod(np.arange(503), 256)
    return Images("mnist", pictures, (np.arange(503) % 10).astype(np.uint8), pictures[:5], pictures[:5, 0, 0], ())


def numbers(batch):
    """Return which pictures are in a batch, undoing the normalisation."""
    (mean,), (deviation,) = normalisation("mnist", 1)
    pixels = ((batch[:, 0, 0, :2] * deviation + mean) * 255).round().long()
    return (pixels[:, 0] * 256 + pixels[:, 1]).tolist()


def test_every_epoch_shows_every_digit_once_in_another_order(numbered):
    batches = Batches(ImageData(train_size=503), numbered, 50, seed=4)
    assert batches.per_epoch == 11
    epochs = [[numbers(batches.batch(step)[0]) for step in range(11 * epoch, 11 * epoch + 11)] for epoch in range(3)]
    assert [len(batch) for batch in epochs[0]] == [50] * 10 + [3]
    orders = [sum(epoch, []) for epoch in epochs]
    assert all(sorted(order) == list(range(503)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


def test_labels_go_with_their_pictures(numbered):
    batches = Batches(ImageData(train_size=503), numbered, 64, seed=4)
    for step in (0, 7, 12):
        pictures, labels = batches.batch(step)
        assert labels.tolist() == [number % 10 for number in numbers(pictures)]
        assert labels.dtype == torch.int64


def test_fewer_digits_are_a_fixed_part_of_all(numbered):
    one, other = (Batches(ImageData(train_size=500), numbered, 100, seed=seed) for seed in (1, 2))
    seen = [{number for step in range(10) for number in numbers(batches.batch(step)[0])} for batches in (one, other)]
    assert len(seen[0]) == len(seen[1]) == 500
    assert seen[0] != seen[1]


def test_equal_seeds_give_equal_batches_in_whatever_order_they_are_asked_for(mnist):
    spec = ImageData(train_size=500, size=32, channels=3, augment=Augment(rotation=10, shift=2))
    one, other = Batches(spec, mnist, 64, seed=9), Batches(spec, mnist, 64, seed=9)
    torch.manual_seed(3)
    steps = [0, 5, 13, 20]
    first = {step: one.batch(step) for step in steps}
    torch.manual_seed(4)
    for step in reversed(steps):
        again = other.batch(step)
        assert torch.equal(again[0], first[step][0])
        assert torch.equal(again[1], first[step][1])
    assert not torch.equal(Batches(spec, mnist, 64, seed=8).batch(0)[0], first[0][0])


def test_asking_for_a_batch_leaves_the_global_random_state_alone(mnist):
    batches = Batches(ImageData(train_size=500, augment=Augment(rotation=10)), mnist, 64, seed=0)
    before = torch.get_rng_state()
    batches.batch(0)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_training_set_has_mean_0_and_deviation_1(mnist):
    (mean,), (deviation,) = normalisation("mnist", 1)
    share, grey = np.bincount(mnist.train_images.ravel(), minlength=256) / mnist.train_images.size, np.arange(256) / 255
    assert share @ grey == pytest.approx(mean, abs=1e-4)
    assert np.sqrt(share @ grey**2 - (share @ grey)**2) == pytest.approx(deviation, abs=1e-4)
    pictures = prepare(pictures_of(torch.from_numpy(mnist.train_images[::7])), ImageData())
    assert pictures.mean().item() == pytest.approx(0, abs=0.02)
    assert pictures.std().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("size", [20, 24, 32, 48])
def test_resizing_is_that_of_pillow(mnist, size):
    """Pillow rounds to whole grey values; so half a grey value may be between them, and a little more."""
    (mean,), (deviation,) = normalisation("mnist", 1)
    ours = prepare(pictures_of(torch.from_numpy(mnist.test_images[:8])), ImageData(size=size))
    ours = (ours * deviation + mean)[:, 0] * 255
    theirs = np.stack([np.asarray(Image.fromarray(one).resize((size, size), Image.Resampling.BILINEAR))
                       for one in mnist.test_images[:8]])
    assert np.abs(ours.numpy() - theirs).max() <= 1.01


def test_three_channels_are_three_times_the_grey_one_laid_out_channels_last(mnist):
    images = pictures_of(torch.from_numpy(mnist.test_images[:4]))
    grey, colour = prepare(images, ImageData(size=48)), prepare(images, ImageData(size=48, channels=3))
    assert colour.shape == (4, 3, 48, 48)
    assert colour.is_contiguous(memory_format=torch.channels_last)
    assert all(torch.equal(colour[:, channel], grey[:, 0]) for channel in range(3))


def test_pictures_are_numbers_from_0_to_1(mnist):
    images = torch.from_numpy(mnist.test_images[:3])
    assert torch.equal(pictures_of(images)[:, 0], images / 255)
    assert images.dtype == torch.uint8


def test_augmented_batches_have_the_size_that_was_asked_for(mnist):
    for size in (20, 28, 48):
        batches = Batches(ImageData(train_size=500, size=size, augment=Augment(rotation=10)), mnist, 16, seed=0)
        assert batches.batch(0)[0].shape == (16, 1, size, size)


def test_digits_that_are_left_out_leave_the_others_in_their_order(numbered):
    whole = Batches(ImageData(train_size=503), numbered, 503, seed=3)
    left_out = (7, 100, 100, 502)
    others = Batches(ImageData(train_size=503, without=left_out), numbered, 500, seed=3)
    assert len(others.labels) == ImageData(train_size=503, without=left_out).count == 500
    for step in (0, 1):
        wanted = [number for number in numbers(whole.batch(step)[0]) if number not in left_out]
        assert numbers(others.batch(step)[0]) == wanted
    assert others.chosen.tolist() == [number for number in range(503) if number not in left_out]


def test_as_many_digits_are_left_as_the_spec_counts_also_where_some_were_not_among_them(numbered):
    chosen = Batches(ImageData(train_size=500), numbered, 64, seed=3).chosen.tolist()
    absent = next(number for number in range(503) if number not in chosen)
    spec = ImageData(train_size=500, without=(chosen[5], absent))
    left = Batches(spec, numbered, 64, seed=3)
    assert len(left.chosen) == spec.count == 498 and chosen[5] not in left.chosen.tolist()
    assert left.per_epoch == -(-spec.count // 64)


@pytest.mark.parametrize(("size", "without", "again"), [
    (503, (7, 100), (3, 100, 200)),  # 100 is left out and weighed: it stays out
    (500, (7, 8), (9, 10)), (500, (1, 2, 3), tuple(range(60, 80)))])
def test_some_pictures_left_out_and_others_with_more_weight_at_once(numbered, size, without, again):
    """Counted over two epochs, with the right labels, in as many steps as the spec says."""
    spec = ImageData(train_size=size, without=without, again=again, times=4)
    batches = Batches(spec, numbered, 64, seed=3)
    part = set(Batches(ImageData(train_size=size), numbered, 64, seed=3).chosen.tolist())
    assert batches.shown == spec.shown and batches.per_epoch == -(-spec.shown // 64)
    for epoch in range(2):
        steps = [batches.batch(epoch * batches.per_epoch + step) for step in range(batches.per_epoch)]
        seen = [number for pictures, _labels in steps for number in numbers(pictures)]
        assert [int(label) for _pictures, labels in steps for label in labels] == [number % 10 for number in seen]
        weighed = set(again) - set(without)
        once = Counter(number for number in seen if number not in weighed)
        assert set(once.values()) == {1} and not set(once) & set(without)
        assert all(seen.count(number) == (4 if number in part else 3) for number in weighed)
        assert len(seen) == spec.shown
