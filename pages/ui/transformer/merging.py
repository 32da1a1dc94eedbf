"""The merges of a byte-pair vocabulary, and how a word is joined by them step by step."""

import html

import streamlit as st

from dlcore.data.bpe import join
from dlcore.errors import DerinError
from pages.ui.foreign import write_out
from pages.ui.language import _, number, told
from pages.ui.transformer.moments import ask
from pages.ui.transformer.polling import subject

SHOWN = 60        # merges that are listed, the first ones
LONGEST_WORD = 24
Pair = tuple[str, str]


def show_merges(page: str) -> None:
    """Draw the first merges in their order, and a word that is put together by them."""
    looked = subject(page)["sight"]
    if looked is None:
        return
    try:
        answer = ask("vocabulary", looked)
    except DerinError as error:
        st.warning(told(error))
        return
    merges = [tuple(pair) for pair in answer["merges"]]
    said = _("**Byte pairs.** The most frequent pair of tokens becomes a new token, again and again: {merges} "
             "merges make {tokens} tokens.")
    st.markdown(said.format(merges=number(len(merges)), tokens=number(len(answer["symbols"]))))
    if answer["empty"]:
        st.caption(_("The text gives no more: {empty} places of the vocabulary stay empty. They are never offered, and "
                     "the probabilities shown are those among the {tokens} tokens that there are.").format(
            empty=number(answer["empty"]), tokens=number(len(answer["symbols"]))))
    first, steps = st.columns([60, 40], gap="medium")
    with first:
        rows = "".join(f"<span><small>{rank}</small> {_see(one)} + {_see(other)} → <b>{_see(one + other)}</b></span>"
                       for rank, (one, other) in enumerate(merges[:SHOWN], 1))
        st.html(f"<div class='derin-merges' role='list'>{rows}</div>")
    with steps:
        word = st.text_input(_("A word, joined step by step"), " together", key=f"{page}.merged_word",
                             max_chars=LONGEST_WORD, help=_("A space before it belongs to it."))
        rows = "\n".join(" ".join(map(_dot, tokens)) for tokens in joined(word, merges))
        st.code(write_out(rows) or "—", language=None)


def joined(word: str, merges: list[Pair]) -> list[list[str]]:
    """Return a word's tokens after every merge that joins something in it, its characters first."""
    ranks, steps = {pair: rank for rank, pair in enumerate(merges)}, [list(word)]
    while True:
        pairs = [pair for pair in zip(steps[-1], steps[-1][1:], strict=False) if pair in ranks]
        if not pairs:
            return steps
        steps.append(join(steps[-1], min(pairs, key=ranks.__getitem__)))


def _dot(token: str) -> str:
    return token.replace(" ", "·").replace("\n", "⏎")


def _see(token: str) -> str:
    return html.escape(write_out(_dot(token)))
