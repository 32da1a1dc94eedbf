"""The picture on the Diffusion page's card: a seven on its way into noise."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from dlcore.data.images import load_test
from dlcore.diffusion.forward import alpha_bars, mix_noise
from pages.ui import panels
from pages.ui.language import _

SEVEN, SHOWN, STEPS = 0, 8, 1000


@cache
def drowning() -> NDArray[np.uint8]:
    """Return the digit at times from 0 to the end (8, 28, 28)."""
    picture = load_test("mnist").test_images[SEVEN].astype(np.float32) / 127.5 - 1
    noise = np.random.default_rng(0).standard_normal(picture.shape, np.float32)
    alphas = alpha_bars("cosine", STEPS)[np.linspace(0, STEPS, SHOWN).astype(int)]
    mixed = np.stack([mix_noise(picture, noise, alpha) for alpha in alphas])
    return np.rint((np.clip(mixed, -1, 1) + 1) * 127.5).astype(np.uint8)


def show_card() -> None:
    """Show the digit at eight times."""
    panels.grid("home.diffusion", "home", "diffusion", title=_("From a 7 to noise"), note=_("and back"), cell=28,
                pictures={"pictures": drowning(), "scale": "grey"})
