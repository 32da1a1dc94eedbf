"""What a drawing costs before any network sees it: the pad's way to the input, and the nearest training digits.

    python -m pytest tests/benchmarks/measure_drawing.py -s
"""

import time

import numpy as np
import torch

from dlcore.data.drawing import receive
from dlcore.data.images import load_test
from dlcore.explain.neighbours import find_neighbours
from tests.benchmarks.figures import Figure, percentile, show, sized
from tests.dlcore.data.redrawing import redraw

COUNT = sized(30, 300)


def milliseconds(work, inputs) -> list[float]:
    spent = []
    for one in inputs:
        begun = time.perf_counter()
        work(one)
        spent.append(1000 * (time.perf_counter() - begun))
    return spent


def test_a_drawing_on_its_way():
    torch.set_num_threads(1)
    digits = load_test("mnist").test_images[:COUNT]
    heights = np.linspace(32, 104, COUNT).astype(int)
    drawings = [redraw(digit, height, (0, 0), 0) for digit, height in zip(digits, heights, strict=True)]
    find_neighbours(digits[0])
    received, found = milliseconds(receive, drawings), milliseconds(find_neighbours, digits)
    show("A drawing", [Figure("pad to input", received, "ms", most=2),
                       Figure("nearest training digits", found, "ms", most=60),
                       Figure("nearest training digits, p95", found, "ms", of=percentile(0.95))])
