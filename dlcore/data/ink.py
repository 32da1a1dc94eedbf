"""The ink in a photograph: the local ground is taken off, what is printed on the paper is left out, the digit is found.

The ground is what a morphological closing leaves (of light ink an opening): every stroke that is narrower than the
window is filled from its sides, while the slopes and edges of shadows stay where they are.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dlcore.data.components import Box, Part, around, distance, extreme_around, find_parts
from dlcore.data.drawing import PAD, Picture, stroke_width
from dlcore.errors import N_, DataError

LOOK = 320      # pixels of the longer side at which a picture is searched for ink
FINE = 3        # times that: more pixels are left out
CLOSE = 128     # and of the square around it that is looked at closely
ROOM = 0.3      # of the digit's longer side: what is cut out with it on each side
WINDOW = 0.42   # of the longer side: strokes up to this width are ink
BLOCK = 2       # pixels that the ground leaves out
DARKEST = 32    # of 255: darker ground counts as if it were so light
FAINTEST = 0.16 # of the ground's light: a contrast that is less is no ink
PENCIL = 0.4    # the same, where other things on the paper are half as strong: its lines, and no ink
HALF = 0.5      # of the strongest ink: what is as strong belongs to the digit for certain
MOST_PRINTED = 0.62  # of the strongest ink, at most, is taken for something printed on the paper
REACH = 0.3     # of the digit's longer side: parts that are nearer belong to it
CRUMB = 0.03    # of the digit's size: smaller parts beside it are dirt
LEAST = 0.2     # of the strongest ink, at least: fainter is the ground's own unevenness
RAMP = 0.4      # of the way from there to the strongest ink: where it is full
AT_EDGE = 0.2   # of what touches the edge of the picture: a part as large that does not is preferred
NEAR = 7        # pixels around the digit that are its edges
SMALL = 32      # pixels of the side at which a picture without ink is looked at as a whole
SCENE = 110     # of 255: what differs more in any colour is more than light and shade on a sheet
AT_RIM = 0.3    # of the rim, at most, is ink
ALONE = 0.4     # of all that is as dark, at least, is the digit; else it is no ink on a ground
LONGEST = 5     # times the digit's longer side: a longer line is no digit but a pattern
ON_PAD = 84     # pixels of the digit's longer side on the pad

Grey = NDArray[np.float32]


def find_ink(picture: NDArray[np.uint8]) -> Picture | None:
    """Return the strongest ink in a picture (height, width, 3) as it would stand on the pad.

    None where what can be seen is spread all over, as on a photograph of things; DataError where nothing can be seen.
    """
    step = max(1, max(picture.shape[:2]) // (FINE * LOOK))  # of a large photograph some pixels are enough
    whole = Image.fromarray(np.ascontiguousarray(picture[::step, ::step]))
    scale = max(1.0, max(whole.size) / LOOK)
    seen = _search(_cut(whole, (0, 0, *whole.size), scale))
    if seen is None and _is_scene(whole):
        return None
    if seen is None:
        raise DataError(N_("No ink was found: nothing in the picture is clearly darker or lighter than what is around "
                           "it. Write with a thicker pen, or take the picture in better light."))
    if seen[2] < ALONE:
        return None
    near = tuple(min(max(edge * scale, 0), side) for edge, side in zip(_room_around(seen[1]), whole.size * 2))
    found = _search(_cut(whole, near, max(near[2] - near[0], near[3] - near[1]) / CLOSE))
    ink = _put_on_pad(*(found or seen)[:2])
    return ink if ink.sum() / 255 / stroke_width(ink) < LONGEST * ON_PAD else None


def _is_scene(whole: Image.Image) -> bool:
    """Whether a picture without ink shows something all the same: large areas of clearly different colours."""
    colours = np.array(whole.resize((SMALL, SMALL), Image.Resampling.BOX, reducing_gap=2), np.float32)
    low, high = np.percentile(colours, (2, 98), axis=(0, 1))
    return bool((high - low).max() > SCENE)


def _cut(whole: Image.Image, box: tuple[float, ...], scale: float) -> Grey:
    """Return what is in a box of a picture, in grey, made smaller by `scale`."""
    size = [max(1, round((box[axis + 2] - box[axis]) / scale)) for axis in (0, 1)]
    how = Image.Resampling.BOX if scale >= 1 else Image.Resampling.BICUBIC
    return np.array(whole.resize(size, how, box, reducing_gap=2).convert("L"), np.float32)


def _search(grey: Grey) -> tuple[Grey, Box, float] | None:
    """Return how much of the digit's ink is at each place of a picture, from 0 to 1, the box of it, and which share of
    all that is as dark belongs to it; None where nothing is dark.
    """
    contrast = _contrast(grey)
    strongest = float(_mean_around(contrast).max())
    if strongest - float(np.percentile(contrast, 10)) < FAINTEST:
        return None
    certain = find_parts(contrast > HALF * strongest)
    printed, spans = _printed(contrast, *certain)
    if strongest < PENCIL and (spans or printed > HALF * strongest):
        return None
    low = min(max(1.15 * printed, LEAST * strongest), MOST_PRINTED * strongest)
    labels, parts = find_parts(contrast > low)
    chosen, box = _gather(parts, grey.shape)
    high = low + RAMP * (strongest - low)
    share = sum(part.size for part in parts if part.number in chosen) / sum(part.size for part in parts)
    if (contrast[_rim(grey.shape)] > HALF * strongest).mean() > AT_RIM:
        share = 0.0
    return np.where(np.isin(labels, chosen), ((contrast - low) / (high - low)).clip(0, 1), 0), box, share


def _contrast(grey: Grey) -> Grey:
    """Return what share of the ground's light dark ink takes away, or of the light that is missing light ink adds."""
    window = round(WINDOW * max(grey.shape)) | 1
    paper = np.median(grey[_rim(grey.shape)])
    if grey.max() - paper > paper - grey.min():
        grey = 255 - grey
    ground = _close(_mean_around(grey), window)
    return ((ground - grey) / np.maximum(ground, DARKEST)).clip(0, 1)


def _close(grey: Grey, window: int) -> Grey:
    """Return a picture in which everything dark and narrower than the window is filled, also what touches its rim."""
    height, width = grey.shape
    room, rim = -(-window // BLOCK) * BLOCK, _rim(grey.shape)
    line = np.pad(grey[rim], window, mode="wrap")[:, None]
    grey = grey.copy()
    grey[rim] = extreme_around(extreme_around(line, window, np.maximum), window, np.minimum)[window:-window, 0]
    wide = np.pad(grey, ((room, room + height % BLOCK), (room, room + width % BLOCK)), mode="edge")
    blocks = wide.reshape(wide.shape[0] // BLOCK, BLOCK, wide.shape[1] // BLOCK, BLOCK).max((1, 3))
    across = max(3, window // BLOCK) | 1
    closed = extreme_around(extreme_around(blocks, across, np.maximum), across, np.minimum)
    large = np.array(Image.fromarray(closed).resize(wide.shape[::-1], Image.Resampling.BILINEAR))
    level = extreme_around(large, 2 * BLOCK + 1, np.minimum)  # at an edge of the ground its darker side counts
    return level[room:room + height, room:room + width]


def _rim(shape: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows and the columns of the outermost pixels, once around."""
    height, width = shape
    down, across = np.arange(height), np.arange(width)
    return (np.concatenate([0 * across, down, 0 * across + height - 1, down[::-1]]),
            np.concatenate([across, 0 * down + width - 1, across[::-1], 0 * down]))


def _mean_around(values: Grey) -> Grey:
    wide = np.pad(values, 1, mode="edge")
    height, width = values.shape
    return sum(wide[down:down + height, across:across + width] for down in range(3) for across in range(3)) / 9


def _printed(contrast: Grey, labels: NDArray, parts: list[Part]) -> tuple[float, bool]:
    """Return how strong the strongest is that is no digit: lines of the paper, noise, grains; and whether what is left
    reaches from one edge of the picture to the other, as such lines do.
    """
    chosen, box = _gather(parts, contrast.shape)
    spans = (box[0] == 0 and box[2] == contrast.shape[1]) or (box[1] == 0 and box[3] == contrast.shape[0])
    digit = extreme_around(np.isin(labels, chosen), NEAR, np.maximum)
    rest = contrast[~digit]
    return float(np.percentile(rest, 99)) if rest.size else 0.0, spans


def _gather(parts: list[Part], shape: tuple[int, int]) -> tuple[list[int], Box]:
    """Return the numbers of the parts that are the digit, and their box: the largest and those beside it."""
    inside = [part for part in parts if not _at_edge(part.box, shape)]
    main = inside[0] if inside and inside[0].size > AT_EDGE * parts[0].size else parts[0]
    chosen, box, left = [main], main.box, [part for part in parts if part is not main]
    while joined := [part for part in left if _belongs(part, box, chosen)]:
        chosen += joined
        left = [part for part in left if part not in joined]
        for part in joined:
            box = around(box, part.box)
    return [part.number for part in chosen], box


def _belongs(part: Part, box: Box, chosen: list[Part]) -> bool:
    """Whether a part is near the box of the chosen, and no mere crumb beside them."""
    reach = REACH * max(box[2] - box[0], box[3] - box[1])
    return part.size > CRUMB * sum(other.size for other in chosen) and distance(part.box, box) <= reach


def _at_edge(box: Box, shape: tuple[int, int]) -> bool:
    return box[0] == 0 or box[1] == 0 or box[2] == shape[1] or box[3] == shape[0]


def _room_around(box: Box) -> tuple[float, float, float, float]:
    room = ROOM * max(box[2] - box[0], box[3] - box[1]) + 1
    return box[0] - room, box[1] - room, box[2] + room, box[3] + room


def _put_on_pad(ink: Grey, box: Box) -> Picture:
    """Return the ink in the middle of a pad."""
    left, top, right, bottom = box
    scale = ON_PAD / max(right - left, bottom - top)
    size = [max(1, round(side * scale)) for side in (right - left, bottom - top)]
    how = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    digit = Image.fromarray(np.rint(255 * ink).astype(np.uint8)).resize(size, how, box)
    page = Image.new("L", (PAD, PAD))
    page.paste(digit, ((PAD - size[0]) // 2, (PAD - size[1]) // 2))
    return np.array(page)
