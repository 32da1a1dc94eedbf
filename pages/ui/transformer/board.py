"""The main picture of the Transformer page and its companions: a text, whom its tokens look at, and the answer."""

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from dlcore.errors import DerinError, SpecError
from pages.ui import panels, runs, state
from pages.ui.language import _, language
from pages.ui.lines import open_line
from pages.ui.live import pack, pack_topics
from pages.ui.transformer import curves, parts, sight
from pages.ui.transformer.moments import Topics, moment, view_topic
from pages.ui.transformer.polling import subject
from pages.ui.transformer.typing import FIELDS, MOST_TEXT, say_problem, type_texts

LARGE, SMALL = 290, 264  # pixels of one head, and of all


def show_board(page: str) -> None:
    """Draw the board; a run of the whole page sends all of it, typing only what belongs to the text."""
    st.session_state[f"_whole.{page}"] = True
    _show(page)


@st.fragment
def _show(page: str) -> None:
    whole = st.session_state.pop(f"_whole.{page}", False)
    main, beside = st.columns([60, 40], gap="medium")
    with main:
        type_texts(page)
        looked = subject(page)["sight"]
        topics = _answer(page, looked, whole)
        parts.answer(key=f"{page}.answer", data=_frame(page, topic="attention", words={
            "next": _("next"), "right": _("right"), "wrong": _("right: {truth}"), "forced": _("teacher forcing")}))
        _show_head(page, looked, topics)
        parts.nextbars(key=f"{page}.next", data=_frame(page, topic="attention", words={
            "title": _("Next after “{text}”"), "number": "", "unasked": "", "truth": _("came: {symbol}")}))
    with beside:
        _show_companions(page)


def frame(page: str, **meta: object) -> dict:
    """Return what every component of the page is told."""
    return {"channel": page, "language": language(), **meta}


def _frame(page: str, **meta: object) -> bytes:
    return pack(frame(page, **meta))


# the text



def _answer(page: str, looked: sight.Sight | None, whole: bool) -> Topics:
    """Return what the network makes of the texts, unless that is shown; what is wrong with one is said there."""
    if looked is None:
        return {}
    shown = st.session_state.setdefault(f"_shown.{page}", {})
    if not whole and shown.get("board") == looked.key:
        return {}
    try:
        topics = moment(looked)
    except SpecError as error:
        shown["board"] = None
        say_problem(error)
    except DerinError:
        shown["board"] = None  # the engine is waking or busy: the line brings it
    else:
        shown["board"] = looked.key
        return topics
    return {}


# the pictures

def head_words() -> dict[str, str]:
    """Return the words of the pictures of heads."""
    return {
        "place": _("{group} · layer {layer} · head {head}"), "arcs": _("Arcs"), "matrix": _("Matrix"),
        "none": _("Whom does each token look at?"), "keys": _("Arrow keys move; Escape lets go."),
        "hint": _("Point at a token. Weights below 0.04 have no arc."),
        "label": _("Attention of one head."),
    }


def _whole_words(translates: bool) -> dict[str, str]:
    """Return the words of the pictures of all heads together."""
    words = {"rollout": _("Rollout"), "rollout_hint": _(
        "How much of each token has come into each other's vector, if every layer mixed by its mean attention.")}
    if translates:
        words |= {"alignment": _("Alignment"), "alignment_hint": _("Which word of the source each word of the answer "
                                                                   "looked at when it was told.")}
    return words


def answer_view(held: dict[str, Any], question: dict) -> bytes:
    """Return a picture of all heads together as a message; an empty one where it cannot be made."""
    looked, view = held.get("sight"), question.get("view")
    if looked is None or view not in ("alignment", "rollout", "typed") or view == "alignment" and not looked.translates:
        return pack({})
    try:
        if view == "typed":
            return answer_typed(looked, question)
        return pack_topics({"view": view_topic(looked, view, str(question.get("part")))})
    except DerinError:
        return pack({})


def answer_typed(looked: sight.Sight, question: dict) -> bytes:
    """Return what the network makes of a text that is being typed; DerinError where it cannot be read (yet)."""
    text = str(question.get("text"))[:MOST_TEXT]
    typed = {"target": text if text.strip() else None} if question.get("field") == "target" else {"text": text}
    return pack_topics(moment(replace(looked, **typed)), view=looked.view, step=looked.step)


def _show_head(page: str, looked: sight.Sight | None, topics: Topics) -> None:
    held = (st.session_state.get(f"{page}.{sight.ANCHOR}") or {}).get("at")
    found = sight.read_place(held)
    at = {"cell": found.part, "layer": found.layer, "unit": found.head, "step": found.row} if held else None
    spec, line = state.experiment(page), open_line(f"{page}.view", partial(answer_view, subject(page)))
    meta = frame(page, words=head_words() | _whole_words(spec.data.translates), topic="attention", asks=True,
                 answered=held, height=LARGE, at=at, first=sight.first_part(spec), line=line,
                 fields={name: f"st-key-{page}-{name}" for name in FIELDS})
    parts.onehead(key=f"{page}.{sight.ANCHOR}", on_at_change=lambda: None, data=pack_topics(
        panels.repeat(f"{page}.board", topics), view=looked.view if looked else "live",
        step=looked.step if looked else None, **meta))


def _show_companions(page: str) -> None:
    spec = state.experiment(page)
    words = head_words() | {"label": _("All heads, a small map each: a row a token that looks.")}
    parts.heads(key=f"{page}.all_heads", data=_frame(page, topic="attention", title=_("All heads"), height=SMALL,
                                                  first=sight.first_part(spec), words=words))
    view = runs.shown_run(page)
    curves.show_curves(page, view.experiment if view is not None else spec)
