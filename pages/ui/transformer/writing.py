"""Texts that the network writes: a token at a time with what it is drawn from, in one go with times, and beams."""

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from dlcore.data.tokens import START, STOP
from dlcore.data.translation import sides_of
from dlcore.errors import DerinError, EngineError
from pages.ui import panels
from pages.ui.foreign import plain, write_out
from pages.ui.language import _, language, number, told
from pages.ui.lines import open_line
from pages.ui.live import pack, pack_topics
from pages.ui.recurrent.work import Work, watch, work
from pages.ui.transformer import parts
from pages.ui.transformer.moments import ask, request
from pages.ui.transformer.polling import subject
from pages.ui.transformer.sight import Sight

MOST_IDS = 4_096
LONGEST = 24  # characters by which a token is looked for
WIDTHS = (2, 3, 4, 6, 8)
LENGTH = 200  # tokens that are written in one go
RANGES = {"temperature": (0.1, 3.0), "top_p": (0.05, 1.0)}


def show_writing(page: str) -> None:
    """Draw the next token in columns, and under it beams (of a translator) or a text written in one go."""
    looked = subject(page)["sight"]
    if looked is None:
        st.caption(_("The settings cannot be built: the sidebar says why."))
        return
    address = open_line(f"{page}.token", partial(answer_token, st.session_state[f"_subject.{page}"]))
    parts.nexttoken(key=f"{page}.token", data=pack({
        "channel": page, "language": language(), "line": address, "prompt": "\n".join((*looked.key[:2], looked.text)),
        "joint": looked.joint, "words": _words()}))
    st.divider()
    if looked.translates:
        _show_beams(page, looked)
    else:
        _show_many(page, looked)


def _words() -> dict[str, str]:
    return {
        "temperature": _("Temperature"), "top_k": _("Top k"), "top_p": _("Top p"), "all": _("all"),
        "token": _("token"), "others": _("{n} other tokens"), "find": _("Another token: type it"),
        "not_found": _("No token of the vocabulary begins like this."), "logit": _("logit"),
        "scaled": _("÷ temperature"), "share": _("softmax (T = 1)"),
        "kept": _("drawn from"), "choose": _("Take this token"), "accept": _("Accept “{token}”"),
        "draw": _("Draw again"), "back": _("Go back"), "stream": _("Go on by itself"), "stop": _("Stop"),
        "clear": _("From the beginning"), "finished": _("The text ends here"),
        "waiting": _("The network is waking."), "lost": _("The network does not answer. Try it again."),
        "times": _("{count} tokens · with the key-value cache {cached} ms · without {whole} ms for this token"),
    }


# one token at a time

def answer_token(held: dict[str, Any], question: dict) -> bytes:
    """Return the next token's columns as a message, or what is wrong."""
    looked, asked = held.get("sight"), read_question(question)
    if looked is None or asked is None:
        return pack({"error": _("This cannot be looked at any more.")})
    try:
        topic = translated(looked, **asked) if looked.translates else token_topic(ask("token", looked, **asked))
    except DerinError as error:
        return pack({"error": told(error, markdown=False), "again": isinstance(error, EngineError)})
    return pack_topics({"token": topic})


def translated(looked: Sight, ids: list[int] | None = None, **how: float) -> dict:
    """Return the topic "token" of a translation that has come to some tokens of the answer."""
    symbols, ids = sides_of(looked.spec.data)[1].symbols, [one for one in ids or [] if one]
    words = [symbols[one] for one in ids if one < len(symbols)]
    finished = words[-1:] == [STOP]
    target = looked.joint.join(word for word in words if word != STOP)
    answer = ask("next", looked, target=target, **how)
    return token_topic(answer | {"so_far": ids, "shown": words, "finished": finished, "seconds": {}})


def read_question(question: dict) -> dict | None:
    """Return how the next token is asked for, put within its ranges; None where it makes no sense."""
    ids, seed, top_k = question.get("ids"), question.get("seed", 0), question.get("top_k", 0)
    if ids is not None and (not isinstance(ids, list) or len(ids) > MOST_IDS or not all(map(_is_index, ids))):
        return None
    if not _is_index(seed) or not _is_index(top_k):
        return None
    how = {name: question.get(name, 1.0) for name in RANGES}
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in how.values()):
        return None
    how = {name: min(max(float(value), RANGES[name][0]), RANGES[name][1]) for name, value in how.items()}
    begins = str(question.get("begins") or "")[:LONGEST]
    return {**how, "top_k": top_k, "seed": seed, "begins": begins, **({} if ids is None else {"ids": ids})}


def _is_index(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def token_topic(answer: dict) -> dict:
    """Return the topic "token" of the explainer's answer."""
    columns = {name: np.asarray(answer[name], np.float32) for name in ("logits", "scaled", "probabilities", "kept")}
    return {**columns, "tokens": list(answer["tokens"]), "ids": [int(one) for one in answer["ids"]],
            "ranks": [int(one) for one in answer["ranks"]], "count": answer["count"], "found": answer["found"],
            "drawn": int(answer["drawn"]), "so_far": [int(one) for one in answer["so_far"]],
            "written": list(answer["shown"]), "finished": bool(answer.get("finished", False)),
            "times": {name: float(seconds) for name, seconds in answer["seconds"].items()}}


# beams

def _show_beams(page: str, looked: Sight) -> None:
    st.markdown(_("**Beam search** keeps several beginnings alive at once; what counts is the sum of the log "
                  "probabilities."))
    width = st.pills(_("Beams"), WIDTHS, key=f"{page}.beam_width", default=4, required=True)
    try:
        answer = ask("beams", looked, width=width)
    except DerinError as error:
        st.warning(told(error))
        return
    parts.beams(key=f"{page}.beams", data=pack_topics({"beams": beams_topic(answer)}, channel=page, topic="beams",
                language=language(), title=_("Beams"), words={"label": _("The best beam: {best}")}))
    lines = [f"| {_text(one)} | {number(one['score'], 2)} | {number(one['score'] / max(one['length'], 1), 2)} |"
             for one in answer["answers"]]
    head = _("| answer | log p | log p per token |") + "\n|---|---:|---:|\n"
    st.markdown((head + "\n".join(lines)).replace("| -", "| −"))
    st.caption(_("Greedy, the likeliest token each time: {text}").format(text=plain(answer["greedy"])))


def _text(one: dict) -> str:
    return plain(one["text"]) or "—"


def beams_topic(answer: dict) -> dict:
    """Return the topic "beams": nodes in columns, the best path marked."""
    nodes, best = answer["nodes"], set()
    at = answer["answers"][0]["node"] if answer["answers"] else None
    while at is not None:
        best.add(at)
        at = nodes[at]["parent"]
    root = {"text": START, "parent": None, "depth": 0, "logp": 0.0, "kept": True, "ended": False, "best": True}
    return {"nodes": [root, *(
        {"text": one["token"], "parent": 0 if one["parent"] is None else one["parent"] + 1, "depth": one["depth"],
         "logp": float(one["score"]), "kept": bool(one["kept"]), "ended": bool(one["end"]), "best": index in best}
        for index, one in enumerate(nodes))]}


# many tokens in one go

def _show_many(page: str, looked: Sight) -> None:
    st.button(_("Write {n} tokens and take the time").format(n=LENGTH), key=f"{page}.write_many",
              icon=":material/edit_note:", on_click=_begin, args=(page,))
    watch(page, "writing", lambda found: _show_text(page, found))


def _begin(page: str) -> None:
    looked = subject(page)["sight"]
    seed = st.session_state[f"_draws.{page}"] = st.session_state.get(f"_draws.{page}", 0) + 1
    if looked is not None:
        work(page, "writing").begin(request("generate", looked, count=LENGTH, temperature=0.8, top_k=0, top_p=0.95,
                                            seed=seed, compare=True))


def _show_text(page: str, found: Work) -> None:
    """Show the text so far, and the milliseconds that each token took with and without the cache."""
    if not found.result:
        return
    st.code(write_out(found.result["text"]), language=None, wrap_lines=True)
    seconds = found.result["seconds"]
    cached, whole = (np.asarray(seconds[name], np.float32) * 1000 for name in ("cached", "whole"))
    if len(cached) < 2:
        return
    steps = np.arange(1, len(cached) + 1, dtype=np.float32)
    lines = {name: np.stack([steps[: len(values)], values]) for name, values in (("cached", cached), ("whole", whole))}
    chart = panels.Chart("times", _("Milliseconds a token"), (
        panels.Line("whole", _("without the cache"), "orange"), panels.Line("cached", _("with the cache"))), low=0)
    panels.curves(f"{page}.times", f"{page}.times", [chart], {
        **lines, "step": len(cached), "total_steps": len(cached), "steps_per_epoch": None, "marks": [], "gap": None,
        "notes": {}})
    st.caption(_("With the cache {cached} ms a token, without it {whole} ms: {times} times as long.").format(
        cached=number(float(np.median(cached)), 1), whole=number(float(np.median(whole)), 1),
        times=number(float(np.median(whole) / np.median(cached)), 1)))
