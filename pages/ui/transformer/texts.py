"""What a task gives the network to read: some of its examples, and a text of the visitor's own."""

from dataclasses import replace
from functools import cache
from itertools import islice

import numpy as np
import streamlit as st

from dlcore.data import spelling
from dlcore.data.own_texts import MOST_BYTES, keep_text, load_text, read_text
from dlcore.data.repeats import draw_repeats
from dlcore.data.text import load_plays, vocabulary
from dlcore.data.translation import draw
from dlcore.errors import DataError
from dlcore.specs.sequences import SequenceData
from dlcore.specs.texts import LETTERS, TextData
from dlcore.specs.transformer import Transformer, fit
from pages.ui import state
from pages.ui.foreign import write_out
from pages.ui.language import _, number, told

NUMBERS = (7, 48, 316, 2026)
SHOWN = 4
EXCERPT = slice(20_000, 20_170)  # of the plays that is shown


def describe(spec: Transformer) -> None:
    """Show a few of the examples that the network learns from, and say what is asked."""
    data = spec.data
    if data.translates:
        st.code("\n".join(f"{said} → {answer}" for said, answer in samples(data)), language=None, wrap_lines=True)
        st.caption(_ways(data))
    elif data.task == "own":
        _describe_own(data)
    elif data.task == "repeat":
        st.code("\n".join(drawn(spec.network.context)), language=None, wrap_lines=True)
        st.caption(_("Letters drawn at random, said over and over. Asked for is only what can be known: all from the "
                     "second time on."))
    else:
        st.code(excerpt(), language=None, wrap_lines=True)
        st.caption(_("{n} characters of eight plays, read in windows.").format(n=number(sum(map(len, load_plays())))))


def _ways(data: TextData) -> str:
    match data.task:
        case "numbers":
            return _("0 to 9,999; every tenth number is kept back. Tokens are words.")
        case "dates":
            return _("Dates in many ways of writing; every tenth day is kept back. Tokens are characters.")
        case _:
            return _("Strings of up to {n} letters; one of ten is kept back.").format(n=data.length)


@cache
def samples(data: TextData) -> tuple[tuple[str, str], ...]:
    """Return some examples of a translation."""
    if data.task == "numbers":
        return tuple((spelling.english(one), spelling.turkish(one)) for one in NUMBERS)
    return tuple(islice(draw(data, 0, 0), SHOWN))


@cache
def drawn(context: int) -> tuple[str, ...]:
    """Return a few texts of letters that are said over and over."""
    rows = draw_repeats(SHOWN, context, np.random.default_rng(0)).inputs.tolist()
    return tuple("".join(LETTERS[number] for number in row) for row in rows)


@cache
def excerpt() -> str:
    """Return a piece of the plays."""
    symbols = vocabulary(SequenceData(task="shakespeare")).symbols
    return "".join(symbols[one] for one in load_plays()[0][EXCERPT].tolist())


# a text of the visitor's own

def upload(page: str) -> None:
    """Draw where a text file is put; of a bad one is said what is wrong."""
    st.file_uploader(_("Text file"), type=["txt", "md", "text"], key=f"{page}.text_file", on_change=_take, args=(page,),
                     max_upload_size=MOST_BYTES // 2**20, help=_(
                         "plain text in UTF-8, at most {n} MB: of a longer one upload a part; the last tenth is kept "
                         "back").format(n=number(MOST_BYTES / 2**20)))
    if said := st.session_state.get(f"_text_said.{page}"):
        st.warning(said)


def _take(page: str) -> None:
    """Take over the uploaded text, or remember what is wrong with it."""
    file = st.session_state.get(f"{page}.text_file")
    st.session_state[f"_text_said.{page}"] = None
    if file is None:
        return
    try:
        take_file(page, file.getvalue())
    except DataError as error:
        st.session_state[f"_text_said.{page}"] = told(error)


def take_file(page: str, content: bytes) -> None:
    """Keep a text and make it what the network learns from; DataError where that cannot be."""
    text = read_text(content)
    spec, name = state.experiment(page), keep_text(state.engine().home, text, state.owner())
    state.remember(page, fit(replace(spec, data=replace(spec.data, task="own", text=name))))
    state.remember_parameter(page, "text", beginning(text, spec.network.context))


def beginning(text: str, context: int) -> str:
    """Return the beginning of a text as a prompt: whole words of its first line, within the context."""
    line = next((line for line in text.split("\n") if line.strip()), text)[: min(context - 1, 60)]
    return line.rsplit(" ", 1)[0] if " " in line else line


def _describe_own(data: TextData) -> None:
    if not data.text:
        return
    try:
        text = load_text(state.engine().home, data.text)
    except DataError as error:
        st.warning(told(error))
        return
    st.code(write_out(text[:160]), language=None, wrap_lines=True)
    st.caption(_("{n} characters, {different} different ones; the last tenth is kept back.").format(
        n=number(len(text)), different=number(data.symbols)))
