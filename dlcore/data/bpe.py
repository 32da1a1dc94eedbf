"""A byte-pair vocabulary, learned from a text: the most frequent pair of tokens becomes a token, again and again.

Sennrich, Haddow and Birch, 2016, arXiv:1508.07909. Tokens never reach across words; a word carries the space before it,
as in GPT-2 (Radford et al., 2019).
"""

import heapq
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from dlcore.data.keeping import write_whole

Pair = tuple[str, str]
WORD = re.compile(r" ?[^\W\d_]+| ?\d+| ?[^\s\w]+|_|\s+(?!\S)|\s+")


def cut_words(text: str) -> list[str]:
    """Return a text's words, each with the space before it, numbers, marks, and what other white space there is."""
    return WORD.findall(text)


def learn_merges(text: str, count: int) -> tuple[Pair, ...]:
    """Return the pairs that are joined, in their order; fewer than `count` where no pair occurs twice any more.

    Among equally frequent pairs the first in the order of the alphabet is joined.
    """
    return tuple(_Learner(text).learn(count))


class _Learner:
    """The words of a text as tokens, and how often each pair stands in them."""

    def __init__(self, text: str):
        found = Counter(cut_words(text))
        self.words = [list(word) for word in found]
        self.times = list(found.values())
        self.counts: Counter[Pair] = Counter()
        self.where: dict[Pair, set[int]] = defaultdict(set)
        for number in range(len(self.words)):
            self._add(number)
        self.queue = [(-times, pair) for pair, times in self.counts.items()]
        heapq.heapify(self.queue)

    def learn(self, count: int) -> list[Pair]:
        """Return so many pairs; the queue may name a pair with an old count, which is passed over."""
        merges: list[Pair] = []
        while self.queue and len(merges) < count:
            negative, pair = heapq.heappop(self.queue)
            if -negative != self.counts[pair] or -negative < 2:
                continue
            merges.append(pair)
            self._join(pair)
        return merges

    def _join(self, pair: Pair) -> None:
        touched: set[Pair] = set()
        for number in self.where.pop(pair):
            touched |= self._change(number, -1)
            self.words[number] = join(self.words[number], pair)
            touched |= self._change(number, 1)
        for other in touched - {pair}:
            heapq.heappush(self.queue, (-self.counts[other], other))
        del self.counts[pair]

    def _add(self, number: int) -> None:
        self._change(number, 1)

    def _change(self, number: int, sign: int) -> set[Pair]:
        """Count a word's pairs in (1) or out (-1), and return them."""
        pairs = list(pairwise(self.words[number]))
        for pair in pairs:
            self.counts[pair] += sign * self.times[number]
            if sign > 0:
                self.where[pair].add(number)
        return set(pairs)


def join(tokens: list[str], pair: Pair) -> list[str]:
    """Return tokens with every occurrence of a pair, from the left, joined to one."""
    joined, at = [], 0
    while at < len(tokens):
        meets = at + 1 < len(tokens) and (tokens[at], tokens[at + 1]) == pair
        joined.append(tokens[at] + tokens[at + 1] if meets else tokens[at])
        at += 1 + meets
    return joined


def cut_text(text: str, ranks: dict[Pair, int]) -> list[str]:
    """Return a text's tokens: in each word the pairs are joined in the order in which they were learned."""
    known: dict[str, list[str]] = {}
    tokens: list[str] = []
    for word in cut_words(text):
        if word not in known:
            known[word] = cut_word(word, ranks)
        tokens += known[word]
    return tokens


def cut_word(word: str, ranks: dict[Pair, int]) -> list[str]:
    """Return one word's tokens."""
    tokens = list(word)
    while len(tokens) > 1:
        first = min(pairwise(tokens), key=lambda pair: ranks.get(pair, len(ranks)))
        if first not in ranks:
            break
        tokens = join(tokens, first)
    return tokens


def symbols_of(text: str, merges: Iterable[Pair]) -> tuple[str, ...]:
    """Return the tokens of a vocabulary: the text's characters, and what the merges join."""
    return (*sorted(set(text)), *dict.fromkeys(one + other for one, other in merges))


def keep_merges(path: Path, text: str, count: int) -> tuple[Pair, ...]:
    """Return the pairs that are learned from a text, and keep them in a file, where they are found again."""
    with suppress(OSError, ValueError, TypeError):
        return tuple((str(one), str(other)) for one, other in json.loads(path.read_text(encoding="utf-8")))
    merges = learn_merges(text, count)
    with suppress(OSError):  # what cannot be kept is learned again
        write_whole(path, json.dumps(merges).encode())
    return merges
