"""A text to go on with: training windows that depend on seed and step alone, and the part that is kept back."""

import hashlib
from functools import cached_property, lru_cache
from itertools import islice
from math import inf
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data.bpe import WORD, keep_merges, learn_merges, symbols_of
from dlcore.data.own_texts import load_text
from dlcore.data.text import load_plays, vocabulary
from dlcore.data.tokens import TokenBatch, Tokens
from dlcore.errors import N_, SpecError
from dlcore.seeds import derive
from dlcore.specs.sequences import SequenceData
from dlcore.specs.texts import HELD, TextData
from dlcore.specs.transformer import SHORTEST, Transformer, steps_per_epoch

LOOKED = 8_192      # held-out tokens that are read at a look; all of them at the end
LEARNED = 1_000_000  # characters of a text that a byte-pair vocabulary is learned from
SHORT = N_("The text is too short: with this vocabulary it has {train:,} tokens to learn from and {kept:,} that are "
           "kept back, but a context of {context} needs {needed} of each. Use a context of at most {most}, a smaller "
           "vocabulary, characters as tokens, or a longer text.")
SHORT_FOR_ANY = N_("The text is too short: with this vocabulary it has {train:,} tokens to learn from and {kept:,} "
                   "that are kept back, but a context of {context} needs {needed} of each. Use a smaller vocabulary, "
                   "characters as tokens, or a longer text.")
MERGES = "merges"   # the folder of learned vocabularies, under the engine's home


class Corpus:
    """The text of a spec, and its tokens (`target`; there is no source). Uploaded texts are kept under `home`.

    The last tenth of the characters is kept back; a byte-pair vocabulary is learned from the rest, once for all.
    """

    source = None

    def __init__(self, spec: Transformer, home: Path | None = None):
        self.data, self.size, self.seed = spec.data, spec.training.batch_size, spec.training.seed
        self.context, self.per_epoch = spec.network.context, steps_per_epoch(spec)
        self.home = Path(home) if home else None
        self.target = open_tokens(spec.data, self.home)
        self.longest = 0, self.context

    @cached_property
    def train(self) -> NDArray[np.uint16]:
        """The numbers of the tokens that are learned from."""
        return open_corpus(self.data, self.home)[1]

    @cached_property
    def kept(self) -> NDArray[np.uint16]:
        """The numbers of those that are kept back."""
        return open_corpus(self.data, self.home)[2]

    @property
    def tokens_per_epoch(self) -> int:
        """Tokens that are asked for in an epoch."""
        return self.per_epoch * self.size * self.context

    def batch(self, step: int) -> TokenBatch:
        """Return the batch of a step: windows that begin anywhere."""
        rng = np.random.default_rng(derive(self.seed, "batch", step))
        first = rng.integers(len(self.train) - self.context, size=self.size)
        rows = self.train[first[:, None] + np.arange(self.context + 1)].astype(np.int64)
        return TokenBatch(None, rows[:, :-1], rows[:, 1:])

    @property
    def held(self) -> list[TokenBatch]:
        """What is kept back, window behind window."""
        whole = (len(self.kept) - 1) // self.context * self.context
        return [TokenBatch(None, self.kept[:whole].reshape(-1, self.context).astype(np.int64),
                           self.kept[1: whole + 1].reshape(-1, self.context).astype(np.int64))]

    def looked(self) -> list[TokenBatch]:
        """Return those windows that are read at every look, evenly spread."""
        held, wanted = self.held[0], max(1, LOOKED // self.context)
        if len(held.inputs) <= wanted:
            return [held]
        rows = np.linspace(0, len(held.inputs) - 1, wanted).astype(int)
        return [TokenBatch(None, held.inputs[rows], held.targets[rows])]


def check_length(spec: Transformer, home: Path | None, most: float = inf) -> None:
    """Raise SpecError where byte pairs make fewer tokens of an own text than its context needs.

    They never reach across words, so there are at least as many as words: a text that has enough of these is not cut.
    Neither is one of more than `most` characters.
    """
    if not spec.data.pairs or spec.data.task != "own":
        return
    parts, needed = _parts("own", spec.data.text, home), spec.network.context + 1
    if all(sum(1 for _word in islice(WORD.finditer(part), needed)) == needed for part in parts):
        return
    if sum(map(len, parts)) <= most:
        _check_counts(*(len(part) for part in _numbers(*_which(spec.data, home))), spec.network.context)


def _check_counts(train: int, kept: int, context: int) -> None:
    most = min(train, kept) - 1
    if most >= context:
        return
    told = {"train": train, "kept": kept, "context": context, "needed": context + 1}
    if most < SHORTEST:
        raise SpecError("network.context", SHORT_FOR_ANY, **told)
    raise SpecError("network.context", SHORT, **told, most=most)


def open_corpus(data: TextData, home: Path | None) -> tuple[Tokens, NDArray[np.uint16], NDArray[np.uint16]]:
    """Return a text's tokens, and their numbers to learn from and kept back; DataError where an own one is gone."""
    return open_tokens(data, home), *_numbers(*_which(data, home))


def open_tokens(data: TextData, home: Path | None) -> Tokens:
    """Return a text's tokens alone."""
    return _tokens(*_which(data, home))


def _which(data: TextData, home: Path | None) -> tuple[str, int, str, Path | None]:
    own = data.task == "own"
    return "own" if own else "plays", data.vocabulary if data.pairs else 0, data.text if own else "", home


@lru_cache(maxsize=4)
def _parts(task: str, name: str, home: Path | None) -> tuple[str, str]:
    """Return the text to learn from and the text that is kept back."""
    if task == "plays":
        symbols = np.array(vocabulary(SequenceData(task="shakespeare")).symbols)
        return tuple("".join(symbols[part].tolist()) for part in load_plays())
    text = load_text(home, name)
    edge = len(text) - len(text) // HELD
    return text[:edge], text[edge:]


@lru_cache(maxsize=8)
def _tokens(task: str, pairs: int, name: str, home: Path | None) -> Tokens:
    """Return the tokens of a text: its characters, or a byte-pair vocabulary of so many that is learned from the first
    LEARNED of the training part; characters that other parts have are known too."""
    if task == "plays" and not pairs:
        return Tokens(vocabulary(SequenceData(task="shakespeare")).symbols)
    train, held = _parts(task, name, home)
    known = "".join(sorted(set(train) | set(held)))
    if not pairs:
        return Tokens(tuple(known))
    count, kept = max(0, pairs - len(known)), train[:LEARNED]
    file = f"{hashlib.sha256(kept.encode()).hexdigest()[:16]}-{count}.json"
    merges = keep_merges(home / MERGES / file, kept, count) if home else learn_merges(kept, count)
    symbols = symbols_of(known, merges)
    empty = tuple(f"<unused {number}>" for number in range(len(symbols), pairs))
    return Tokens((*symbols, *empty), "pairs", merges, len(empty))


@lru_cache(maxsize=4)
def _numbers(task: str, pairs: int, name: str, home: Path | None) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    if task == "plays" and not pairs:
        return load_plays()
    tokens = _tokens(task, pairs, name, home)
    return tuple(np.array([tokens.numbers[part] for part in tokens.cut(text)], np.uint16)
                 for text in _parts(task, name, home))
