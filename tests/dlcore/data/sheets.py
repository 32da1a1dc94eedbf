"""Synthetic photographs of a test digit on a sheet or a board, as telephones take them: one fault of light at a time.

A sheet is 240 to 500 pixels high and wide. The digit is written with a pen whose line is an 18th to a 7th of its
height, dark (reflecting 12 to 40 % of what the paper does), with the edges, the blur and the noise of a camera.
CONDITIONS are what can be wrong with it; each says what it changes, and two of them can be taken together.
"""

import io
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from dlcore.data.drawing import stroke_width
from tests.dlcore.data.redrawing import brush, enlarge, trim

TALL = 104
PENS = (1 / 18, 1 / 7)  # the width of a line, as a share of the digit's height
CONDITIONS = ("falling light", "shadow", "squared", "lined", "chalkboard", "blue ink", "jpeg", "anywhere", "tight")


@dataclass(frozen=True)
class Sheet:
    """How one photograph is made."""

    conditions: tuple[str, ...] = ()
    height: int = 480
    width: int = 600
    digit: float = 0.5  # of the shorter side: the digit's height
    place: tuple[float, float] = (0.0, 0.0)  # -1 to 1 of the room there is
    paper: float = 225.0
    reflects: float = 0.25  # of the paper's light: the ink


def photograph(digit: np.ndarray, rng: np.random.Generator, *conditions: str) -> np.ndarray:
    """Return a photograph, uint8 (height, width, 3), of a test digit (28, 28) under some conditions."""
    sheet = _choose(rng, conditions)
    ink = _written(digit, sheet, rng)
    if "tight" in conditions:
        ink = _cut_tight(ink, rng, anywhere="anywhere" in conditions)
    ground = _ground(ink.shape, sheet, rng)[..., None]
    light = ground + (_chalk if "chalkboard" in conditions else _pen)(ink, ground, sheet, rng)
    light = light * _light(ink.shape, sheet, rng)[..., None] + rng.normal(0, rng.uniform(1, 3.5), (*ink.shape, 1))
    picture = Image.fromarray(np.rint(light.clip(0, 255)).astype(np.uint8))
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.1)))
    return _compress(picture) if "jpeg" in conditions else np.asarray(picture)


def _choose(rng: np.random.Generator, conditions: tuple[str, ...]) -> Sheet:
    """Return a sheet: upright or across, more or less grey, with a pen that is more or less black."""
    sides = rng.integers(240, 501, 2)
    sheet = Sheet(conditions, int(sides[0]), int(sides[1]), rng.uniform(0.35, 0.75), tuple(rng.uniform(-0.3, 0.3, 2)),
                  rng.uniform(195, 245), rng.uniform(0.12, 0.40))
    if "anywhere" in conditions:
        sheet = replace(sheet, digit=rng.uniform(0.15, 0.45), place=tuple(rng.uniform(-1, 1, 2)))
    return sheet


def _written(digit: np.ndarray, sheet: Sheet, rng: np.random.Generator) -> np.ndarray:
    """Return how much ink there is at each pixel, 0 to 1."""
    drawn = Image.fromarray(trim(_with_pen(enlarge(digit, TALL), rng.uniform(*PENS) * TALL)))
    scale = min(sheet.digit * min(sheet.height, sheet.width) / drawn.height, 0.9 * sheet.width / drawn.width)
    small = drawn.resize([max(1, round(side * scale)) for side in drawn.size], Image.Resampling.BICUBIC)
    left, top = (6 + round((room - side - 12) * (1 + place) / 2) for room, side, place in
                 zip((sheet.width, sheet.height), small.size, sheet.place, strict=True))
    page = Image.new("L", (sheet.width, sheet.height))
    page.paste(small, (left, top))
    return np.asarray(page, np.float64) / 255


def _with_pen(large: np.ndarray, width: float) -> np.ndarray:
    """Return strokes about as wide as a pen's line, at most a third thinner than they were: no pen leaves gaps."""
    now = stroke_width(large)
    return brush(large, 2 * round(max(width - now, -now / 3) / 2))


def _cut_tight(ink: np.ndarray, rng: np.random.Generator, anywhere: bool) -> np.ndarray:
    """Return the ink with a margin of 2 pixels; `anywhere`: at two sides that meet, and a lot of room at the others."""
    rows, columns = np.nonzero(ink > 0.2)
    edges = [slice(max(0, along.min() - 2), along.max() + 3) for along in (rows, columns)]
    if anywhere:
        edges = [slice(edge.start, None) if rng.random() < 0.5 else slice(None, edge.stop) for edge in edges]
    return ink[edges[0], edges[1]]


def _ground(shape: tuple[int, int], sheet: Sheet, rng: np.random.Generator) -> np.ndarray:
    """Return what the paper or the board would look like in even light."""
    if "chalkboard" in sheet.conditions:
        wiped = rng.normal(0, 1, (6, 8)).astype(np.float32)
        smears = np.asarray(Image.fromarray(wiped).resize(shape[::-1], Image.Resampling.BICUBIC))
        ground = rng.uniform(40, 75) + rng.uniform(3, 9) * smears
    else:
        ground = np.full(shape, sheet.paper)
    return _rule(ground, sheet, rng)


def _rule(ground: np.ndarray, sheet: Sheet, rng: np.random.Generator) -> np.ndarray:
    """Return the ground with the printed lines of squared or lined paper on it, 2 to 7 spaces to a digit."""
    ruled = [name for name in ("squared", "lined") if name in sheet.conditions]
    if not ruled:
        return ground
    space = sheet.digit * min(sheet.height, sheet.width) / rng.uniform(2, 7 if "squared" in ruled else 4)
    thick, strength = max(1.0, space * rng.uniform(0.03, 0.07)), rng.uniform(20, 55)
    if "chalkboard" in sheet.conditions:
        strength = -strength
    turn, (down, across) = np.radians(rng.normal(0, 2)), np.mgrid[:ground.shape[0], :ground.shape[1]]
    directions = [down * np.cos(turn) + across * np.sin(turn), across * np.cos(turn) - down * np.sin(turn)]
    lines = np.zeros(ground.shape)
    for along in directions[:2 if "squared" in ruled else 1]:
        off = np.abs((along + rng.uniform(0, space)) % space - space / 2)
        lines = np.maximum(lines, (thick / 2 + 0.5 - off).clip(0, 1))
    return ground - strength * lines


def _pen(ink: np.ndarray, ground: np.ndarray, sheet: Sheet, rng: np.random.Generator) -> np.ndarray:
    """Return what ink takes from the light of the paper, by colour."""
    reflects = np.full(3, sheet.reflects) + rng.uniform(-0.02, 0.02, 3)
    if "blue ink" in sheet.conditions:
        reflects = np.array([rng.uniform(0.12, 0.35), rng.uniform(0.2, 0.42), rng.uniform(0.55, 0.8)])
    return ink[..., None] * (reflects - 1) * ground


def _chalk(ink: np.ndarray, ground: np.ndarray, sheet: Sheet, rng: np.random.Generator) -> np.ndarray:
    """Return what chalk, with the grain of the board in it, adds to its light; for blue ink, blue chalk."""
    grain = Image.fromarray(rng.integers(0, 256, ink.shape, np.uint8)).filter(ImageFilter.BoxBlur(1))
    cover = ink * (0.85 + (np.asarray(grain) / 255 - 0.5) * 1.5).clip(0.2, 1)
    chalk = np.array([130, 170, 235] if "blue ink" in sheet.conditions else [225, 225, 220]) * rng.uniform(0.8, 1.05)
    return cover[..., None] * (chalk - ground)


def _light(shape: tuple[int, int], sheet: Sheet, rng: np.random.Generator) -> np.ndarray:
    """Return the share of the light that reaches each place, 1 where all does."""
    down, across = np.mgrid[:shape[0], :shape[1]] / np.array(shape)[:, None, None]
    light = np.ones(shape)
    if "falling light" in sheet.conditions:  # from 215 to 165 across the sheet
        light *= (215 - 50 * across) / sheet.paper
    if "shadow" in sheet.conditions:  # of a hand or the telephone: an edge, soft or hard, anywhere and in any direction
        angle, soft = rng.uniform(0, 2 * np.pi), rng.uniform(0.02, 0.5)
        along = (across - rng.uniform(0.25, 0.75)) * np.cos(angle) + (down - rng.uniform(0.25, 0.75)) * np.sin(angle)
        light *= 1 - rng.uniform(25, 60) / 225 * (along / soft + 0.5).clip(0, 1)
    return light


def _compress(picture: Image.Image) -> np.ndarray:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=40)
    return np.asarray(Image.open(file).convert("RGB"))


def pairs() -> list[tuple[str, str]]:
    """Return the pairs of conditions that one photograph can have."""
    never = {("falling light", "shadow"), ("squared", "lined")}
    return [(one, other) for place, one in enumerate(CONDITIONS) for other in CONDITIONS[place + 1:]
            if (one, other) not in never]
