"""Heads that are switched off, what the network then answers, and how much each head is worth."""

import numpy as np
import streamlit as st

from pages.ui.language import _, language, number, percent
from pages.ui.live import pack_topics
from pages.ui.recurrent.work import Work, watch, work
from pages.ui.transformer import parts, sight
from pages.ui.transformer.moments import request
from pages.ui.transformer.names import part_name
from pages.ui.transformer.polling import subject
from pages.ui.transformer.sight import Head, Sight


def show_switches(page: str) -> None:
    """Draw a switch for every head, what is lost on held-out data with those off, and the importance of each."""
    looked = subject(page)["sight"]
    if looked is None:
        st.caption(_("The settings cannot be built: the sidebar says why."))
        return
    st.markdown(_("A click switches a head off: what it would hand on is zero. The pictures and the answer above "
                  "follow at once."))
    _show_switches(page, looked)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("All heads on"), key=f"{page}.all_on", disabled=not looked.off, on_click=_turn_all_on, args=(page,))
        st.button(_("Measure on held-out data"), key=f"{page}.measure", icon=":material/speed:", on_click=_begin,
                  args=(page, "evaluate"))
        st.button(_("Importance of every head"), key=f"{page}.importance", icon=":material/leaderboard:",
                  on_click=_begin, args=(page, "importance"))
    watch(page, "evaluate", lambda found: _show_measured(found))
    watch(page, "importance", lambda found: _show_importance(page, looked, found))

def groups_of(looked: Sight) -> list[dict]:
    """Return the parts of a network with their layers and heads, as the component has them."""
    network = looked.spec.network
    return [{"name": part, "title": part_name(part, looked.translates), "layers": network.layers,
             "heads": network.heads} for part in sight.parts_of(looked.spec)]

def name_of(head: Head) -> str:
    """Return a head as the components name it."""
    return ".".join(map(str, head))

def read_heads(names: object) -> tuple[Head, ...]:
    """Return the heads that a list from the browser names; what makes no sense is left out."""
    found = []
    for name in names if isinstance(names, list | tuple) else ():
        part, *numbers = name.split(".") if isinstance(name, str) else ("",)
        if part in ("encoder", "decoder", "cross") and len(numbers) == 2 and all(one.isdecimal() for one in numbers):
            found.append((part, min(int(numbers[0]), 99), min(int(numbers[1]), 99)))
    return tuple(dict.fromkeys(found))

def _show_switches(page: str, looked: Sight) -> None:
    topic = {"groups": groups_of(looked), "values": {}, "off": [name_of(head) for head in looked.off], "note": ""}
    words = {"head": _("head {n}"), "place": _("{group} · layer {layer} · head {head}")}
    parts.headbars(key=f"{page}.switches", on_off_change=lambda: _take(page), data=pack_topics(
        {"switches": topic}, channel=page, topic="switches", language=language(), title=_("Switches"), switches=True,
        words=words))

def _take(page: str) -> None:
    held = st.session_state.get(f"{page}.switches") or {}
    st.session_state[f"_off.{page}"] = read_heads(held.get("off"))

def _turn_all_on(page: str) -> None:
    st.session_state[f"_off.{page}"] = ()

def _begin(page: str, kind: str) -> None:
    looked = subject(page)["sight"]
    if looked is None:
        return
    asked = request(kind, looked)
    work(page, kind).begin(asked if kind == "evaluate" else asked | {"off": []})

def _show_measured(found: Work) -> None:
    """Say what the network gets right with the heads that were off when it was asked."""
    if not found.result or not found.asked:
        return
    result, count = found.result, len(found.asked["off"])
    said = _("With {n} heads off: {accuracy} right, loss {loss} (held out: {examples}).") if count else _(
        "With all heads on: {accuracy} right, loss {loss} (held out: {examples}).")
    st.markdown(said.format(n=count, accuracy=percent(result["accuracy"]), loss=number(result["loss"], 3),
                            examples=number(result["examples"])))
    if result.get("bits") is not None:
        st.caption(_("Perplexity {perplexity}, {bits} bits a character.").format(
            perplexity=number(result["perplexity"], 2), bits=number(result["bits"], 3)))

def _show_importance(page: str, looked: Sight, found: Work) -> None:
    """Show how much accuracy is lost without each head alone."""
    result = found.result
    if not result or result.get("whole") is None:
        return
    whole = result["whole"]["accuracy"]
    lost = {name_of(tuple(head)): float(whole - accuracy)
            for head, accuracy in zip(result["heads"], result["accuracy"], strict=True)}
    said = _("of {accuracy} with all heads ({low} to {high}, 95 %), on {n} held-out examples") \
        if looked.translates else \
        _("of {accuracy} with all heads ({low} to {high}, 95 %), on {n} held-out tokens")
    low, high = map(percent, result["interval"])
    note = said.format(accuracy=percent(whole), n=number(result["examples"]), low=low, high=high)
    topic = {"groups": groups_of(looked), "values": lost, "signed": True, "kind": "percent", "off": [], "note": note,
             "most": max([abs(value) for value in lost.values()] or [1]) or 1}
    words = {"head": _("head {n}"), "place": _("{group} · layer {layer} · head {head}")}
    parts.headbars(key=f"{page}.importance_bars", on_off_change=lambda: None, data=pack_topics(
        {"importance": topic}, channel=page, topic="importance", language=language(), switches=False,
        title=_("Accuracy that is lost without the head"), words=words))
    said = _("Each head alone was switched off (Michel, Levy and Neubig, 2019). Below zero: the network is better "
             "without it.")
    st.caption(f"{said} {_say_sure(result, looked.translates)}")

def _say_sure(result: dict, translates: bool) -> str:
    """Say of how many heads the difference is hardly chance."""
    said = _("Hardly by chance: {n} of {of} heads, by an exact test on the same {texts} examples with and without the "
             "head (McNemar), for all heads together at 5 % (Holm).") if translates else _(
        "Hardly by chance: {n} of {of} heads, by an exact test on the same {texts} passages with and without the head "
        "(random signs), for all heads together at 5 % (Holm).")
    sure = int(np.sum(~np.asarray(result["noise"], bool)))
    return said.format(n=number(sure), of=number(len(result["heads"])), texts=number(result["texts"]))
