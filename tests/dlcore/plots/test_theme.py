"""Colours: one truth with Streamlit's configuration, readable text, and scales that are exact where it matters."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from dlcore.plots.theme import (
    DARK,
    LIGHT,
    diverge,
    encode_magnitude,
    encode_signed,
    find_limit,
    intensify,
    parse_colour,
)

ROOT = Path(__file__).parents[3]
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
PALETTES = {"light": LIGHT, "dark": DARK}

OPTIONS = {
    "primaryColor": "blue",
    "backgroundColor": "background",
    "secondaryBackgroundColor": "surface",
    "textColor": "ink",
    "borderColor": "line",
    "blueColor": "blue",
    "orangeColor": "orange",
    "grayColor": "muted",
    "grayTextColor": "muted",
    "chartDivergingColors": "diverging",
    "chartSequentialColors": "sequential",
    "chartCategoricalColors": "categorical",
}


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2 (relative luminance of sRGB)."""

    def luminance(colour: str) -> float:
        levels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
        linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("appearance", PALETTES)
@pytest.mark.parametrize("option", OPTIONS)
def test_streamlit_shows_the_same_colours_as_the_plots(appearance, option):
    configured, palette = THEME[appearance][option], getattr(PALETTES[appearance], OPTIONS[option])
    assert configured == (list(palette) if isinstance(palette, tuple) else palette)


@pytest.mark.parametrize("appearance", PALETTES)
def test_the_sidebar_stands_on_the_surface_colour(appearance):
    assert THEME[appearance]["sidebar"]["backgroundColor"] == PALETTES[appearance].surface


@pytest.mark.parametrize("appearance", PALETTES)
@pytest.mark.parametrize("text", ["ink", "muted"])
@pytest.mark.parametrize("ground", ["background", "surface"])
def test_text_reads_on_both_grounds(appearance, text, ground):
    palette = PALETTES[appearance]
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= 4.5


@pytest.mark.parametrize("appearance", PALETTES)
def test_links_read_on_the_page(appearance):
    assert contrast(THEME[appearance]["linkColor"], PALETTES[appearance].background) >= 4.5


@pytest.mark.parametrize("appearance", PALETTES)
@pytest.mark.parametrize("colour", ["blue", "orange", "green", "gray"])
def test_a_pill_s_text_reads_on_the_pill_and_on_the_page(appearance, colour):
    section = THEME[appearance]
    for ground in (section[f"{colour}BackgroundColor"], section["backgroundColor"]):
        assert contrast(section[f"{colour}TextColor"], ground) >= 4.5


def test_fonts_are_kept_here_with_their_licence_and_cover_turkish():
    families = {face["family"]: [] for face in THEME["fontFaces"]}
    for face in THEME["fontFaces"]:
        assert (ROOT / face["url"].removeprefix("app/")).read_bytes()[:4] == b"wOF2"
        families[face["family"]] += [part.removeprefix("U+").split("-") for part in face["unicodeRange"].split(",")]
    for ranges in families.values():
        for letter in "ğüşıöçİĞÜŞÖÇ":
            assert any(int(part[0], 16) <= ord(letter) <= int(part[-1], 16) for part in ranges), letter
    assert len(list((ROOT / "static" / "fonts").glob("*LICENSE.txt"))) == len(families)


def test_a_colour_is_read_from_its_hexadecimal_form():
    assert parse_colour("#0877BD") == (8, 119, 189)


@pytest.mark.parametrize("palette", PALETTES.values())
def test_zero_is_the_mean_of_the_two_middle_colours(palette):
    middle = np.mean([parse_colour(palette.diverging[4]), parse_colour(palette.diverging[5])], axis=0)
    assert diverge(0.0, palette, limit=3)[:3] == pytest.approx(middle, abs=0.51)


def test_signed_values_reach_the_ends_of_the_scale_at_the_limit_and_beyond():
    pixels = diverge(np.array([[-2.0, -9.0], [2.0, 9.0]]), limit=2)
    assert pixels.shape == (2, 2, 4) and pixels.dtype == np.uint8
    assert pixels[0].tolist() == [[0xB8, 0x5A, 0x00, 255]] * 2
    assert pixels[1].tolist() == [[0x06, 0x4E, 0x86, 255]] * 2


def test_without_a_limit_the_largest_magnitude_is_the_end():
    assert diverge(np.array([0.5, -4.0]))[1].tolist() == [0xB8, 0x5A, 0x00, 255]
    assert intensify(np.array([0.0, 4.0])).tolist() == [[0xF3, 0xF7, 0xFA, 255], [0x06, 0x2F, 0x57, 255]]


def test_a_magnitude_between_two_stops_mixes_them():
    # a third of the way up ten colours is stop 3, #8FC6E8; a half is midway between stops 4 (#62ACDA) and 5 (#3591CB)
    assert intensify(1 / 3, limit=1)[:3].tolist() == [0x8F, 0xC6, 0xE8]
    assert intensify(0.5, limit=1)[:3] == pytest.approx([75.5, 158.5, 210.5], abs=0.51)


def test_what_is_not_a_number_is_clear_and_does_not_spoil_the_limit():
    values = np.array([np.nan, 1.0, np.inf])
    assert find_limit(values) == 1
    assert diverge(values)[0].tolist() == [0, 0, 0, 0]
    assert find_limit(np.zeros(3)) == find_limit([]) == 1


def test_signed_bytes_are_odd_around_128():
    assert encode_signed([-2, -1, 0, 1, 2, 5], limit=2).tolist() == [1, 64, 128, 192, 255, 255]


def test_magnitude_bytes_begin_at_zero():
    assert encode_magnitude([-1, 0, 1, 2, np.nan], limit=2).tolist() == [0, 0, 128, 255, 0]
