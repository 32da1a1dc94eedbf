"""Letters, digits, dots and scribbles as strokes of a pen, drawn on the pad: other hands than MNIST's.

Each sign is some polylines in a box of width 1 and height 1 (y counts downwards), written here by hand; curves are
arcs. A drawing gets a random affine jitter (slant, turn, stretch), a wobble of the hand and one of the pad's brushes.
"""

import numpy as np
from PIL import Image, ImageDraw

PAD = 112
BRUSHES = (6, 9, 13)  # as on the pad
FINE = 4  # drawn so much larger, then averaged

Stroke = list[tuple[float, float]]


def arc(x: float, y: float, across: float, down: float, begin: float, end: float, points: int = 14) -> Stroke:
    """Points on an ellipse around (x, y), from one angle to another in degrees; 0 is to the right, 90 below."""
    turns = np.radians(np.linspace(begin, end, points))
    return [(x + across * np.cos(turn), y + down * np.sin(turn)) for turn in turns]


LETTERS: dict[str, list[Stroke]] = {
    "A": [[(0, 1), (0.5, 0), (1, 1)], [(0.2, 0.62), (0.8, 0.62)]],
    "E": [[(0.9, 0), (0.05, 0), (0.05, 1), (0.95, 1)], [(0.05, 0.5), (0.75, 0.5)]],
    "F": [[(0.95, 0), (0.05, 0), (0.05, 1)], [(0.05, 0.48), (0.75, 0.48)]],
    "H": [[(0.05, 0), (0.05, 1)], [(0.95, 0), (0.95, 1)], [(0.05, 0.5), (0.95, 0.5)]],
    "K": [[(0.05, 0), (0.05, 1)], [(0.9, 0), (0.05, 0.55)], [(0.3, 0.42), (0.95, 1)]],
    "M": [[(0, 1), (0.08, 0), (0.5, 0.7), (0.92, 0), (1, 1)]],
    "N": [[(0.05, 1), (0.05, 0), (0.95, 1), (0.95, 0)]],
    "R": [[(0.05, 1), (0.05, 0), (0.5, 0), *arc(0.5, 0.26, 0.42, 0.26, -90, 90), (0.05, 0.52)],
          [(0.45, 0.52), (0.95, 1)]],
    "W": [[(0, 0), (0.25, 1), (0.5, 0.3), (0.75, 1), (1, 0)]],
    "X": [[(0.05, 0), (0.95, 1)], [(0.95, 0), (0.05, 1)]],
}
DIGITS: dict[str, list[Stroke]] = {
    "0": [arc(0.4, 0.5, 0.36, 0.5, -90, 270, 28)],
    "1": [[(0.3, 0), (0.3, 1)]],
    "2": [[*arc(0.4, 0.28, 0.34, 0.28, 190, 380), (0.05, 1), (0.8, 1)]],
    "3": [[*arc(0.35, 0.25, 0.32, 0.25, 200, 450), *arc(0.35, 0.74, 0.38, 0.26, -90, 150)]],
    "4": [[(0.5, 0), (0, 0.62), (0.85, 0.62)], [(0.6, 0.3), (0.6, 1)]],
    "5": [[(0.75, 0), (0.12, 0), (0.08, 0.45), *arc(0.36, 0.69, 0.36, 0.3, -115, 140)]],
    "6": [[(0.6, 0), *arc(0.5, 0.6, 0.46, 0.5, 230, 180, 6), *arc(0.4, 0.72, 0.36, 0.28, 180, -180, 24)]],
    "7": [[(0, 0), (0.75, 0), (0.3, 1)]],
    "8": [[*arc(0.4, 0.25, 0.27, 0.25, 90, 450, 20), *arc(0.4, 0.75, 0.34, 0.25, -90, 270, 22)]],
    "9": [[*arc(0.4, 0.28, 0.33, 0.28, 0, -360, 24), (0.68, 1)]],
}


def write(sign: list[Stroke], rng: np.random.Generator) -> np.ndarray:
    """Return the pad picture, uint8 (112, 112), of a sign as some hand draws it."""
    height, place = rng.uniform(45, 90), rng.uniform(-1, 1, 2)
    turn, slant, stretch = np.radians(rng.normal(0, 6)), rng.normal(0.08, 0.12), rng.uniform(0.6, 0.95)
    along = np.array([[stretch, -slant], [0, 1]])
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ along * height
    strokes = [wobble(stroke, rng) @ turned.T for stroke in sign]
    every = np.concatenate(strokes)
    middle, size = (every.max(0) + every.min(0)) / 2, np.ptp(every, axis=0)
    room = np.maximum((PAD - 16 - size) / 2, 0)
    return ink([stroke - middle + PAD / 2 + place * room for stroke in strokes], int(rng.choice(BRUSHES)))


def wobble(stroke: Stroke, rng: np.random.Generator) -> np.ndarray:
    """Return a polyline with its corners a little elsewhere and its lines not quite straight."""
    corners = np.array(stroke) + rng.normal(0, 0.025, (len(stroke), 2)) * (1 if len(stroke) < 8 else 0.3)
    steps = np.linspace(0, len(corners) - 1, 8 * len(corners))
    line = np.stack([np.interp(steps, np.arange(len(corners)), corners[:, axis]) for axis in (0, 1)], 1)
    shake = np.stack([np.convolve(rng.normal(0, 0.03, len(line) + 8), np.ones(9) / 9, "valid") for _axis in (0, 1)], 1)
    return line + shake


def ink(strokes: list[np.ndarray], width: float) -> np.ndarray:
    """Return the pad picture of polylines in its pixels, with round ends, as the browser paints them."""
    picture = Image.new("L", (PAD * FINE, PAD * FINE))
    painter, radius = ImageDraw.Draw(picture), width * FINE / 2
    for stroke in strokes:
        points = [(float(x), float(y)) for x, y in stroke * FINE]
        painter.line(points, fill=255, width=round(2 * radius))
        for x, y in points:
            painter.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(picture.resize((PAD, PAD), Image.Resampling.BOX))


def dot(rng: np.random.Generator) -> np.ndarray:
    """Return the pad with one touch of the pen, hardly moved."""
    begin = rng.uniform(20, PAD - 20, 2)
    return ink([np.stack([begin, begin + rng.normal(0, 0.7, 2)])], int(rng.choice(BRUSHES)))


def scribble(rng: np.random.Generator) -> np.ndarray:
    """Return the pad with one long stroke to and fro over some of it."""
    count, size = int(rng.integers(12, 30)), rng.uniform(40, 95)
    corners = rng.uniform(0, 1, (count, 2)) * size * (1, rng.uniform(0.5, 1))
    steps = np.linspace(0, count - 1, 10 * count)
    line = np.stack([np.interp(steps, np.arange(count), corners[:, axis]) for axis in (0, 1)], 1)
    soft = np.stack([np.convolve(np.pad(line[:, axis], 3, "edge"), np.ones(7) / 7, "valid") for axis in (0, 1)], 1)
    return ink([soft + (PAD - size) / 2 + rng.uniform(-6, 6, 2)], int(rng.choice(BRUSHES)))
