"""The colours of Derin and the two scales that turn values into pixels; .streamlit/config.toml says the same.

A signed value travels to the browser as one byte, zero being 128; a magnitude as one byte, zero being 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

SIGNED_ZERO = 128
SIGNED_REACH = 127


@dataclass(frozen=True)
class Palette:
    """Named colours and scales of one appearance, as #RRGGBB; scales run from low to high."""

    background: str
    surface: str
    ink: str
    muted: str
    line: str
    blue: str
    orange: str
    diverging: tuple[str, ...]
    sequential: tuple[str, ...]
    categorical: tuple[str, ...]


_OKABE_ITO = ("#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")

LIGHT = Palette(
    background="#FFFFFF",
    surface="#F6F7F9",
    ink="#1B2430",
    muted="#66707D",
    line="#E3E7EC",
    blue="#0877BD",
    orange="#F28E1C",
    diverging=("#B85A00", "#D2710C", "#EC8819", "#F2B065", "#F2DDC6",
               "#CAE1F0", "#79BCE4", "#3797D2", "#1E72AC", "#064E86"),
    sequential=("#F3F7FA", "#D2E7F4", "#B0D6EE", "#8FC6E8", "#62ACDA",
                "#3591CB", "#0877BD", "#075F9B", "#074779", "#062F57"),
    categorical=("#0877BD", "#F28E1C", *_OKABE_ITO, "#66707D"),
)

DARK = Palette(
    background="#10151C",
    surface="#161D26",
    ink="#E8EDF3",
    muted="#93A0AF",
    line="#273140",
    blue="#4BA6E0",
    orange="#F5A344",
    diverging=("#FFC27D", "#F5A344", "#C97F2E", "#8F5B26", "#402F22",
               "#173246", "#1E5C86", "#2F84BD", "#4BA6E0", "#8CCBF3"),
    sequential=("#15202B", "#0B3454", "#074779", "#075F9B", "#0877BD",
                "#3591CB", "#62ACDA", "#8FC6E8", "#B0D6EE", "#D2E7F4"),
    categorical=("#4BA6E0", "#F5A344", *_OKABE_ITO, "#93A0AF"),
)


def parse_colour(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue (0 to 255) of a colour written #RRGGBB."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def find_limit(values: ArrayLike) -> float:
    """Return the largest finite magnitude among the values, or 1 where there is none above zero."""
    magnitudes = np.abs(np.asarray(values, np.float64))
    largest = float(np.max(magnitudes, where=np.isfinite(magnitudes), initial=0))
    return largest or 1.0


def diverge(values: ArrayLike, palette: Palette = LIGHT, limit: float | None = None) -> NDArray[np.uint8]:
    """Colour signed values: orange below zero, blue above, neutral exactly at zero.

    Any shape (...) to RGBA (..., 4); values beyond ±limit take the end colours, values that are not numbers are clear.
    """
    values = np.asarray(values, np.float64)
    return _colour(values / (limit or find_limit(values)) / 2 + 0.5, palette.diverging)


def intensify(values: ArrayLike, palette: Palette = LIGHT, limit: float | None = None) -> NDArray[np.uint8]:
    """Colour magnitudes or probabilities from the background up; shapes as in diverge."""
    values = np.asarray(values, np.float64)
    return _colour(values / (limit or find_limit(values)), palette.sequential)


def encode_signed(values: ArrayLike, limit: float | None = None) -> NDArray[np.uint8]:
    """Return one byte a signed value for the panels: -limit is 1, zero is 128, limit is 255."""
    values = np.asarray(values, np.float64)
    share = np.clip(np.nan_to_num(values / (limit or find_limit(values))), -1, 1)
    return (np.rint(share * SIGNED_REACH) + SIGNED_ZERO).astype(np.uint8)


def encode_magnitude(values: ArrayLike, limit: float | None = None) -> NDArray[np.uint8]:
    """Return one byte a magnitude for the panels: zero and below is 0, limit is 255."""
    values = np.asarray(values, np.float64)
    share = np.clip(np.nan_to_num(values / (limit or find_limit(values))), 0, 1)
    return np.rint(share * 255).astype(np.uint8)


def _colour(position: NDArray[np.float64], scale: tuple[str, ...]) -> NDArray[np.uint8]:
    stops = np.linspace(0, 1, len(scale))
    channels = np.array([parse_colour(colour) for colour in scale], np.float64).T
    pixels = np.full((*position.shape, 4), 255, np.uint8)
    for channel, levels in enumerate(channels):
        pixels[..., channel] = np.rint(np.nan_to_num(np.interp(position, stops, levels)))
    pixels[np.isnan(position)] = 0
    return pixels
