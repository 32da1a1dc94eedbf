"""From the pad to the network's input: MNIST's own recipe, measured on MNIST's own digits."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from dlcore.data.drawing import (
    PAD,
    STEPS,
    WIDTHS,
    Steps,
    change_width,
    find_box,
    find_mass,
    receive,
    stroke_width,
    toggle_each,
)
from dlcore.data.images import load_test
from tests.dlcore.data.redrawing import redraw

DIGITS = load_test("mnist").test_images


def line(start, end, width=8):
    picture = Image.new("L", (PAD * 4, PAD * 4))
    ImageDraw.Draw(picture).line([(4 * x, 4 * y) for x, y in (start, end)], fill=255, width=4 * width)
    return np.asarray(picture.resize((PAD, PAD), Image.Resampling.BOX))


def disc(x, y, radius):
    down, across = np.mgrid[:PAD, :PAD] + 0.5
    return (255 * ((across - x) ** 2 + (down - y) ** 2 <= radius * radius)).astype(np.uint8)


def mass_by_definition(picture):
    """Centre of mass with pixel centres at whole numbers, summed pixel by pixel."""
    total = sum(int(value) for value in picture.flat)
    across = sum(int(value) * (index % picture.shape[1]) for index, value in enumerate(picture.flat))
    down = sum(int(value) * (index // picture.shape[1]) for index, value in enumerate(picture.flat))
    return across / total, down / total


def test_an_empty_drawing_gives_nothing():
    assert receive(np.zeros((PAD, PAD), np.uint8)) is None
    assert toggle_each(np.zeros((PAD, PAD), np.uint8), Steps()) == {}


def test_the_input_and_the_stages_have_the_promised_shapes():
    received = receive(line((20, 20), (60, 90)))
    assert received.pixels.shape == (28, 28) and received.pixels.dtype == np.uint8
    assert received.stages.shape == (len(STEPS), 56, 56) and received.stages.dtype == np.uint8


def test_mnist_has_its_centre_of_mass_in_pixel_fourteen():
    """The fact on which our centring stands."""
    centres = np.array([find_mass(digit) for digit in DIGITS[:2000]]) - 0.5
    assert np.abs(centres.mean(0) - 14).max() < 0.02 and np.abs(centres - 14).max() < 0.76


@pytest.mark.parametrize("place", [(-1, -1), (1, -1), (0, 0), (0.3, 1)])
def test_the_centre_of_mass_comes_to_the_middle_wherever_the_digit_is_drawn(place):
    for digit in DIGITS[:20]:
        pixels = receive(redraw(digit, 48, place, 0)).pixels
        assert np.abs(np.array(mass_by_definition(pixels)) - 14).max() < 0.5


@pytest.mark.parametrize("height", [32, 56, 80, 104])
def test_the_longer_side_becomes_twenty_pixels(height):
    for digit in DIGITS[:20]:
        left, top, right, bottom = find_box(receive(redraw(digit, height, (0.5, -0.5), 0)).pixels)
        assert 19 <= max(right - left, bottom - top) <= 21


@pytest.mark.parametrize("height", [32, 60, 104])
def test_an_mnist_digit_drawn_anywhere_at_any_size_comes_back_like_itself(height):
    rng = np.random.default_rng(height)
    alike = []
    for digit in DIGITS[:40]:
        back = receive(redraw(digit, height, rng.uniform(-1, 1, 2), 0)).pixels
        alike.append(np.corrcoef(back.ravel(), digit.ravel())[0, 1])
    assert np.median(alike) > 0.92 and min(alike) > 0.75  # bold ones come back thinner


def test_moving_a_drawing_changes_nothing():
    one, other = disc(40, 40, 9) | line((40, 40), (70, 75)), disc(57, 51, 9) | line((57, 51), (87, 86))
    difference = receive(one).pixels.astype(int) - receive(other).pixels
    assert np.abs(difference).max() <= 2


def test_scaling_a_drawing_hardly_changes_anything():
    small, large = line((30, 20), (50, 60), 5), line((30, 20), (70, 100), 10)
    assert np.corrcoef(receive(small).pixels.ravel(), receive(large).pixels.ravel())[0, 1] > 0.99


def test_the_width_of_a_stroke_is_that_of_its_rectangle_in_any_direction():
    for width in (4, 8, 12):
        for end in ((20, 100), (100, 20), (90, 90), (60, 100)):
            length = np.hypot(end[0] - 20, end[1] - 20)
            area, outline = length * width, 2 * (length + width)
            assert stroke_width(line((20, 20), end, width)) == pytest.approx(2 * area / outline, rel=0.06)


def test_a_stroke_grows_and_shrinks_by_what_is_asked():
    drawn = line((30, 20), (30, 90), 10)
    for change in (-5, -2.5, -1, 0, 0.5, 3, 6.2):
        across = change_width(drawn, change)[55].sum() / 255
        assert across == pytest.approx(10 + change, abs=0.02)


def test_a_disc_grows_round():
    grown = change_width(disc(56, 56, 20), 12) > 127
    ideal = disc(56, 56, 26) > 127
    assert (grown ^ ideal).sum() < 0.06 * ideal.sum()


@pytest.mark.parametrize("thickness", [-6, 0, 10])
def test_strokes_come_into_the_range_of_mnist(thickness):
    for digit in DIGITS[:20]:
        width = stroke_width(receive(redraw(digit, 80, (0, 0), thickness)).stages[2]) / 2
        assert WIDTHS[0] - 0.5 < width < WIDTHS[1] + 0.8


def test_a_dot_stays_a_dot():
    left, top, right, bottom = find_box(receive(disc(50, 50, 4)).pixels)
    assert right - left < 12 and bottom - top < 12


def test_ink_at_the_very_edge_is_not_cut_off():
    drawn = np.zeros((PAD, PAD), np.uint8)
    drawn[:, :6] = drawn[:6] = 255
    left, top, right, bottom = find_box(receive(drawn).pixels)
    assert 19 <= right - left <= 21 and 19 <= bottom - top <= 21 and left >= 0 and bottom <= 28


def test_faint_ink_is_ink():
    assert receive((line((30, 20), (30, 90)) > 0).astype(np.uint8)) is not None


@pytest.mark.parametrize("drawn", [np.full((PAD, PAD), 255, np.uint8), disc(0, 0, 2), disc(111, 111, 1)],
                         ids=["a full pad", "a corner", "one pixel"])
def test_strange_drawings_are_received_too(drawn):
    for name in STEPS:
        assert receive(drawn, Steps(**{name: False})).pixels.any()


def test_without_any_step_the_pad_is_only_made_smaller():
    drawn = line((20, 20), (60, 90))
    plain = receive(drawn, Steps(strokes=False, crop=False, centre=False)).pixels
    blocks = drawn.reshape(28, 4, 28, 4).mean((1, 3))
    assert np.abs(plain - blocks).max() <= 1  # rounded twice


def test_without_averaging_pixels_are_picked():
    drawn = (line((20, 20), (60, 90)) > 127).astype(np.uint8) * 255
    picked = receive(drawn, Steps(strokes=False, smooth=False)).pixels
    assert set(np.unique(picked)) == {0, 255}


def test_each_step_is_toggled_alone():
    drawn = redraw(DIGITS[0], 40, (0.8, -0.8), 6)
    toggled = toggle_each(drawn, Steps(crop=False))
    assert set(toggled) == set(STEPS)
    assert np.array_equal(toggled["crop"], receive(drawn).pixels)
    assert np.array_equal(toggled["centre"], receive(drawn, Steps(crop=False, centre=False)).pixels)


def test_where_the_centre_of_mass_has_come_to_is_told():
    drawn = redraw(DIGITS[0], 40, (0.8, -0.8), 0)
    for steps in (Steps(), Steps(centre=False), Steps(crop=False, centre=False)):
        received = receive(drawn, steps)
        across, down = mass_by_definition(received.pixels)
        assert received.mass == pytest.approx(((across + 0.5) / 28, (down + 0.5) / 28), abs=0.01)
