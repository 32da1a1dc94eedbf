"""How prompts are read, and captions that are true of their pictures."""

import numpy as np
import pytest

from dlcore.data import images
from dlcore.data.strokes import THIRDS, levels, measure
from dlcore.diffusion.prompts import (
    POOL,
    START,
    SYMBOLS,
    Asked,
    caption,
    caption_pool,
    read_asked,
    read_prompt,
)
from dlcore.specs import denoiser
from dlcore.specs.denoiser import WORDS


@pytest.mark.parametrize(("text", "asked"), [
    ("a thick right slanted seven", Asked(7, stroke=1, slant=1)),
    ("ince bir üç", Asked(3, stroke=-1)),
    ("ince bir bir", Asked(1, stroke=-1)),
    ("bir rakam", Asked()),
    ("KALIN SIFIR", Asked(0, stroke=1)),
    ("Sağa yatık, geniş 4!", Asked(4, slant=1, width=1)),
    ("thin thick narrow digit", Asked(stroke=1, width=-1)),
    ("", Asked()),
])
def test_a_prompt_asks_for_what_its_words_mean(text, asked):
    assert read_asked(read_prompt(text)) == asked


def test_unknown_words_are_named_and_a_long_prompt_is_cut():
    prompt = read_prompt("a Purple seven under a Brücke")
    assert prompt.words == ("a", "seven", "a") and prompt.unknown == ("Purple", "under", "Brücke")
    long = read_prompt("thin " * 20)
    assert len(long.words) == WORDS - 1 and len(long.left_over) == 20 - len(long.words)
    assert len(long.symbols) == WORDS and long.symbols[0] == START


@pytest.mark.parametrize("text", ["", "   ", "?!", "lorem ipsum", "\ud800", "٣"])
def test_a_prompt_without_known_words_is_empty(text):
    assert read_prompt(text).empty and read_prompt(text).shown == ("·",)


def test_case_and_turkish_marks_make_no_other_word():
    assert len({read_prompt(word).symbols for word in ("kalın", "KALIN", "kalin", "Kalın")}) == 1
    assert read_prompt("İNCE").symbols == read_prompt("ince").symbols
    assert read_prompt("kalem").empty


def test_the_spec_knows_how_many_symbols_there_are():
    assert len(SYMBOLS) == denoiser.SYMBOLS == len(set(SYMBOLS))


def test_captions_never_say_what_is_not_so():
    """Read back, a caption of a kind of picture asks for nothing that this kind is not."""
    generator = np.random.default_rng(0)
    for kind in np.ndindex(10, 3, 3, 3):
        true = Asked(kind[0], *(level - 1 for level in kind[1:]))
        for _ in range(3):
            words = caption(true, generator)
            said = read_asked(read_prompt(" ".join(words)))
            assert said.digit in (true.digit, None), words
            assert all(getattr(said, name) in (None, getattr(true, name)) for name in ("stroke", "slant", "width"))


def test_all_words_are_learned_but_those_for_typing():
    used = set(np.unique(caption_pool()).tolist())
    assert caption_pool().shape == (10, 3, 3, 3, POOL, WORDS)
    assert {SYMBOLS[number] for number in range(len(SYMBOLS)) if number not in used} == set()


# what is measured in pictures

def bar(width: int, lean: float = 0.0) -> np.ndarray:
    """An upright bar of some pixels' width; each row is shifted by `lean` pixels against the one below."""
    picture = np.zeros((28, 28), np.uint8)
    for row in range(4, 24):
        left = round(14 - width / 2 + lean * (14 - row))
        picture[row, left: left + width] = 255
    return picture


def test_a_bar_is_as_thick_as_it_is():
    """Twice the ink over the edge: 2·20w / (2·20 + 2w) for a bar of 20 rows."""
    for width in (2, 4, 6):
        expected = 2 * 20 * width / (2 * 20 + 2 * width)
        assert measure(bar(width)[None])[0, 0] == pytest.approx(expected, rel=0.02)


def test_a_bar_leans_as_it_is_drawn():
    upright, right, left = measure(np.stack([bar(3), bar(3, 0.5), bar(3, -0.5)]))[:, 1]
    assert upright == pytest.approx(0, abs=0.1)
    assert right == pytest.approx(np.degrees(np.arctan(0.5)), abs=1) and left == pytest.approx(-right, abs=1)


def test_leaning_does_not_make_wider():
    straight, leaning = measure(np.stack([bar(5), bar(5, 0.5)]))[:, 2]
    assert leaning == pytest.approx(straight, rel=0.05)


def test_an_empty_picture_has_measures_that_are_numbers():
    assert np.isfinite(measure(np.zeros((1, 28, 28), np.uint8))).all()


def test_the_bounds_are_those_of_the_training_digits():
    loaded = images.load("mnist")
    for digit in (1, 7):
        values = measure(loaded.train_images[loaded.train_labels == digit])
        expected = np.quantile(values, (1 / 3, 2 / 3), axis=0).T
        assert np.allclose(THIRDS[digit], expected, rtol=2e-3, atol=2e-3)
        found = levels(values, np.full(len(values), digit))
        assert all(abs((found == third).mean(0) - 1 / 3).max() < 0.01 for third in range(3))
