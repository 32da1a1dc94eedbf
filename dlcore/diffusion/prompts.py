"""Prompts: the words that there are, how a typed prompt is read, and the captions that a picture can have.

A caption tells of a digit by numeral, English or Turkish word, and of what was measured in the picture: its stroke
(thin, thick), its slant (upright, left, right) and its width (narrow, wide), each compared with other pictures of the
same digit. Reading ignores case and Turkish marks ("KALIN", "kalin" and "kalın" are one word).
"""

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.random import Generator

from dlcore.specs.denoiser import WORDS

ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TURKISH = ("sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz")
NUMERALS = tuple("0123456789")
OTHERS = ("a", "digit", "thin", "thick", "narrow", "wide", "upright", "left", "right", "slanted",
          "rakam", "ince", "kalın", "dar", "geniş", "dik", "sola", "sağa", "yatık")
PAD, START = 0, 1
SYMBOLS = ("", "·", *NUMERALS, *ENGLISH, *TURKISH, *OTHERS)
STROKE = {"thin": -1, "thick": 1, "ince": -1, "kalın": 1}
WIDTH = {"narrow": -1, "wide": 1, "dar": -1, "geniş": 1}
SLANT = {"left": -1, "upright": 0, "right": 1, "sola": -1, "dik": 0, "sağa": 1}
ATTRIBUTES = ("stroke", "slant", "width")
MOST_LETTERS = 200
POOL = 48  # captions that each kind of picture is told in


def fold(word: str) -> str:
    """Return a word in small letters without marks, as words are compared."""
    plain = unicodedata.normalize("NFKD", word.replace("İ", "i").replace("ı", "i").lower())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


_NUMBERS = {fold(word): number for number, word in enumerate(SYMBOLS) if number > START} | {
    "an": SYMBOLS.index("a"), "the": SYMBOLS.index("a"), "number": SYMBOLS.index("digit"),
    "leaning": SYMBOLS.index("slanted"), "bold": SYMBOLS.index("thick")}


@dataclass(frozen=True)
class Prompt:
    """A prompt as it is read: the `words` that are known with their `symbols` (start first, padded), and the rest.

    `unknown` words are not in the vocabulary, those `left_over` are more than a prompt can hold; both are ignored.
    """

    words: tuple[str, ...]
    symbols: tuple[int, ...]
    unknown: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for: the unconditional model answers."""
        return not self.words

    @property
    def shown(self) -> tuple[str, ...]:
        """The symbols by their names, the start first."""
        return tuple(SYMBOLS[number] for number in self.symbols if number != PAD)


def read_prompt(text: str) -> Prompt:
    """Return what a typed prompt asks for."""
    typed = "".join(letter if letter.isalnum() else " " for letter in unicodedata.normalize("NFC", text[:MOST_LETTERS]))
    known, unknown = [], []
    for word in typed.split():
        number = _NUMBERS.get(fold(word))
        (unknown if number is None else known).append((word, number))
    kept, rest = known[: WORDS - 1], known[WORDS - 1:]
    return Prompt(tuple(word for word, _ in kept), encode(number for _, number in kept),
                  tuple(word for word, _ in unknown), tuple(word for word, _ in rest))


def encode(numbers) -> tuple[int, ...]:
    """Return symbols behind the start, padded to WORDS."""
    row = [START, *numbers][:WORDS]
    return (*row, *[PAD] * (WORDS - len(row)))


@dataclass(frozen=True)
class Asked:
    """What a prompt asks for: a digit, and -1, 0 or 1 for stroke (thin, thick), slant and width; None for anything."""

    digit: int | None = None
    stroke: int | None = None
    slant: int | None = None
    width: int | None = None


def read_asked(prompt: Prompt) -> Asked:
    """Return what the words of a prompt mean; of two that disagree the last one counts."""
    names = prompt.shown[1:]
    found = {name: table[word] for name, table in (("stroke", STROKE), ("slant", SLANT), ("width", WIDTH))
             for word in names if word in table}
    return Asked(_digit(names), **found)


def _digit(names: tuple[str, ...]) -> int | None:
    """Return the digit that words name; "bir" is one, unless it is the article of another word."""
    told = [table.index(word) for word in names for table in (NUMERALS, ENGLISH, TURKISH)
            if word in table and word != "bir"]
    if told:
        return told[-1]
    return 1 if "bir" in names and "rakam" not in names else None


# captions

@cache
def caption_pool(seed: int = 0) -> np.ndarray:
    """Return the symbols (10 digits, 3 strokes, 3 slants, 3 widths, POOL, WORDS) of captions for every kind of picture.

    The indices of stroke, slant and width are 0, 1 and 2 for -1 (thin, left, narrow), 0 and 1.
    """
    generator = np.random.default_rng(seed)
    pool = np.zeros((10, 3, 3, 3, POOL, WORDS), np.int64)
    for kind in np.ndindex(10, 3, 3, 3):
        asked = Asked(kind[0], *(level - 1 for level in kind[1:]))
        for place in range(POOL):
            pool[(*kind, place)] = encode(SYMBOLS.index(word) for word in caption(asked, generator))
    return pool


def caption(asked: Asked, generator: Generator) -> list[str]:
    """Return a caption of a picture: some of what can be said of it, in one of the languages."""
    english = generator.random() < 0.5
    said = [attribute for attribute in _attributes(asked, english) if generator.random() < 0.5]
    generator.shuffle(said)
    before = [word for words in said for word in words.split()]
    article = ["a" if english else "bir"] if generator.random() < 0.5 else []
    noun = _noun(asked.digit, english, generator)
    return [*article, *before, noun] if english else [*before, *article, noun]


def _attributes(asked: Asked, english: bool) -> list[str]:
    """Return what there is to say of a picture besides its digit."""
    strokes, widths = (("thin", "thick"), ("narrow", "wide")) if english else (("ince", "kalın"), ("dar", "geniş"))
    slants = ("left slanted", "upright", "right slanted") if english else ("sola yatık", "dik", "sağa yatık")
    said = [slants[asked.slant + 1]]
    said += [strokes[asked.stroke > 0]] if asked.stroke else []
    return said + ([widths[asked.width > 0]] if asked.width else [])


def _noun(digit: int, english: bool, generator: Generator) -> str:
    drawn = generator.random()
    if drawn < 0.1:
        return "digit" if english else "rakam"
    if drawn < 0.4:
        return NUMERALS[digit]
    return (ENGLISH if english else TURKISH)[digit]
