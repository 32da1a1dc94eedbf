"""Translations with exact answers: training batches that depend on seed and step alone, and those kept back."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from dlcore.data import spelling
from dlcore.data.tokens import SPECIAL, TokenBatch, Tokens, pair_up
from dlcore.seeds import derive
from dlcore.specs.texts import DRAWN, HELD, TextData, longest
from dlcore.specs.transformer import Transformer, steps_per_epoch

LETTERS = "abcdefghijklmnopqrstuvwxyz"
KEPT_BACK = 1_000   # examples that are kept back, at most
LOOKED = 200        # of them are read at a look
Example = tuple[str, str]


class Translation:
    """The examples of a task: `source` and `target` are the tokens of its sides.

    A batch has sources of one length, so that nothing is padded. It is drawn by the root of how often it occurs,
    for otherwise the few short numbers ("zero") would hardly ever be seen. Numbers are learned from the same examples
    all along, the other tasks draw new ones every epoch. An example is kept back by what it means (a number, a day, a
    string), however it is written.
    """

    def __init__(self, spec: Transformer):
        self.data, self.size, self.seed = spec.data, spec.training.batch_size, spec.training.seed
        self.per_epoch = steps_per_epoch(spec)
        self.source, self.target = sides_of(spec.data)
        self.longest = longest(spec.data)
        self._pool: tuple[int, list[TokenBatch]] = (-1, [])

    @property
    def tokens_per_epoch(self) -> int:
        """Tokens that are asked for in an epoch, about: the mean of the kept examples."""
        asked, count = sum(part.asked for part in self.held), sum(len(part.inputs) for part in self.held)
        return self.per_epoch * self.size * asked // count

    def batch(self, step: int) -> TokenBatch:
        """Return the batch of a step."""
        rng = np.random.default_rng(derive(self.seed, "batch", step))
        groups = self._groups(step // self.per_epoch)
        shares = np.sqrt([len(group.inputs) for group in groups])
        group = groups[rng.choice(len(groups), p=shares / shares.sum())]
        rows = rng.integers(len(group.inputs), size=self.size)
        return TokenBatch(group.source[rows], group.inputs[rows], group.targets[rows])

    def _groups(self, epoch: int) -> list[TokenBatch]:
        if self.data.task == "numbers":
            epoch = 0
        if epoch != self._pool[0]:
            self._pool = epoch, self.encode(list(draw(self.data, epoch, self.seed)))
        return self._pool[1]

    @property
    def held(self) -> list[TokenBatch]:
        """The examples that are kept back, a batch for each length of the source."""
        return _encoded(self.data, KEPT_BACK)

    def looked(self) -> list[TokenBatch]:
        """Return those that are read at every look."""
        return _encoded(self.data, LOOKED)

    def encode(self, examples: list[Example]) -> list[TokenBatch]:
        """Return examples as batches."""
        return _encode(self.data, examples)


def sides_of(data: TextData) -> tuple[Tokens, Tokens]:
    """Return the tokens of a translation's source and of its target."""
    match data.task:
        case "numbers":
            return (Tokens((*SPECIAL, *spelling.ENGLISH_WORDS), "words"),
                    Tokens((*SPECIAL, *spelling.TURKISH_WORDS), "words"))
        case "dates":
            return Tokens((*SPECIAL, *"0123456789 ,./", *_month_letters())), Tokens((*SPECIAL, *"0123456789-"))
        case _:
            return Tokens((*SPECIAL, *LETTERS)), Tokens((*SPECIAL, *LETTERS))


def _month_letters() -> list[str]:
    return sorted(set(LETTERS) | set("".join(spelling.AYLAR)))


@cache
def _encoded(data: TextData, count: int) -> list[TokenBatch]:
    kept = held_examples(data)
    if len(kept) > count:
        kept = [kept[row] for row in np.linspace(0, len(kept) - 1, count).astype(int)]
    return _encode(data, kept)


def _encode(data: TextData, examples: list[Example]) -> list[TokenBatch]:
    source, target = sides_of(data)
    return pair_up([source.encode(said) for said, _ in examples], [target.encode(told) for _, told in examples])


# the examples

def draw(data: TextData, epoch: int, seed: int) -> Iterator[Example]:
    """Yield an epoch's training examples; of numbers, all of them."""
    if data.task == "numbers":
        for number in range(spelling.MOST + 1):
            if not is_held(data, number):
                yield from ((said, spelling.turkish(number)) for said in _ways(number))
        return
    rng, count = np.random.default_rng(derive(seed, "examples", epoch)), 0
    while count < DRAWN:
        key, example = _draw_one(data, rng)
        if not is_held(data, key):
            count += 1
            yield example


@cache
def held_examples(data: TextData) -> tuple[Example, ...]:
    """Return the examples that are kept back: all such numbers, or as many of the other tasks."""
    if data.task == "numbers":
        kept = [number for number in range(spelling.MOST + 1) if is_held(data, number)]
        return tuple((_ways(number)[-1 if number % 2 else 0], spelling.turkish(number)) for number in kept)
    rng, kept = np.random.default_rng(derive(0, "held out")), []
    while len(kept) < KEPT_BACK:
        key, example = _draw_one(data, rng)
        if is_held(data, key):
            kept.append(example)
    return tuple(kept)


def is_held(data: TextData, key: Any) -> bool:
    """Whether what an example means (a number, an ISO date, a string) is kept back: one of HELD, by its hash."""
    return derive(0, data.task, str(key)) % HELD == 0


def answer(data: TextData, text: str) -> str | None:
    """Return the right answer to a source text, or None where none is known."""
    match data.task:
        case "numbers":
            return _numbers().get(" ".join(text.lower().replace("-", " ").split()))
        case "dates":
            return spelling.read_date(text)
        case "reverse":
            return text.strip().lower()[::-1]
        case _:
            return "".join(sorted(text.strip().lower()))


@cache
def _numbers() -> dict[str, str]:
    return {said: spelling.turkish(number) for number in range(spelling.MOST + 1) for said in _ways(number)}


def _ways(number: int) -> list[str]:
    """Return a number in English, plain, and joined by "and" where that is another way."""
    return list(dict.fromkeys((spelling.english(number), spelling.english(number, joined=True))))


def _draw_one(data: TextData, rng: np.random.Generator) -> tuple[str, Example]:
    if data.task == "dates":
        day = spelling.any_day(rng)
        style = spelling.STYLES[rng.integers(len(spelling.STYLES))]
        return day.isoformat(), (style(day), day.isoformat())
    letters = "".join(LETTERS[number] for number in rng.integers(26, size=rng.integers(1, data.length + 1)))
    return letters, (letters, answer(data, letters))
