"""Tokens: words, characters or byte pairs as numbers and back, and batches of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dlcore.data.text import EMPTY, END, NO_WORDS, SHOWN_END, STRANGE, TOO_LONG
from dlcore.errors import SpecError

IGNORED = -100                       # the target of a place that asks for nothing
START, STOP = "<s>", "</s>"          # begins what a decoder reads, ends source and answer; of translations
SPECIAL = (START, STOP)


@dataclass(frozen=True)
class Tokens:
    """Tokens by their numbers; `split` says what they are: "words", "characters" or "pairs".

    `merges` are the pairs that were joined to a token, in the order in which they were learned. Those of a translation
    begin with START and STOP, which no text has. The last `empty` ones stand for nothing: of a vocabulary that is
    larger than the tokens that a text gives. They are never offered as what comes next.
    """

    symbols: tuple[str, ...]
    split: str = "characters"
    merges: tuple[tuple[str, str], ...] = ()
    empty: int = 0

    @property
    def used(self) -> int:
        """How many of them a text can have: the first ones."""
        return len(self.symbols) - self.empty

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each token."""
        return {symbol: number for number, symbol in enumerate(self.symbols)}

    @cached_property
    def ranks(self) -> dict[tuple[str, str], int]:
        """Which pair was joined before which."""
        return {pair: rank for rank, pair in enumerate(self.merges)}

    @property
    def special(self) -> bool:
        """Whether the first two are START and STOP."""
        return self.symbols[:2] == SPECIAL

    @cached_property
    def characters(self) -> NDArray[np.int64]:
        """How many characters of a text each token stands for."""
        return np.array([0 if self.special and number < len(SPECIAL) else len(symbol)
                         for number, symbol in enumerate(self.symbols)])

    def encode(self, text: str, field: str = "text", most: int | None = None) -> list[int]:
        """Return a text's numbers; SpecError(field) where it is empty, has more than `most`, or unknown parts."""
        parts = self.cut(text)
        if not parts:
            raise SpecError(field, NO_WORDS if self.split == "words" else EMPTY)
        strange = list(dict.fromkeys(part for part in parts if part not in self.numbers or part in self._never))
        if strange:
            raise SpecError(field, STRANGE, strange=", ".join(f"“{part[:20]}”" for part in strange[:8]),
                            known=self.known())
        if most is not None and len(parts) > most:
            raise SpecError(field, TOO_LONG, count=len(parts), most=most)
        return [self.numbers[part] for part in parts]

    def cut(self, text: str) -> list[str]:
        """Return a text's tokens as texts, unknown ones among them."""
        if self.split == "words":
            return text.replace("İ", "i").lower().replace("-", " ").split()
        if self.split == "pairs":
            from dlcore.data.bpe import cut_text
            return cut_text(text, self.ranks)
        return list(text.strip().lower() if self.special else text)

    @property
    def _never(self) -> tuple[str, ...]:
        return SPECIAL if self.special else ()

    def decode(self, numbers: Iterable[int]) -> str:
        """Return the text of some numbers, without START and STOP."""
        parts = [self.symbols[number] for number in numbers]
        return (" " if self.split == "words" else "").join(part for part in parts if part not in self._never)

    def shown(self, numbers: Iterable[int]) -> list[str]:
        """Return tokens one by one as they can be seen: a line's end is one."""
        return [self.symbols[number].replace(END, SHOWN_END) for number in numbers]

    def known(self) -> str:
        """Return in short what is known."""
        parts = self.symbols[len(self._never):]
        if self.split == "words":
            return ", ".join(parts)
        return "".join(part for part in parts if len(part) == 1).replace(END, SHOWN_END)


@dataclass(frozen=True)
class TokenBatch:
    """Tokens side by side, as numbers int64.

    `source` (batch, source tokens) is what the encoder reads, None of a language model; `inputs` (batch, tokens) what
    the decoder reads, `targets` (batch, tokens) what it is asked for at each place, or IGNORED.
    """

    source: NDArray[np.int64] | None
    inputs: NDArray[np.int64]
    targets: NDArray[np.int64]

    @property
    def asked(self) -> int:
        """How many tokens are asked for."""
        return int((self.targets != IGNORED).sum())

    def part(self, first: int, last: int) -> "TokenBatch":
        """Return some of its rows."""
        source = None if self.source is None else self.source[first:last]
        return TokenBatch(source, self.inputs[first:last], self.targets[first:last])


def pair_up(sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[TokenBatch]:
    """Return translations, without their START and STOP, as one batch for each length of the source.

    So no source needs padding. A decoder reads START and the target, and is asked for the target and STOP.
    """
    by_length: dict[int, list[int]] = {}
    for row, source in enumerate(sources):
        by_length.setdefault(len(source), []).append(row)
    return [_side_by_side([sources[row] for row in rows], [targets[row] for row in rows])
            for _, rows in sorted(by_length.items())]


def _side_by_side(sources: list[Sequence[int]], targets: list[Sequence[int]]) -> TokenBatch:
    longest = max(map(len, targets)) + 1
    inputs, asked = np.full((len(targets), longest), 1), np.full((len(targets), longest), IGNORED)
    for row, target in enumerate(targets):
        inputs[row, 0], inputs[row, 1: len(target) + 1] = 0, target
        asked[row, : len(target)], asked[row, len(target)] = target, 1
    source = np.concatenate([np.array(sources), np.ones((len(sources), 1), np.int64)], 1)
    return TokenBatch(source, inputs, asked)
