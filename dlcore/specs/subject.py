"""What a page looks at: which network, at which moment of its training, and which picture it is shown."""

import base64
import binascii
import zlib
from dataclasses import dataclass, field
from typing import Any, Literal

from dlcore.specs.fields import Rule, choice, kind, whole

SIDE = 28  # of the picture in a link
MAX_TEXT = 1_200  # letters that 28·28 bytes may take
NEWEST = -1
TEST_PICTURES = 20_800  # of the largest data set


def write_pixels(pixels: bytes) -> str:
    """Return 28·28 grey bytes as a text that can stand in a link."""
    return base64.urlsafe_b64encode(zlib.compress(pixels, 9)).decode().rstrip("=")


def read_pixels(text: str) -> bytes:
    """Return the 28·28 bytes of a text from a link, none for an empty one; ValueError where it holds anything else."""
    if not text:
        return b""
    if len(text) > MAX_TEXT:
        raise ValueError("too long")
    try:
        unpacker = zlib.decompressobj()
        pixels = unpacker.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), SIDE * SIDE + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError("damaged") from error
    if len(pixels) != SIDE * SIDE:
        raise ValueError("not one picture")
    return pixels


class _Pixels(Rule):
    """A picture as a text."""

    def nearest(self, value: Any) -> str:
        if isinstance(value, str) and (read_pixels(value) or not value):
            return value
        raise ValueError(value)


@dataclass(frozen=True)
class Subject:
    """The network and the picture that a page looks at.

    `network` "run" is the run on the page, where there is one, at snapshot `step` (-1: as it is now); else, and with
    "pretrained", the network that comes with the project. `picture` "test" is the test picture with number `digit`,
    "drawing" and "own" are what was drawn or uploaded, kept in `pixels`. `own_way` is how a network for digits is given
    a picture of the visitor's own: as if it were a drawing, or as it is.
    """

    kind: Literal["subject"] = kind("subject")
    network: str = choice("run", "run", "pretrained")
    step: int = whole(NEWEST, NEWEST, 2**31 - 1)
    picture: str = choice("test", "test", "drawing", "own")
    digit: int = whole(0, 0, TEST_PICTURES - 1)
    own_way: str = choice("digit", "digit", "plain")
    pixels: str = field(default="", metadata={"rule": _Pixels(str)})
