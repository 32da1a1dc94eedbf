"""Pictures that visitors bring: read with limits, and made into what a network for digits can take."""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from dlcore.data.drawing import BOX, MIDDLE, PAD, SIDE, find_box, find_mass, receive
from dlcore.data.ink import find_ink
from dlcore.errors import N_, DataError

MOST_BYTES = 10 * 2**20
MOST_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftyphevc")  # how Apple's pictures begin, behind 4 bytes
EDGE = 6  # pixels: what counts as the edge of a picture of 112
LIGHT = 192  # where what can be seen of a picture that is clear elsewhere is lighter, it is put on black


def read_picture(content: bytes) -> NDArray[np.uint8]:
    """Return an uploaded picture as uint8 (height, width, 3), upright.

    Where it is clear it is white, or black under light ink. Of an animated one the first frame, of 16-bit and CMYK ones
    what a screen would show. DataError, with what to do, for one that is too large, broken or of another format.
    """
    if len(content) > MOST_BYTES:
        raise DataError(N_("The picture has {size:.0f} MB, more than the {most} allowed. Make it smaller and try "
                           "again."), size=len(content) / 2**20, most=MOST_BYTES // 2**20)
    try:
        with warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning):
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                _check_size(opened)
                return np.array(_flatten(ImageOps.exif_transpose(opened)))
    except UnidentifiedImageError as error:
        if content[4:12] in HEIC:
            raise DataError(N_("The picture is in Apple's HEIC format, which is not read here. Save it as JPEG and try "
                               "again.")) from error
        raise DataError(N_("This is no picture that can be read. Use a PNG, JPEG, WebP, GIF, BMP or TIFF file."
                           )) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(TOO_MANY, most=MOST_PIXELS // 10**6) from error
    except (OSError, ValueError, SyntaxError, EOFError, TypeError) as error:  # Pillow's ways to say: broken
        raise DataError(N_("The picture is broken: it ends too early or has errors. Save it once more and try "
                           "again.")) from error


TOO_MANY = N_("The picture has more than {most} million pixels. Make it smaller and try again.")


def _check_size(opened: Image.Image) -> None:
    """Refuse a picture by what its header says, before it is unpacked."""
    if opened.width * opened.height > MOST_PIXELS:
        raise DataError(TOO_MANY, most=MOST_PIXELS // 10**6)


def _flatten(picture: Image.Image) -> Image.Image:
    """Return a picture of any mode in red, green and blue."""
    if picture.mode.startswith("I") or picture.mode == "F":
        levels = np.asarray(picture, np.float64)
        most = 65535 if picture.mode.startswith("I") else levels.max() or 1
        return Image.fromarray((255 * np.clip(levels / most, 0, 1)).astype(np.uint8)).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, _ground_of(clear)), clear).convert("RGB")
    return picture.convert("RGB")


def _ground_of(clear: Image.Image) -> str:
    """Return what a clear picture is put on, so that it can be seen: white, and black where what it shows is light."""
    seen = np.asarray(clear.getchannel("A"), np.float64)
    light = np.asarray(clear.convert("RGB").convert("L"), np.float64)
    return "black" if (light * seen).sum() > LIGHT * seen.sum() else "white"


def crop_square(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return the middle square of a picture (height, width, 3) at `side` pixels, (side, side, 3)."""
    return np.array(ImageOps.fit(Image.fromarray(picture), (side, side), Image.Resampling.BOX))


def make_digit(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture (height, width, 3) as a network for digits gets it: uint8 (28, 28), light on dark.

    Ink on any ground is found, cut out and centred like a drawing; a picture that is no ink is scaled as it is, its
    middle square, inverted where its edge is light; one that is like MNIST's stays as it is. DataError where there is
    nothing to be seen.
    """
    if _is_ready(picture):
        return picture[..., 0]
    if (ink := find_ink(picture)) is not None:
        return receive(ink).pixels
    grey = np.array(Image.fromarray(crop_square(picture, PAD)).convert("L"))
    edge = np.concatenate([grey[:EDGE].ravel(), grey[-EDGE:].ravel(), grey[:, :EDGE].ravel(), grey[:, -EDGE:].ravel()])
    grey = 255 - grey if np.median(edge) > 127 else grey
    return np.array(Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BOX))


def _is_ready(picture: NDArray[np.uint8]) -> bool:
    """Whether a picture is one of 28×28 with a grey digit on black, of MNIST's size and in its middle."""
    grey = picture[..., 0]
    if grey.shape != (SIDE, SIDE) or (picture != grey[..., None]).any() or not grey.any():
        return False
    if np.percentile(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]), 80):
        return False
    left, top, right, bottom = find_box(grey)
    off = np.abs(np.array(find_mass(grey)) - MIDDLE).max()
    return abs(max(right - left, bottom - top) - BOX) <= 4 and off <= 1
