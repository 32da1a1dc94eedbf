"""Every number that a lesson states is computed again, and both languages state the same ones."""

import re
from functools import cache

import pytest

from pages.ui.language import LANGUAGES, read_lesson
from tests.lessons.facts import FACTS, NAMES, OWN_COUNTS, Fact
from tests.lessons.numerals import find_numbers

LESSONS = tuple(sorted(OWN_COUNTS))
EACH = pytest.mark.parametrize("language", LANGUAGES)
NUMBERED = re.compile(r"^\d+\. ", re.MULTILINE)


def pieces(fact: Fact) -> dict[str, str]:
    return {"en": fact.english, "tr": fact.turkish}


@cache
def text_of(lesson: str, language: str) -> str:
    """Return a lesson without the numbers of its lists."""
    return NUMBERED.sub("", read_lesson(language, lesson))


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.lesson}: {fact.english}")
def test_the_numbers_are_those_that_are_computed(fact):
    for language, piece in pieces(fact).items():
        assert piece in text_of(fact.lesson, language)
    if fact.numbers is None:
        assert fact.holds()
        return
    computed = sorted(float(value) for value in fact.numbers())
    for language, piece in pieces(fact).items():
        stated = sorted((value, decimals) for _text, value, decimals in find_numbers(piece, language))
        assert len(stated) == len(computed), (piece, stated)
        for (value, decimals), right in zip(stated, computed):
            assert value == pytest.approx(round(right, decimals), abs=1e-9), (piece, right)


@EACH
@pytest.mark.parametrize("lesson", LESSONS)
def test_no_number_is_left_that_nothing_computes(lesson, language):
    text, own = text_of(lesson, language), OWN_COUNTS[lesson].get(language, ())
    for piece in (*(pieces(fact)[language] for fact in FACTS if fact.lesson == lesson), *own):
        assert piece in text
        text = text.replace(piece, "§")
    text = re.sub("|".join(NAMES), "§", re.sub(r"(?m)^## .*$", "", text))
    assert [(line, found) for line in text.splitlines() if (found := find_numbers(line, language))] == []


@EACH
@pytest.mark.parametrize("lesson", LESSONS)
def test_a_heading_counts_what_stands_below_it(lesson, language):
    for heading, body in re.findall(r"(?ms)^## ([^\n]*)\n(.*?)(?=^## |\Z)", read_lesson(language, lesson)):
        if counted := find_numbers(heading, language):
            assert [value for _text, value, _decimals in counted] == [len(NUMBERED.findall(body))], heading


def test_every_lesson_is_looked_at():
    from pages.ui.language import ASSETS

    for language in LANGUAGES:
        assert {path.stem for path in (ASSETS / "lessons" / language).glob("*.md")} == set(LESSONS)


@pytest.mark.parametrize("language, text, values", [
    ("en", "1,000 steps from 0.0001 to -5 and −0.42, h_{t−1}", [1000, 0.0001, -5, -0.42, 1]),
    ("tr", "1.000 adım, 0,0001 ile −5 ve −0,42 arasında", [1000, 0.0001, -5, -0.42]),
    ("en", "Fourteen, twenty-four tenths? nobody often", [14, 20, 4]),
    ("tr", "On dört yöntem, altında altı şey, üstü; onda birinde, İki", [14, 6, 0.1, 2]),
    ("en", "3×3×32, 18,874,880.", [3, 3, 32, 18_874_880]),
])
def test_numbers_are_read_in_both_languages(language, text, values):
    assert [value for _text, value, _decimals in find_numbers(text, language)] == values
