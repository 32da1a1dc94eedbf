"""What a task gives the cells to read: a few of its sequences, shown before anything is trained."""

import numpy as np
import streamlit as st

from dlcore.data import memory_tasks
from dlcore.data.grammar import grammar
from dlcore.data.series import Column, draw_waves
from dlcore.data.text import load_names, load_plays, vocabulary
from dlcore.errors import DerinError
from dlcore.specs.recurrent import Recurrent
from dlcore.specs.sequences import SequenceData
from pages.ui import state
from pages.ui.language import _, number

SHOWN = 5
STEPS, WAVES_SHOWN, BLOCKS = 22, 3, "▁▂▃▄▅▆▇█"
WRITTEN, AROUND = 20, 4  # symbols of a sequence that are written out, and beside what is asked for


def describe_data(spec: Recurrent) -> None:
    """Show a few of the sequences that the cells learn from, and say what is asked."""
    sample, said = samples(spec.data)
    if sample:
        st.code(sample, language=None, wrap_lines=True)
    st.caption(said)


def samples(data: SequenceData) -> tuple[str, str]:
    """Return some sequences of a task as text, and what they ask for."""
    match data.task:
        case "names":
            names = load_names()[0]
            return "\n".join(names[:SHOWN]), _("{n} first names; after every letter the next one is asked for.").format(
                n=number(len(names)))
        case "shakespeare":
            plays = load_plays()[0]
            text = vocabulary(data).decode(plays[20_000:20_170])
            return text, _("{n} characters of eight plays, read in windows.").format(n=number(len(plays)))
        case "grammar":
            return _sentences(data.language), _("Drawn from a grammar whose true probabilities are known.")
        case "series":
            return _series(data), _("Every number asks for the next one; then the cells go on by themselves.")
        case _:
            return _memories(data), _asks(data)


def _sentences(language: str) -> str:
    found = grammar(language)
    words = found.sentences(4, 24, np.random.default_rng(3))
    texts = [" ".join(found.words[word] for word in row) for row in words]
    return "\n".join(text[: text.index(" .")] + "." for text in texts if " ." in text)


def _series(data: SequenceData) -> str:
    """Draw a few series with blocks, all to one scale."""
    try:
        rng = np.random.default_rng(1)
        rows = (Column(data, state.engine().home).windows(STEPS, WAVES_SHOWN, rng) if data.wave == "column"
                else draw_waves(data, WAVES_SHOWN, STEPS, rng))
    except DerinError:
        return ""  # no column yet, or it is gone: said where it is uploaded
    low, high = rows.min(), rows.max()
    levels = np.minimum((rows - low) / max(high - low, 1e-9) * len(BLOCKS), len(BLOCKS) - 1).astype(int)
    return "\n".join("".join(BLOCKS[level] for level in row) for row in levels)


def _memories(data: SequenceData) -> str:
    if data.delay >= data.length:
        return ""
    inputs, asked = memory_tasks.draw(data, 2, np.random.default_rng(1))
    if data.task == "adding":
        return "\n".join(f"{' + '.join(f'{value:.2f}' for value, mark in row if mark)} = {total:.2f}"
                         for row, total in zip(inputs, asked, strict=True))
    symbols = memory_tasks.symbols_of(data)
    place = data.length - 1 - data.delay
    return "\n".join(f"{_shorten([symbols[one] for one in row], place)} → {symbols[answer]}"
                     for row, answer in zip(inputs, asked, strict=True))


def _shorten(symbols: list[str], place: int) -> str:
    """Write what stands around the place that is asked for, and the end."""
    text = "".join(symbols)
    if len(text) <= WRITTEN:
        return text
    before = "…" if place > AROUND else ""
    return f"{before}{text[max(0, place - AROUND): place + AROUND + 1]}…{text[-AROUND:]}"


def _asks(data: SequenceData) -> str:
    if data.task == "recall":
        return _("The last step asks for the capital letter, which stood {delay} steps before it.").format(
            delay=data.delay)
    if data.task == "adding":
        return _("Of {length} numbers two are marked, the first {delay} steps before the end; asked for is their sum."
                 ).format(length=data.length, delay=data.delay)
    return _("The last step asks which bracket, opened {delay} steps before, is still open.").format(delay=data.delay)
