"""A text to go on with: training windows that depend on seed and step alone, and the part that is kept back."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data.bpe import learn_symbols
from dlcore.data.own_texts import load_text
from dlcore.data.text import load_plays, vocabulary
from dlcore.data.tokens import TokenBatch, Tokens
from dlcore.seeds import derive
from dlcore.specs.sequences import SequenceData
from dlcore.specs.texts import HELD, TextData
from dlcore.specs.transformer import Transformer, steps_per_epoch

LOOKED = 8_192      # held-out tokens that are read at a look; all of them at the end


class Corpus:
    """The text of a spec, and its tokens (`target`; there is no source). Uploaded texts are kept under `home`.

    The last tenth of the characters is kept back; a byte-pair vocabulary is learned from the rest.
    """

    source = None

    def __init__(self, spec: Transformer, home: Path | None = None):
        self.data, self.size, self.seed = spec.data, spec.training.batch_size, spec.training.seed
        self.context, self.per_epoch = spec.network.context, steps_per_epoch(spec)
        self.target, self.train, self.kept = open_corpus(spec.data, Path(home or "."))
        self.longest = 0, self.context

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


def open_corpus(data: TextData, home: Path) -> tuple[Tokens, NDArray[np.uint16], NDArray[np.uint16]]:
    """Return a text's tokens, and their numbers to learn from and kept back; DataError where an own one is gone."""
    return _open(data.task, data.vocabulary if data.pairs else 0, data.text if data.task == "own" else "", home)


@lru_cache(maxsize=4)
def _open(task: str, pairs: int, name: str, home: Path) -> tuple[Tokens, NDArray[np.uint16], NDArray[np.uint16]]:
    if task == "plays":
        characters = vocabulary(SequenceData(task="shakespeare")).symbols
        return Tokens(characters), *load_plays()
    text = _plays() if task == "bpe" else load_text(home, name)
    edge = len(text) - len(text) // HELD
    parts = text[:edge], text[edge:]
    if pairs:
        tokens = _learned(*parts, pairs)
    else:
        tokens = Tokens(tuple(sorted(set(text))))
    return tokens, *(_numbers(tokens, part) for part in parts)


def _learned(train: str, held: str, size: int) -> Tokens:
    """Return a byte-pair vocabulary of the training part; characters that only the held part has are known too."""
    strange = sorted(set(held) - set(train))
    symbols, merges = learn_symbols(train, size - len(strange))
    symbols = (*symbols, *strange)
    unused = (f"<unused {number}>" for number in range(len(symbols), size))
    return Tokens((*symbols, *unused), "pairs", merges)


def _plays() -> str:
    symbols = vocabulary(SequenceData(task="shakespeare")).symbols
    return "".join(symbols[number] for part in load_plays() for number in part.tolist())


def _numbers(tokens: Tokens, text: str) -> NDArray[np.uint16]:
    return np.array(list(map(tokens.numbers.__getitem__, tokens.cut(text))), np.uint16)
