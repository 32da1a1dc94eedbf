"""Texts that a cell writes by itself: one symbol at a time with what it is drawn from, or many in one go."""

import html

import numpy as np
import streamlit as st

from dlcore.errors import DerinError
from pages.ui.foreign import write_out
from pages.ui.language import _, language, number, told
from pages.ui.live import pack_topics
from pages.ui.recurrent import parts, sight
from pages.ui.recurrent.moments import ask
from pages.ui.recurrent.names import cell_name
from pages.ui.recurrent.work import Work, watch, work

COUNT = 12
LENGTHS = {"names": 20, "grammar": 30, "shakespeare": 300}
COUNTS = {"names": 24, "grammar": 10, "shakespeare": 1}
SHOWN = 10  # symbols of the distribution



def show_generating(page: str) -> None:
    """Draw the controls, the text as it is written, and what was written in one go."""
    looked = sight.look(page)
    if looked is None or not looked.spec.data.is_text:
        st.caption(_("Texts are written by cells that learned a text: choose such a task in the sidebar."))
        return
    controls, written = st.columns([34, 66], gap="medium")
    with controls:
        how = _choose(page, looked)
    with written:
        _write(page, looked, how)
        _show_many(page, looked, how)


def _choose(page: str, looked: sight.Sight) -> dict:
    """Draw what the drawing depends on, and return it as the requests have it."""
    cell = st.pills(_("Cell"), looked.cells, key=f"{page}.writer", format_func=cell_name, required=True,
                    default=looked.cells[-1] if "lstm" not in looked.cells else "lstm")
    temperature = st.slider(_("Temperature"), 0.1, 2.0, 0.8, 0.05, key=f"{page}.temperature")
    top_k = st.slider(_("Top k"), 0, 40, 0, key=f"{page}.top_k",
                      help=_("Only the k likeliest symbols are drawn from; 0: all."))
    top_p = st.slider(_("Top p"), 0.05, 1.0, 1.0, 0.05, key=f"{page}.top_p",
                      help=_("Only the likeliest symbols that together have this probability are drawn from."))
    return {"cell": cell, "temperature": temperature, "top_k": top_k, "top_p": top_p}


# one at a time

def _write(page: str, looked: sight.Sight, how: dict) -> None:
    key = f"{page}.begun"
    st.text_input(_("Begun text"), key=key, max_chars=200, placeholder=_("empty: from the beginning"))
    buttons = st.container(horizontal=True)
    buttons.button(_("Draw one more"), key=f"{page}.draw_one", icon=":material/casino:", on_click=_draw,
                   args=(page, how))
    buttons.button(_("Clear"), key=f"{page}.clear_text", on_click=_clear, args=(page,))
    if said := st.session_state.pop(f"_writing_said.{page}", None):
        st.warning(said)
    begun = st.session_state.get(key, "")
    how = {name: value for name, value in how.items() if name != "cell"} | {"cells": [how["cell"]]}
    try:
        answer = ask("next", looked, {"text": begun}, **how)
    except DerinError as error:
        st.warning(told(error))
        return
    _show_coming(page, looked, begun, answer)


def _show_coming(page: str, looked: sight.Sight, begun: str, answer: dict) -> None:
    """Show the distribution that the next symbol is drawn from."""
    expected = {cell: [_drawn_from(found)] for cell, found in answer["cells"].items()}
    topic = {"count": 1, "inputs": [begun[-20:] or "⏎"], "expected": expected,
             "cells": [{"name": cell, "title": cell_name(cell)} for cell in expected]}
    words = {"title": _("Drawn from, after “{text}”"), "truth": "", "unasked": ""}
    meta = {"channel": page, "language": language(), "words": words, "topic": "coming"}
    parts.nextbars(key=f"{page}.coming",
                   data=pack_topics({"coming": topic}, view=looked.view, step=looked.step, **meta))


def _drawn_from(found: dict) -> list[list]:
    order = np.argsort(-np.asarray(found["kept"]), kind="stable")[:SHOWN]
    return [[found["symbols"][index], float(found["kept"][index])] for index in order if found["kept"][index] > 0]


def _draw(page: str, how: dict) -> None:
    """Draw one symbol and put it behind the begun text."""
    looked, begun = sight.look(page), st.session_state.get(f"{page}.begun", "")
    count = st.session_state[f"_draws.{page}"] = st.session_state.get(f"_draws.{page}", 0) + 1
    try:
        answer = ask("generate", looked, {"text": begun}, count=1, length=1, seed=count, **how)
    except DerinError as error:
        st.session_state[f"_writing_said.{page}"] = told(error)
        return
    st.session_state[f"{page}.begun"] = answer["texts"][0]
    if answer["finished"][0]:
        st.session_state[f"_writing_said.{page}"] = _("The text has ended here.")


def _clear(page: str) -> None:
    st.session_state[f"{page}.begun"] = ""


# in one go

def _show_many(page: str, looked: sight.Sight, how: dict) -> None:
    task = looked.spec.data.task
    st.button(_("Write {n} in one go").format(n=COUNTS[task]) if COUNTS[task] > 1 else _("Write on in one go"),
              key=f"{page}.draw_many", icon=":material/edit_note:", on_click=_draw_many, args=(page, how))
    watch(page, "texts", lambda found: _show_texts(found, task))


def _draw_many(page: str, how: dict) -> None:
    looked = sight.look(page)
    seed = st.session_state[f"_draws.{page}"] = st.session_state.get(f"_draws.{page}", 0) + 1
    task = looked.spec.data.task
    work(page, "texts").begin({
        "kind": "recurrent_generate", "model": looked.model, "text": st.session_state.get(f"{page}.begun", ""),
        "count": COUNTS[task], "length": LENGTHS[task], "seed": seed, **how})


def _show_texts(found: Work, task: str) -> None:
    """Show the texts that were written, each with its surprise under the plain distribution."""
    if not found.result:
        return
    lines = []
    for text, bits in zip(found.result["texts"], found.result["surprise"], strict=True):
        mean = f"{number(float(np.mean(bits)), 2)}" if len(bits) else "–"
        lines.append(f"<span title='{mean}'>{html.escape(write_out(text))} <small>{mean}</small></span>")
    joined = f"<div class='derin-texts {task}'>{''.join(lines)}</div>"
    st.html(joined)
    st.caption(_("Behind each text: its mean surprise, in bits a symbol."))
