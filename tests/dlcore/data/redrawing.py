"""Test digits drawn anew on the pad: larger or smaller, elsewhere, with a thinner or thicker brush."""

import numpy as np
from PIL import Image, ImageFilter

PAD = 112


def redraw(digit: np.ndarray, height: int, shift: tuple[float, float], thickness: int) -> np.ndarray:
    """Return a pad picture of a digit (28, 28) whose ink is `height` of 112 pixels high (less if too wide).

    `shift` is its place across and down, from -1 to 1 of the room there is; `thickness` is what its strokes gain in
    pixels of a digit 104 high (loses where negative).
    """
    large = brush(enlarge(digit, 104), thickness)
    ink = Image.fromarray(trim(large))
    scale = min(height / ink.height, 104 / ink.width)
    small = ink.resize((max(1, round(ink.width * scale)), max(1, round(ink.height * scale))), Image.Resampling.BOX)
    left, top = (round((PAD - side) * (1 + place) / 2) for side, place in zip(small.size, shift, strict=True))
    pad = Image.new("L", (PAD, PAD))
    pad.paste(small, (left, top))
    return np.asarray(pad)


def enlarge(digit: np.ndarray, height: int) -> np.ndarray:
    """Return the ink of a digit with edges as sharp as a brush's."""
    ink = Image.fromarray(trim(digit))
    large = ink.resize((round(ink.width * height / ink.height), height), Image.Resampling.BICUBIC)
    return ((np.asarray(large, np.float32) - 110) * 4).clip(0, 255).astype(np.uint8)


def brush(ink: np.ndarray, thickness: int) -> np.ndarray:
    """Return strokes grown or shrunk by whole pixels, half of them on each side."""
    picture = Image.fromarray(np.pad(ink, abs(thickness) + 1))
    change = ImageFilter.MaxFilter(3) if thickness > 0 else ImageFilter.MinFilter(3)
    for _turn in range(abs(thickness) // 2):
        changed = picture.filter(change)
        picture = changed if np.asarray(changed).max() > 200 else picture
    return np.asarray(picture)


def trim(picture: np.ndarray) -> np.ndarray:
    """Return the box of what is bright."""
    rows, columns = np.nonzero(picture > 50)
    return picture[rows.min(): rows.max() + 1, columns.min(): columns.max() + 1]
