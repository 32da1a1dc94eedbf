"""From a drawing to the picture that a network receives, by the recipe with which MNIST's digits were made.

MNIST: the ink's box is scaled until its longer side is 20 pixels, and placed in 28×28 with its centre of mass in the
middle (as the page of the data set describes it). The width of a brush does not grow with the digit
as a pen's on paper does, so it is first brought into the range of MNIST's strokes.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dlcore.data.components import extreme_around, find_parts

Picture = NDArray[np.uint8]
Box = tuple[int, int, int, int]  # left, top, right, bottom
Square = tuple[float, float, float]  # left, top, side
Point = tuple[float, float]  # x, y

PAD = 112  # a drawing's side
SIDE = 28  # the network's input
BOX = 20  # the digit's longer side in it
MIDDLE = 14.5  # where MNIST's digits have their centre of mass: in the middle of pixel 14
STAGE = 56  # the side of the pictures that show the way
SMALLEST = 20  # ink smaller than this on the pad is not enlarged to BOX: a dot stays a dot
WIDTHS = (2.3, 3.1)  # stroke widths that are left alone, in pixels of the input; half of MNIST's are 1.8 to 2.5
MOST_THINNING = 0.5  # of a stroke's width: what is thinner elsewhere must not vanish
MARGIN = 16  # room around the ink in which strokes may grow
INK = 64  # what is brighter is ink for certain
CRUMB = 12  # pixels: less ink than that is no drawing
APART = 0.05  # of the longer side of all the ink: parts that are farther from each other are drawings of their own
ABOVE = 0.15  # the same for parts that stand above each other, as a 5 and its bar do
OVER = 0.15  # of the narrower one's width, over which drawings side by side may reach over each other
ALIKE = 0.4  # of the larger one's longer side: what is smaller is no second drawing


@dataclass(frozen=True)
class Steps:
    """Which steps are taken on the way from the drawing to the input; each can be left out."""

    strokes: bool = True  # bring the strokes' width into MNIST's range
    crop: bool = True  # scale the ink's box to 20 pixels, instead of the whole pad to 28
    centre: bool = True  # put the centre of mass in the middle, instead of the box's (without crop: the pad's) middle
    smooth: bool = True  # average over areas when scaling, instead of picking single points


STEPS = tuple(field.name for field in fields(Steps))


@dataclass(frozen=True, eq=False)
class Received:
    """What a network receives of a drawing, and how it came about.

    `pixels` is the input (28, 28). `stages` (4, 56, 56) shows the drawing after each of STEPS. `mass` is where the
    ink's centre of mass has come to, in shares of the input's side.
    """

    pixels: Picture
    stages: Picture
    mass: Point


def receive(drawing: Picture, steps: Steps | None = None) -> Received | None:
    """Return what a network receives of a drawing, uint8 (112, 112) white on black; None for one without ink."""
    steps = steps or Steps()
    if not drawing.any():
        return None
    ink = _adapt_strokes(drawing) if steps.strokes else np.pad(drawing, MARGIN)
    box, mass = find_box(ink), find_mass(ink)
    room, frame = _square_around(box, steps), _frame_around(box, mass, steps)
    pixels = _cut(ink, frame, SIDE, steps.smooth)
    stages = np.stack([_cut(ink, (MARGIN, MARGIN, PAD), STAGE), _cut(ink, room, STAGE), _cut(ink, frame, STAGE),
                       pixels.repeat(STAGE // SIDE, 0).repeat(STAGE // SIDE, 1)])
    return Received(pixels, stages, ((mass[0] - frame[0]) / frame[2], (mass[1] - frame[1]) / frame[2]))


def toggle_each(drawing: Picture, steps: Steps) -> dict[str, Picture]:
    """Return by step what the network would receive if that one step were taken, or left out, the other way."""
    changed = {name: replace(steps, **{name: not getattr(steps, name)}) for name in STEPS}
    return {name: received.pixels for name, way in changed.items() if (received := receive(drawing, way))}


def are_two(drawing: Picture) -> bool:
    """Whether two drawings stand on a pad, beside or above each other; a digit of several strokes is one."""
    _labels, parts = find_parts(drawing > INK)
    edges = np.array([part.box for part in parts if part.size >= CRUMB])
    if len(edges) < 2:
        return False
    longer = max(edges[:, 2:].max(0) - edges[:, :2].min(0))
    reach = int(APART * longer / 2)
    grown = extreme_around(np.pad(drawing > INK, reach), 2 * reach + 1, np.maximum)
    _labels, groups = find_parts(grown)
    boxes = sorted((_shrink(group.box, reach) for group in groups), key=_longer, reverse=True)
    return len(boxes) > 1 and _longer(boxes[1]) >= ALIKE * _longer(boxes[0]) and _stand_apart(*boxes[:2], longer)


def _shrink(box: Box, by: int) -> Box:
    return box[0] + by, box[1] + by, box[2] - by, box[3] - by


def _longer(box: Box) -> int:
    return max(box[2] - box[0], box[3] - box[1])


def _stand_apart(one: Box, other: Box, longer: int) -> bool:
    """Whether two boxes stand side by side, or one clearly above the other."""
    over = min(one[2], other[2]) - max(one[0], other[0])
    down = max(one[1] - other[3], other[1] - one[3])
    return over <= OVER * min(one[2] - one[0], other[2] - other[0]) or down >= ABOVE * longer


def find_box(ink: Picture) -> Box:
    """Return the box of the ink; fainter than a quarter of the brightest is no ink."""
    bright = ink > ink.max() // 4
    across, down = np.flatnonzero(bright.any(0)), np.flatnonzero(bright.any(1))
    return int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1


def find_mass(ink: Picture) -> Point:
    """Return the ink's centre of mass, with the middle of the first pixel at 0.5."""
    columns, rows = ink.sum(0, dtype=np.float64), ink.sum(1, dtype=np.float64)
    return tuple(float(line @ (np.arange(len(line)) + 0.5) / line.sum()) for line in (columns, rows))


def stroke_width(ink: Picture) -> float:
    """Return the mean width of strokes in pixels: twice their area over their outline (the total variation)."""
    level = np.pad(ink, 1).astype(np.float32)
    falling, rising = level[1:, 1:] - level[:-1, :-1], level[1:, :-1] - level[:-1, 1:]
    outline = np.sqrt((falling * falling + rising * rising) / 2).sum()
    return float(2 * level.sum() / outline)


def change_width(ink: Picture, pixels: float) -> Picture:
    """Return strokes made wider (narrower where negative) by growing (shrinking) bright areas, about round ones."""
    extreme = np.maximum if pixels > 0 else np.minimum
    left, turn = abs(pixels) / 2, 0
    while left > 1e-3:
        grown = _spread(ink, extreme, corners=turn % 2 == 1)
        if left < 1:
            return np.rint(ink + left * (grown.astype(np.float32) - ink)).astype(np.uint8)
        ink, left, turn = grown, left - 1, turn + 1
    return ink


def _spread(ink: Picture, extreme: np.ufunc, corners: bool) -> Picture:
    """Return the extreme over each pixel and its four (with corners: eight) neighbours."""
    wide = np.pad(ink, 1, mode="edge")
    rows = extreme(extreme(wide[:-2], wide[2:]), wide[1:-1])
    if corners:
        return extreme(extreme(rows[:, :-2], rows[:, 2:]), rows[:, 1:-1])
    return extreme(extreme(wide[1:-1, :-2], wide[1:-1, 2:]), rows[:, 1:-1])


def _adapt_strokes(drawing: Picture) -> Picture:
    """Return the drawing, with MARGIN around it, its strokes as wide as MNIST's once its box is BOX pixels long."""
    left, top, right, bottom = find_box(drawing)
    length, width = max(right - left, bottom - top, SMALLEST), stroke_width(drawing)
    wanted = min(max(width * BOX / length, WIDTHS[0]), WIDTHS[1]) / BOX
    change = (wanted * length - width) / (1 - wanted)  # the box grows with the strokes
    room = np.pad(drawing, MARGIN)
    near = slice(top, bottom + 2 * MARGIN), slice(left, right + 2 * MARGIN)
    room[near] = change_width(room[near], min(max(change, -MOST_THINNING * width), 2 * (MARGIN - 1)))
    return room


def _square_around(box: Box, steps: Steps) -> Square:
    """Return the square that holds the digit (without crop: the pad)."""
    if not steps.crop:
        return MARGIN, MARGIN, PAD
    left, top, right, bottom = box
    side = max(right - left, bottom - top, SMALLEST)
    return (left + right - side) / 2, (top + bottom - side) / 2, side


def _frame_around(box: Box, mass: Point, steps: Steps) -> Square:
    """Return the square that becomes the input; centring never cuts the digit off."""
    left, top, side = _square_around(box, steps)
    frame = side * SIDE / BOX if steps.crop else side
    middle = left + side / 2, top + side / 2
    if steps.centre:
        off, most = (MIDDLE / SIDE - 0.5) * frame, (frame - side) / 2 if steps.crop else PAD
        middle = tuple(min(max(to - off, at - most), at + most) for at, to in zip(middle, mass, strict=True))
    return middle[0] - frame / 2, middle[1] - frame / 2, frame


def _cut(ink: Picture, square: Square, side: int, smooth: bool = True) -> Picture:
    """Return a square of the ink (it may reach beyond the edge) scaled to `side` pixels."""
    left, top, length = square
    over = int(max(0, -left, -top, left + length - ink.shape[1], top + length - ink.shape[0])) + 1
    sheet = Image.fromarray(np.pad(ink, over))
    box = (left + over, top + over, left + over + length, top + over + length)
    return np.array(sheet.resize((side, side), Image.Resampling.BOX if smooth else Image.Resampling.NEAREST, box))
