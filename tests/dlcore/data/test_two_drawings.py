"""Whether two drawings stand on a pad: told of pairs of digits, not of digits in several strokes."""

import numpy as np
import pytest
from PIL import Image

from dlcore.data.drawing import PAD, are_two
from dlcore.data.images import load_test
from tests.dlcore.data.lettering import DIGITS, ink, write
from tests.dlcore.data.redrawing import brush, enlarge, redraw, trim

TEST = load_test("mnist")


def redrawn(rng, count):
    """Test digits of any size at any place, drawn with thinner and thicker brushes than they were."""
    for index in rng.choice(len(TEST.test_labels), count, replace=False):
        yield redraw(TEST.test_images[index], int(rng.integers(32, 105)), tuple(rng.uniform(-1, 1, 2)),
                     int(rng.integers(-6, 13)))


def beside(one, other, rng):
    """Return the pad with two test digits side by side, 5 to 15 pixels apart, as somebody writes 10 or 71."""
    height, thickness, pad = int(rng.integers(35, 75)), int(rng.integers(-4, 9)), np.zeros((PAD, PAD), np.uint8)
    inks = [small(trim(brush(enlarge(digit, 104), thickness)), height * rng.uniform(0.85, 1.15)) for digit in
            (one, other)]
    gap = min(int(rng.integers(5, 16)), PAD - 1 - inks[0].shape[1] - inks[1].shape[1])
    left = 0
    for part in inks:
        top = int(np.clip((PAD - len(part)) / 2 + rng.normal(0, 4), 0, PAD - len(part)))
        pad[top:top + len(part), left:left + part.shape[1]] = part
        left += part.shape[1] + gap
    return pad


def small(digit, height):
    picture = Image.fromarray(digit)
    scale = min(height / picture.height, 46 / picture.width)
    return np.asarray(picture.resize([max(1, round(side * scale)) for side in picture.size], Image.Resampling.BOX))


def share_told(pads):
    return np.mean([are_two(pad) for pad in pads])


def pairs(rng, count):
    for one, other in rng.choice(len(TEST.test_labels), (count, 2), replace=False):
        yield beside(TEST.test_images[one], TEST.test_images[other], rng)


def tens(rng, count):
    ones, zeros = (np.flatnonzero(TEST.test_labels == digit) for digit in (1, 0))
    for one, zero in zip(rng.choice(ones, count), rng.choice(zeros, count), strict=True):
        yield beside(TEST.test_images[one], TEST.test_images[zero], rng)


def test_an_empty_pad_and_one_stroke_are_not_two():
    assert not are_two(np.zeros((PAD, PAD), np.uint8)) and not are_two(np.full((PAD, PAD), 255, np.uint8))
    assert not are_two(ink([np.array([(20.0, 20.0), (90.0, 90.0)])], 9))


def test_the_two_strokes_of_a_4_and_a_5_with_its_bar_apart_are_one_drawing():
    four = [np.array([(50.0, 20.0), (30.0, 60.0), (75.0, 60.0)]), np.array([(66.0, 30.0), (66.0, 95.0)])]
    bar_apart = [np.array([(44.0, 22.0), (76.0, 20.0)]),
                 np.array([(40.0, 34.0), (40.0, 60.0), (70.0, 66.0), (66.0, 92.0)])]
    assert not are_two(ink(four, 6)) and not are_two(ink(bar_apart, 6))


@pytest.mark.parametrize("shift", [(46.0, 0.0), (52.0, 15.0), (0.0, 60.0)])
def test_two_strokes_far_from_each_other_are_two_drawings(shift):
    one = np.array([(24.0, 16.0), (30.0, 44.0)])
    assert are_two(ink([one, one + shift], 6))


def test_few_digits_and_most_pairs_are_told():
    rng = np.random.default_rng(12)
    assert share_told(redrawn(rng, 250)) <= 0.02
    assert share_told(pairs(rng, 60)) >= 0.95 and share_told(tens(rng, 40)) >= 0.95
    assert share_told(write(sign, rng) for sign in DIGITS.values() for _ in range(5)) <= 0.02


@pytest.mark.check
def test_two_drawings_are_said_of_at_most_one_test_digit_in_a_hundred_and_of_nearly_all_pairs():
    rng = np.random.default_rng(13)
    plain = (np.kron(digit, np.ones((4, 4), np.uint8)) for digit in TEST.test_images)
    assert share_told(plain) <= 0.002
    assert share_told(redrawn(rng, 5_000)) <= 0.01
    assert share_told(pairs(rng, 1_000)) >= 0.98 and share_told(tens(rng, 300)) >= 0.98
