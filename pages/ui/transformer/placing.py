"""Positions: what is added to each place, or turned there, and what a network without them cannot know."""

import numpy as np
import streamlit as st

from dlcore.errors import DerinError
from pages.ui.foreign import plain, write_out
from pages.ui.language import _, language, number, percent, told
from pages.ui.live import pack
from pages.ui.transformer import parts
from pages.ui.transformer.moments import ask
from pages.ui.transformer.polling import subject
from pages.ui.transformer.sight import Sight

BASE = 10_000  # of the sinusoids and of the rotary angles


def show_positions(page: str) -> None:
    """Draw the heat map of the positions with the wave of one dimension, and the shuffle test."""
    looked = subject(page)["sight"]
    if looked is None:
        st.caption(_("The settings cannot be built: the sidebar says why."))
        return
    map_side, test_side = st.columns(2, gap="medium")
    with map_side:
        _show_map(page, looked)
    with test_side:
        _show_shuffle(page, looked)


def _show_map(page: str, looked: Sight) -> None:
    try:
        answer = ask("positions", looked, dimension=0, part="encoder" if looked.translates else "decoder")
    except DerinError as error:
        st.warning(told(error))
        return
    if answer["matrix"] is None:
        st.caption(_("This network has no positions: nothing is added that says where a token stands."))
        return
    titles = {"sinusoidal": _("Sinusoidal encoding"),
              "learned": _("Learned encoding"),
              "rotary": _("Rotary: cosine of the angle")}
    words = {"title": titles[answer["kind"]], "dimension": _("dimension {n} of {of}"),
             "period": _("a full turn every {n} positions"),
             "label": _("Positions: a row a position, a column a dimension. Arrow keys choose a dimension.")}
    said = {"sinusoidal": _("Added to the embeddings; pairs of dimensions turn at different speeds."),
            "learned": _("Added to the embeddings; learned like any other weight."),
            "rotary": _("Pairs of numbers of queries and keys are turned by this angle; nothing is added.")}
    parts.positions(key=f"{page}.position_map", data=pack(
        {"language": language(), "words": words, "sort": answer["kind"],
         "base": None if answer["kind"] == "learned" else BASE}, matrix=np.asarray(answer["matrix"], np.float32)))
    st.caption(said[answer["kind"]])


def _show_shuffle(page: str, looked: Sight) -> None:
    """Shuffle the tokens, and show whether the network notices."""
    st.markdown(_("**The shuffle test.** The same tokens in another order: an encoder without positions gives each "
                  "token the same vector wherever it stands. In a decoder the mask still says what came before."))
    st.button(_("Shuffle again"), key=f"{page}.shuffle", icon=":material/shuffle:", on_click=_again, args=(page,))
    try:
        answer = ask("shuffle", looked, seed=st.session_state.get(f"_shuffles.{page}", 1))
    except DerinError as error:
        st.warning(told(error))
        return
    joint = " " if looked.translates else ""
    texts = "\n".join(joint.join(tokens) for tokens in (answer["tokens"], answer["shuffled"]))
    st.code(write_out(texts), language=None, wrap_lines=True)
    _show_notice(looked, answer)


def _again(page: str) -> None:
    st.session_state[f"_shuffles.{page}"] = st.session_state.get(f"_shuffles.{page}", 1) + 1


def _show_notice(looked: Sight, answer: dict) -> None:
    distances = np.asarray(answer["encoder"] if answer.get("encoder") is not None else answer["decoder"])
    names = [_("embeddings"), *(_("layer {n}").format(n=layer + 1) for layer in range(len(distances) - 1))]
    st.markdown(_("How far each token's vector is from its vector in the other order, relative to its size:"))
    st.markdown("\n".join(f"- {name}: {number(float(distance), 3)}"
                          for name, distance in zip(names, distances, strict=True)))
    if looked.translates and answer.get("answers"):
        one, other = answer["answers"]
        st.markdown(_("Answers: “{one}” and “{other}”").format(one=plain(one), other=plain(other)))
    st.caption(_("{share} of the next token's probability moves to other tokens.").format(
        share=percent(float(answer["change"]))))
