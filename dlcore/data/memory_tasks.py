"""Tasks whose last step asks for something that stood a number of steps before it."""

import numpy as np
from numpy.typing import NDArray

from dlcore.specs.sequences import BRACKETS, SequenceData

DEEPEST = 6       # brackets that are open at a time
NEAR = 0.1        # a sum is right to within this; always answering 1 is right in 19 % of the cases
LETTERS = "ABCDEFGH"
BLANK, QUESTION = "·", "?"

Task = tuple[NDArray, NDArray]  # inputs (count, length) or (count, length, 2), and what the last step asks for (count,)


def symbols_of(data: SequenceData) -> tuple[str, ...]:
    """Return what the input numbers of recall and brackets stand for; the first are also the answers."""
    if data.task == "recall":
        letters = LETTERS[: data.symbols]
        return (*letters.lower(), *letters, QUESTION)
    kinds = data.kinds_of_bracket
    closing = ")]}>"[:kinds]
    return (*BRACKETS[:kinds], *closing, BLANK, QUESTION)


def draw(data: SequenceData, count: int, rng: np.random.Generator) -> Task:
    """Return sequences of a memory task."""
    return {"recall": recall, "adding": adding, "brackets": brackets}[data.task](data, count, rng)


def recall(data: SequenceData, count: int, rng: np.random.Generator) -> Task:
    """Return letters drawn at random; the one `delay` steps before the question that ends them is marked, and asked.

    The others are there to be ignored, as the distractors of Bengio, Simard and Frasconi (1994).
    """
    inputs = rng.integers(data.symbols, size=(count, data.length))
    asked = inputs[:, -1 - data.delay].copy()
    inputs[:, -1 - data.delay] += data.symbols
    inputs[:, -1] = 2 * data.symbols
    return inputs, asked


def adding(data: SequenceData, count: int, rng: np.random.Generator) -> Task:
    """Return numbers in 0..1 beside marks: one `delay` steps before the end, one anywhere between; and their sum."""
    inputs = np.zeros((count, data.length, 2), np.float32)
    inputs[:, :, 0] = rng.random((count, data.length))
    first = data.length - 1 - data.delay
    second = rng.integers(first + 1, data.length, size=count)
    rows = np.arange(count)
    inputs[:, first, 1] = inputs[rows, second, 1] = 1
    return inputs, inputs[:, first, 0] + inputs[rows, second, 0]


def brackets(data: SequenceData, count: int, rng: np.random.Generator) -> Task:
    """Return sequences that ask which bracket is open: it was opened `delay` steps before, and all since are closed."""
    kinds = data.kinds_of_bracket
    inputs = np.full((count, data.length), 2 * kinds, np.int64)
    asked, opened = rng.integers(kinds, size=count), data.length - 1 - data.delay
    inputs[:, opened] = asked
    inside = (data.delay - 1) // 2 * 2
    inputs[:, opened + 1: opened + 1 + inside] = balanced(kinds, count, inside, rng)
    inputs[:, -1] = 2 * kinds + 1
    return inputs, asked


def balanced(kinds: int, count: int, length: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return rows of brackets (count, length) that are all closed in the end: k opens, k + kinds closes kind k."""
    drawn, open_ = np.empty((count, length), np.int64), np.zeros(count, np.int64)
    stack, rows = np.zeros((count, DEEPEST + 1), np.int64), np.arange(count)
    for step in range(length):
        opens = (rng.random(count) < 0.5) & (open_ < DEEPEST) & (open_ < length - step - 1) | (open_ == 0)
        new = rng.integers(kinds, size=count)
        drawn[:, step] = np.where(opens, new, kinds + stack[rows, open_ - 1])
        stack[rows[opens], open_[opens]] = new[opens]
        open_ += np.where(opens, 1, -1)
    return drawn
