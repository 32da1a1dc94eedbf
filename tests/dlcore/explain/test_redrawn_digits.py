"""The promise of the pad: a digit drawn small in a corner, large, thin or thick is read."""

import numpy as np
import pytest
import torch

from dlcore.data.drawing import Steps, receive
from dlcore.data.images import load_test
from dlcore.explain.pretrained import FOLDER
from dlcore.explain.snapshot import load
from tests.dlcore.data.redrawing import redraw

COUNT = 1_000


@pytest.fixture(scope="module")
def redrawn():
    """Pad pictures of 1,000 test digits, 8 to 26 of 28 pixels high, moved, thinned and thickened; and their labels."""
    rng = np.random.default_rng(2)
    test = load_test("mnist")
    chosen = rng.choice(len(test.test_labels), COUNT, replace=False)
    pads = [redraw(test.test_images[index], int(rng.integers(32, 105)), tuple(rng.uniform(-1, 1, 2)),
                   int(rng.integers(-6, 13))) for index in chosen]
    return pads, test.test_labels[chosen]


def share_read_right(redrawn, steps: Steps, count: int = COUNT) -> float:
    pads, labels = (part[:count] for part in redrawn)
    inputs = np.stack([receive(pad, steps).pixels for pad in pads])
    read = load({"pretrained": "digits"}, FOLDER).read(torch.from_numpy(inputs)).argmax(1).numpy()
    return float((read == labels).mean())


def test_redrawn_test_digits_are_read_by_the_network_that_comes_with_the_project(redrawn):
    assert share_read_right(redrawn, Steps()) >= 0.98


def test_the_crop_is_what_makes_small_digits_readable(redrawn):
    assert share_read_right(redrawn, Steps(crop=False), 500) < share_read_right(redrawn, Steps(), 500) - 0.02
