"""The picture on the Diffusion page's card: a seven on its way into noise."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from dlcore.data.images import load_test
from dlcore.diffusion.schedules import T, signal
from dlcore.diffusion.schedules import noise as noise_at
from pages.ui import panels
from pages.ui.language import _

SEVEN, SHOWN = 0, 8


@cache
def drowning() -> NDArray[np.uint8]:
    """Return the digit at times from 0 to the end (8, 28, 28)."""
    picture = load_test("mnist").test_images[SEVEN].astype(np.float32) / 127.5 - 1
    noise = np.random.default_rng(0).standard_normal(picture.shape, np.float32)
    times = np.linspace(0, T, SHOWN)[:, None, None]
    mixed = signal("cosine", times) * picture + noise_at("cosine", times) * noise
    return np.rint((np.clip(mixed, -1, 1) + 1) * 127.5).astype(np.uint8)


def show_card() -> None:
    """Show the digit at eight times."""
    panels.grid("home.diffusion", "home", "diffusion", title=_("From a 7 to noise"), note=_("and back"), cell=28,
                pictures={"pictures": drowning(), "scale": "grey"})
