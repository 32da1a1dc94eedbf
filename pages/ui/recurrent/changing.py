"""What a change does downstream: another symbol in the text, or a gate that is held open or shut."""

import streamlit as st

from dlcore.errors import DerinError
from pages.ui.language import _, language, number, percent, told
from pages.ui.live import pack_topics
from pages.ui.recurrent import parts, sight
from pages.ui.recurrent.moments import ask, inputs_of, pad, unroll_topic
from pages.ui.recurrent.names import cell_name, gates_of, map_name

# another symbol

def show_edit(page: str) -> None:
    """Draw a second text, and how far states and outputs of all cells are from those of the first."""
    looked = sight.look(page)
    if looked is None or not looked.spec.data.is_text:
        st.caption(_("A symbol can be changed where the cells read a text: choose such a task in the sidebar."))
        return
    text, key = sight.typed(page), f"{page}.edited"
    if st.session_state.get(f"_edited_of.{page}") != text:
        st.session_state[key], st.session_state[f"_edited_of.{page}"] = change_one(text), text
    edited = st.text_input(_("The same text with a change"), key=key, max_chars=400)
    try:
        answer = ask("edit", looked, {"text": text}, edited=edited)
    except DerinError as error:
        st.warning(told(error))
        return
    _show_difference(page, looked, answer)


def change_one(text: str) -> str:
    """Return a text with one symbol near its beginning changed: a letter for its neighbour in the alphabet."""
    at = next((index for index, letter in enumerate(text) if index > 0 and letter.isalpha() and letter.isascii()), None)
    if at is None:
        return text
    other = "e" if text[at] != "e" else "a"
    return text[:at] + other + text[at + 1:]


def _show_difference(page: str, looked: sight.Sight, answer: dict) -> None:
    topic = inputs_of({"inputs": answer["edited_inputs"]}) | {
        "cells": [{"name": cell, "title": cell_name(cell)} for cell in answer["cells"]],
        "findings": {name: _first(answer) for name in ("hidden", "outputs")}, "most": 0.1}
    for cell, found in answer["cells"].items():
        topic |= {f"{cell}.{name}": pad(found[name], topic["count"]) for name in ("hidden", "outputs")}
    _show_bars(page, looked, "edit", topic, _("What the change leaves behind"), [
        ["hidden", _("states")], ["outputs", _("outputs")]])
    st.caption(_("States: their distance, relative to their size. Outputs: the total variation of the two "
                 "distributions, 0 where they are the same and 1 where they share nothing."))


def _first(answer: dict) -> str:
    if answer["first"] >= len(answer["edited_inputs"]):
        return _("The two texts are the same.")
    return _("The texts differ from step {step} on.").format(step=answer["first"])


def _show_bars(page: str, looked: sight.Sight, name: str, topic: dict, title: str, series: list) -> None:
    meta = {"channel": page, "language": language(), "topic": name, "title": title, "log": False, "height": 150,
            "series": series, "words": {"none": "", "reading": _("step {step}: {values}")}}
    parts.timebars(key=f"{page}.{name}_bars",
                   data=pack_topics({name: topic}, view=looked.view, step=looked.step, **meta))


# a gate that is held

def show_clamp(page: str) -> None:
    """Draw which gate is held where, what the cell makes of the sequence then, and how far its outputs go away."""
    looked = sight.look(page)
    cells = [cell for cell in looked.cells if gates_of(cell)] if looked is not None else []
    if not cells:
        st.caption(_("Only LSTM and GRU have gates: choose one of them in the sidebar."))
        return
    controls, shown = st.columns([30, 70], gap="medium")
    with controls:
        cell, clamp = _choose_clamp(page, looked, cells)
    with shown:
        try:
            answer = ask("unroll", looked, sight.sequence(page), cell=cell, clamps=[clamp])
        except DerinError as error:
            st.warning(told(error))
            return
        _show_clamped(page, looked, cell, answer)


def _choose_clamp(page: str, looked: sight.Sight, cells: list[str]) -> tuple[str, dict]:
    """Draw the choice of a gate, its value, its units and its steps; return the cell and the clamp."""
    cell = st.pills(_("Cell"), cells, key=f"{page}.clamped_cell", format_func=cell_name, required=True,
                    default=cells[0])
    gate = st.pills(_("Gate"), gates_of(cell), key=f"{page}.clamped_gate_{cell}", format_func=map_name, required=True,
                    default=gates_of(cell)[min(1, len(gates_of(cell)) - 1)])
    value = st.slider(_("Held at (0 shut, 1 open)"), 0.0, 1.0, 0.0, 0.05, key=f"{page}.clamped_value")
    at = sight.place(page, looked)
    one = st.toggle(_("Only unit {unit}").format(unit=at.unit + 1), key=f"{page}.clamped_unit",
                    help=_("The unit that is pointed at in the picture above; else all units."))
    last = max(1, sight.steps(page, looked) - 1)
    first, end = st.slider(_("Steps"), 0, last, (0, last), key=f"{page}.clamped_steps_{last}")
    return cell, {"layer": at.layer, "gate": gate, "unit": at.unit if one else None, "value": value, "first": first,
                  "last": end}


def _show_clamped(page: str, looked: sight.Sight, cell: str, answer: dict) -> None:
    clamped, change = answer["clamped"], answer["change"]
    topic = inputs_of(answer) | {"cells": [{"name": cell, "title": cell_name(cell)}], f"{cell}.change": change,
                                 "most": 0.1, "findings": {"change": _mean_change(looked, answer)}}
    _show_bars(page, looked, "clamp", topic, _("How far the output goes away"), [["change", _("outputs")]])
    words = {"all": _("All"), "layer": _("Layer {n}"), "surprise": _("surprise"), "mean": _("mean {bits} bits"),
             "place": _("step {step} {symbol} · unit {unit}"), "keys": _("Arrow keys move the step and the unit."),
             "label": _("What the cell makes of the sequence with the gate held.")}
    meta = {"channel": page, "language": language(), "words": words, "topic": "clamped", "asks": False}
    drawn = unroll_topic(looked, {cell: clamped | {"inputs": answer["inputs"]}})
    parts.unroll(key=f"{page}.clamped_maps",
                 data=pack_topics({"clamped": drawn}, view=looked.view, step=looked.step, **meta))


def _mean_change(looked: sight.Sight, answer: dict) -> str:
    """Say how much of the probability moves, and what the text costs then."""
    if looked.spec.data.takes_numbers:
        return ""
    said = _("On average {share} of the probability moves to other symbols.").format(
        share=percent(float(answer["change"].mean()), 0))
    if not looked.spec.data.is_text:
        return said
    bits = [number(float(told["surprise"].mean()), 2) for told in (answer["clamped"], answer)]
    return said + " " + _("The text costs {now} bits a symbol instead of {before}.").format(now=bits[0], before=bits[1])
