"""What transformers learn from: texts to translate, whose right answers are known, and texts to go on with."""

import re
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dlcore.errors import N_, SpecError
from dlcore.specs.fields import Rule, choice, kind, whole
from dlcore.specs.sequences import SHAKESPEARE, VOCABULARIES

TRANSLATIONS = ("numbers", "dates", "reverse", "sort")
TEXTS = ("plays", "bpe", "own")
TASKS = (*TRANSLATIONS, *TEXTS, "repeat")
TOKENS = ("characters", "bpe")
OWN = re.compile(r"[0-9a-f]{16}-([1-9][0-9]{3,7})-([1-9][0-9]{0,3})")
HELD = 10                  # one of so many numbers, dates and strings, or the last of so many parts of a text, is kept
DRAWN = 9_000              # examples that make an epoch where they are drawn
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # of which texts are drawn that are said again
TOKEN_LENGTH = 2           # characters that a token of a byte-pair vocabulary holds, by which an epoch is counted
SIDES = {"numbers": (33, 23), "dates": (46, 13), "reverse": (28, 28), "sort": (28, 28)}  # tokens of source and target
LONGEST = {"numbers": (8, 7), "dates": (29, 11)}  # most tokens of both, each with its end


class _TextName(Rule):
    """The name of an uploaded text, or nothing."""

    def nearest(self, value: Any) -> str:
        if value == "" or isinstance(value, str) and OWN.fullmatch(value):
            return value
        raise ValueError(value)


@dataclass(frozen=True)
class TextData:
    """A task, of the family "translator" (an encoder reads, a decoder answers) or "language_model".

    numbers  numbers from 0 to 9,999 in words, from English to Turkish; tokens are words
    dates    dates as people write them, to ISO 8601; tokens are characters
    reverse  strings of up to `length` letters, from the end to the beginning
    sort     the same in the order of the alphabet
    plays    plays by Shakespeare, by characters
    bpe      the same by a byte-pair `vocabulary` of so many tokens (Sennrich, Haddow and Birch, 2016, arXiv:1508.07909)
    own      an uploaded text, `text` its name (dlcore.data.own_texts), by `tokens`
    repeat   letters drawn at random, said over and over; asked for is only what can be known: all from the second time
             on. Two layers learn it with a head that looks at the token before and one that looks at what came behind
             the same token the first time (an induction head; Olsson et al., 2022, arXiv:2209.11895)
    """

    kind: Literal["text_data"] = kind("text_data")
    task: str = choice("numbers", *TASKS)
    length: int = whole(10, 2, 30)
    vocabulary: int = whole(512, 128, 4096)
    text: str = field(default="", metadata={"rule": _TextName(str)})
    tokens: str = choice("characters", *TOKENS)

    @property
    def translates(self) -> bool:
        """Whether an encoder reads a source and a decoder answers."""
        return self.task in TRANSLATIONS

    @property
    def family(self) -> str:
        """Return "translator" or "language_model"."""
        return "translator" if self.translates else "language_model"

    @property
    def pairs(self) -> bool:
        """Whether the tokens are those of a byte-pair vocabulary."""
        return self.task == "bpe" or self.task == "own" and self.tokens == "bpe"

    @property
    def characters(self) -> int:
        """The characters of the text that are learned from (of one that is not drawn)."""
        if self.task != "own":
            return SHAKESPEARE
        found = OWN.fullmatch(self.text)
        count = int(found[1]) if found else 0
        return count - count // HELD

    @property
    def symbols(self) -> int:
        """The different characters of the text."""
        if self.task == "repeat":
            return len(LETTERS)
        if self.task != "own":
            return VOCABULARIES["shakespeare"]
        found = OWN.fullmatch(self.text)
        return int(found[2]) if found else 1


def sides(data: TextData) -> tuple[int, int]:
    """Return how many different tokens the source can have and how many the target; the same twice, of a text."""
    if data.translates:
        return SIDES[data.task]
    count = max(data.vocabulary, data.symbols) if data.pairs else data.symbols
    return count, count


def longest(data: TextData) -> tuple[int, int]:
    """Return the most tokens of a translation's source and target, each with the token that ends it."""
    return LONGEST.get(data.task, (data.length + 1, data.length + 1))


def measures(data: TextData) -> tuple[str, ...]:
    """Return what a task is measured by, the first being the one that counts.

    exact       share of whole answers that are right to the last token, told by the network alone, the likeliest
                token each time; known of held-out examples
    accuracy    share of tokens told right, each behind the right ones before it
    bits        per character, of texts, whatever the tokens: so that vocabularies can be compared
    perplexity  per token: e to the loss
    loss        cross-entropy of a token in nats
    """
    return ("exact", "accuracy", "loss") if data.translates else ("bits", "perplexity", "accuracy", "loss")


def check_data(data: TextData) -> None:
    """Raise SpecError where there is nothing to learn from, or the vocabulary has no room for the characters."""
    if data.task == "own" and not OWN.fullmatch(data.text):
        raise SpecError("data.text", N_("No text has been uploaded yet. Upload a text file, or choose another task."))
    if data.pairs and data.vocabulary < data.symbols:
        raise SpecError("data.vocabulary", N_("The text has {symbols} different characters, so a vocabulary of {count} "
                                              "is too small. Use {symbols} or more."), symbols=data.symbols,
                        count=data.vocabulary)


def fit_data(data: TextData) -> TextData:
    """Return the data with what it cannot use brought to the nearest that it can."""
    if data.task == "own" and not OWN.fullmatch(data.text):
        data = replace(data, task="plays")
    return replace(data, vocabulary=min(4096, max(data.vocabulary, data.symbols))) if data.pairs else data


def sequences_per_epoch(data: TextData, context: int) -> int:
    """Return the training sequences of an epoch: examples, or windows of a text that are as long as all of it.

    How many tokens a byte-pair vocabulary makes of a text shows only once it is learned, so there an epoch is as many
    as with TOKEN_LENGTH characters in each.
    """
    if data.translates or data.task == "repeat":
        return DRAWN
    return max(1, data.characters // (context * (TOKEN_LENGTH if data.pairs else 1)))
