"""The texts: symbols as numbers and back, and which part is kept back."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data.grammar import STOP, grammar
from dlcore.errors import N_, DataError, SpecError
from dlcore.seeds import derive
from dlcore.specs.sequences import SequenceData

FOLDER = Path(__file__).parents[2] / "assets" / "datasets" / "text"
ALPHABET = "abcdefghijklmnopqrstuvwxyz"
END = "\n"          # ends a name (and begins one), ends a line of a play
SHOWN_END = "⏎"
LONGEST = 400       # symbols of a text that somebody types
HELD = 10           # one of so many is kept back

EMPTY, NO_WORDS = N_("There is no text. Type at least one character."), N_("There is no text. Type at least one word.")
TOO_LONG = N_("The text has {count} symbols, more than {most}. Shorten it.")
STRANGE = N_("The network does not know {strange}. It has learned from: {known}")


@dataclass(frozen=True)
class Vocabulary:
    """Symbols by their numbers; `start` is what stands before a text, `words` whether they are words."""

    symbols: tuple[str, ...]
    start: int
    words: bool = False

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each symbol."""
        return {symbol: number for number, symbol in enumerate(self.symbols)}

    def encode(self, text: str | list[str]) -> NDArray[np.int64]:
        """Return a text's numbers; SpecError("text") where it is empty, too long, or has a symbol not known here."""
        parts = self.split(text)
        strange = list(dict.fromkeys(part for part in parts if part not in self.numbers))
        if not parts:
            raise SpecError("text", NO_WORDS if self.words else EMPTY)
        if len(parts) > LONGEST:
            raise SpecError("text", TOO_LONG, count=len(parts), most=LONGEST)
        if strange:
            raise SpecError("text", STRANGE, strange=_listed(strange[:8]), known=self.known())
        return np.array([self.numbers[part] for part in parts])

    def split(self, text: str | list[str]) -> list[str]:
        """Return a text's symbols; a sentence's words may be written together with its full stop."""
        if not self.words:
            return list(text)
        words = text if isinstance(text, list | tuple) else text.lower().replace(STOP, f" {STOP} ").split()
        return [str(word) for word in words]

    def decode(self, numbers: Iterable[int]) -> str:
        """Return the text of some numbers."""
        return (" " if self.words else "").join(self.symbols[number] for number in numbers)

    def shown(self, numbers: Iterable[int]) -> list[str]:
        """Return symbols one by one as they can be seen: a line's end is one."""
        return [SHOWN_END if self.symbols[number] == END else self.symbols[number] for number in numbers]

    def known(self) -> str:
        """Return the symbols that are known, in short."""
        if self.words:
            return ", ".join(self.symbols)
        return "".join(SHOWN_END if symbol == END else symbol for symbol in self.symbols)


def _listed(strange: list[str]) -> str:
    return ", ".join(f"“{part[:20]}”" for part in strange)


def vocabulary(data: SequenceData) -> Vocabulary:
    """Return the symbols of a text task."""
    match data.task:
        case "names":
            return NAMES
        case "grammar":
            return _words(data.language)
        case _:
            return _characters()


NAMES = Vocabulary((END, *ALPHABET), 0)


@cache
def _words(language: str) -> Vocabulary:
    words = grammar(language).words
    return Vocabulary(words, words.index(STOP), words=True)


@cache
def _characters() -> Vocabulary:
    symbols = tuple(sorted(set(_read("shakespeare.txt"))))
    return Vocabulary(symbols, symbols.index(END))


@cache
def load_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names to learn from and those kept back, one of ten by chance (the same for everybody)."""
    names = tuple(_read("names.txt").split())
    order = np.random.default_rng(derive(0, "names")).permutation(len(names))
    held = set(order[: len(names) // HELD].tolist())
    return (tuple(name for index, name in enumerate(names) if index not in held),
            tuple(name for index, name in enumerate(names) if index in held))


@cache
def load_plays() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the characters to learn from and those kept back, the last tenth, as numbers of the vocabulary."""
    text = _read("shakespeare.txt")
    table = np.zeros(128, np.uint8)
    for symbol, number in _characters().numbers.items():
        table[ord(symbol)] = number
    numbers = table[np.frombuffer(text.encode("ascii"), np.uint8)]
    edge = len(numbers) - len(numbers) // HELD
    return numbers[:edge], numbers[edge:]


@cache
def _read(name: str) -> str:
    try:
        return (FOLDER / name).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(N_("{file} is missing. {advice}"), file=str(FOLDER / name),
                        advice=N_("It comes with the project: fetch the project again.")) from error
