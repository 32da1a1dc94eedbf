"""The subject in a link: a picture as a text, and what becomes of nonsense."""

import json
import zlib
from base64 import urlsafe_b64encode

import numpy as np
import pytest

from dlcore.data.images import load_test
from dlcore.specs.codec import from_link, to_link
from dlcore.specs.convolution import Convolution
from dlcore.specs.subject import MAX_TEXT, Subject, read_pixels, write_pixels


@pytest.mark.parametrize("pixels", [bytes(784), load_test("mnist").test_images[3].tobytes(),
                                    np.random.default_rng(0).integers(0, 256, 784, np.uint8).tobytes()])
def test_any_picture_survives_a_link(pixels):
    text = write_pixels(pixels)
    assert read_pixels(text) == pixels and len(text) <= MAX_TEXT
    spec = Convolution(subject=Subject(picture="own", pixels=text))
    assert from_link(to_link(spec), "convolution") == (spec, ())


@pytest.mark.parametrize("text", [
    "x", "ğ" * 9, "A" * 5000, urlsafe_b64encode(zlib.compress(bytes(783))).decode(),
    urlsafe_b64encode(zlib.compress(bytes(10**6))).decode(), urlsafe_b64encode(zlib.compress(b"1" * 784)).decode()[:9],
    7, None, ["a"],
])
def test_a_picture_that_is_none_is_left_out_of_a_link_and_said(text):
    read, mends = from_link(json.dumps({"subject": {"pixels": text, "digit": 12}}), "convolution")
    assert read.subject == Subject(digit=12)
    assert [mend.field for mend in mends] == ["subject.pixels"]


def test_numbers_out_of_range_become_the_nearest():
    read, mends = from_link('{"subject":{"digit":123456,"step":-7,"network":"other"}}', "convolution")
    assert read.subject == Subject(digit=20_799) and len(mends) == 3
