"""Pictures that visitors bring: read with limits, and made into what a network for digits can take."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from dlcore.data.drawing import find_mass
from dlcore.data.images import load_test
from dlcore.data.pictures import MOST_BYTES, MOST_PIXELS, crop_square, make_digit, read_picture
from dlcore.errors import DataError


def saved(picture: Image.Image, kind: str = "PNG", **how) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def photo(background: int = 235, ink: int = 40) -> np.ndarray:
    """A test digit as dark ink on light paper that is a little uneven, three times as large, off the middle."""
    digit = load_test("mnist").test_images[0].astype(float).repeat(3, 0).repeat(3, 1) / 255
    paper = np.full((160, 200), float(background)) + np.linspace(-8, 8, 200)
    paper[20:104, 40:124] += digit * (ink - background)
    return np.repeat(paper[..., None], 3, 2).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(("mode", "colour", "kind"), [
    ("RGB", (10, 200, 30), "PNG"), ("L", 100, "PNG"), ("CMYK", (255, 0, 0, 0), "JPEG"), ("P", 3, "GIF"),
    ("1", 1, "PNG"), ("I;16", 32768, "PNG"), ("LA", (100, 255), "PNG"), ("F", 0.5, "TIFF"),
])
def test_a_picture_of_any_kind_becomes_red_green_and_blue(mode, colour, kind):
    picture = read_picture(saved(Image.new(mode, (7, 5), colour), kind))
    assert picture.shape == (5, 7, 3) and picture.dtype == np.uint8


def test_values_of_sixteen_bits_and_of_cmyk_keep_their_meaning():
    deep = read_picture(saved(Image.fromarray(np.array([[0, 32768, 65535]], np.uint16))))
    assert deep[0, :, 0].tolist() == [0, 127, 255]
    cyan = read_picture(saved(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), "TIFF"))
    assert cyan[0, 0, 0] < 30 and cyan[0, 0, 1] > 200


def test_clear_parts_are_white_and_a_turned_photo_stands_upright():
    assert read_picture(saved(Image.new("RGBA", (4, 4), (0, 0, 0, 0)))).min() == 255
    turned = Image.new("RGB", (6, 4))
    exif = turned.getexif()
    exif[0x0112] = 6
    assert read_picture(saved(turned, "JPEG", exif=exif)).shape == (6, 4, 3)


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("L", (5, 5), level) for level in (200, 10, 20)]
    moving = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert read_picture(moving)[0, 0].tolist() == [200] * 3


def huge(side: int) -> bytes:
    """A PNG whose header promises many pixels, with next to nothing in it."""
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.mark.parametrize(("content", "said"), [
    (b"", "no picture"), (b"hello", "no picture"), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
    (saved(Image.new("RGB", (90, 90), "red"))[:120], "broken"), (huge(200), "broken"),
    (huge(7_000), "more than 40 million"), (huge(100_000), "more than 40 million"),
    (bytes(MOST_BYTES + 1), "more than the 10 allowed"),
])
def test_what_cannot_be_used_is_told_in_a_sentence(content, said):
    assert MOST_PIXELS == 40_000_000
    with pytest.raises(DataError, match=said):
        read_picture(content)


@pytest.mark.parametrize(("background", "ink"), [(235, 40), (20, 220), (128, 0)])
def test_ink_on_paper_becomes_a_centred_digit_light_on_dark(background, ink):
    digit = make_digit(photo(background, ink))
    assert digit.shape == (28, 28) and digit[0].max() == 0 and digit.max() > 200
    assert find_mass(digit) == pytest.approx((14.5, 14.5), abs=0.6)
    original = load_test("mnist").test_images[0]
    assert np.corrcoef(digit.ravel(), original.ravel())[0, 1] > 0.8


def test_a_picture_that_is_no_ink_is_only_scaled():
    noise = np.random.default_rng(0).integers(0, 255, (56, 84, 3), np.uint8)
    expected = crop_square(crop_square(noise, 112), 28).astype(float).mean(2)
    digit = make_digit(noise).astype(float)
    assert np.abs(digit - expected).mean() < 30 or np.abs(255 - digit - expected).mean() < 30


def test_two_large_areas_of_other_colours_are_no_empty_sheet():
    flag = np.zeros((96, 96, 3), np.uint8)
    flag[:, :48, 0], flag[:, 48:, 2] = 200, 100
    digit = make_digit(flag).astype(int)
    assert digit.shape == (28, 28) and np.abs(digit[:, 3] - digit[:, 24]).min() > 30


def test_light_ink_on_a_clear_ground_is_put_on_black_and_dark_ink_on_white():
    for ink, ground in (((255, 255, 255), 0), ((250, 240, 90), 0), ((20, 60, 180), 255), ((120, 120, 120), 255)):
        clear = Image.new("RGBA", (20, 20), (255, 0, 255, 0))
        clear.paste((*ink, 255), (5, 5, 12, 15))
        picture = read_picture(saved(clear))
        assert picture[0, 0].tolist() == [ground] * 3 and picture[8, 8].tolist() == list(ink)
