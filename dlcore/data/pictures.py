"""Pictures that visitors bring: read with limits, and made into what a network for digits can take."""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from dlcore.data.drawing import PAD, Steps, receive
from dlcore.data.images import SIDE
from dlcore.errors import N_, DataError

MOST_BYTES = 10 * 2**20
MOST_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftyphevc")  # how Apple's pictures begin, behind 4 bytes
EDGE = 0.06  # of the side: what counts as the picture's edge
EVEN = 48  # levels between which most of the edge lies where a picture is ink on an even ground
FAINT = 0.25  # of the strongest ink: weaker is taken for the ground's own unevenness


def read_picture(content: bytes) -> NDArray[np.uint8]:
    """Return an uploaded picture as uint8 (height, width, 3), upright, on white where it is clear.

    Of an animated one the first frame, of 16-bit and CMYK ones what a screen would show. DataError, with what to do,
    for one that is too large, broken or of another format.
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
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    return picture.convert("RGB")


def crop_square(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return the middle square of a picture (height, width, 3) at `side` pixels, (side, side, 3)."""
    return np.array(ImageOps.fit(Image.fromarray(picture), (side, side), Image.Resampling.BOX))


def make_digit(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture (height, width, 3) as a network for digits gets it: uint8 (28, 28), light on dark.

    Its middle square, inverted where its edge is light. Ink on an even ground is cut out and centred like a drawing;
    any other picture is scaled as it is.
    """
    grey = np.array(Image.fromarray(crop_square(picture, PAD)).convert("L")).astype(np.float64)
    edge = _edge(grey)
    low, ground, high = np.percentile(edge, (5, 50, 95))
    if high - low <= EVEN and (ink := _lift(grey, ground)) is not None:
        return receive(ink, Steps(strokes=False)).pixels
    grey = 255 - grey if ground > 127 else grey
    return np.array(Image.fromarray(grey.astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BOX))


def _edge(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    wide = int(EDGE * len(grey))
    inside = np.zeros(grey.shape, bool)
    inside[wide:-wide, wide:-wide] = True
    return grey[~inside]


def _lift(grey: NDArray[np.float64], ground: float) -> NDArray[np.uint8] | None:
    """Return the ink on an even ground, dark or light, as strong as a drawing's; None where there is none."""
    darker = ground - grey.min() > grey.max() - ground
    over = np.clip(ground - grey if darker else grey - ground, 0, None)
    if over.max() < EVEN:
        return None
    strength = np.clip((over / over.max() - FAINT) / (1 - FAINT), 0, 1)
    return np.rint(255 * strength).astype(np.uint8)
