"""The race: an LSTM and a GRU of as many parameters learn the same text for the same time as the network shown."""

import streamlit as st

from pages.ui.language import _, number
from pages.ui.learned import shown
from pages.ui.recurrent.names import cell_name
from pages.ui.recurrent.work import Work, watch, work
from pages.ui.transformer.bits import draw_bits
from pages.ui.transformer.polling import subject
from pages.ui.transformer.sight import Sight

TASKS = ("plays", "bpe", "own")
TIMES = (10, 30, 60, 120, 300)  # seconds that each network may learn
AS_LONG = 0                     # as long as the run has learned


def show_race(page: str, looked: Sight) -> None:
    """Draw what the race is about, its time and its button; and how it stands, while it goes on."""
    st.markdown(_("**Equal parameters, equal time.** An LSTM and a GRU, with as many units as bring their parameters "
                  "nearest to this network's, get the same batches of the same text in the same order, and the same "
                  "processor time."))
    run = shown(page)
    times = (AS_LONG, *TIMES) if run is not None and run.snapshots else TIMES
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(_("Each network learns for"), times, key=f"{page}.race_time", format_func=_name_time,
                             required=True, default=times[0] if times[0] == AS_LONG else 30)
        st.button(_("Race"), key=f"{page}.race", icon=":material/flag:", on_click=_begin, args=(page,))
    st.caption(_("A network like the one that is shown is trained anew beside the cells, so that all have the same "
                 "thread."))
    watch(page, "race", lambda found: _show(page, found))


def _name_time(seconds: int) -> str:
    return _("as long as this run") if seconds == AS_LONG else _("{s} s").format(s=number(seconds))


def _begin(page: str) -> None:
    looked = subject(page)["sight"]
    if looked is not None:
        work(page, "race").begin(race_request(page, looked, st.session_state.get(f"{page}.race_time")))


def race_request(page: str, looked: Sight, seconds: int | None) -> dict:
    """Return the request for a race; a run is raced as it was at its newest snapshot, or at the one rewound to."""
    model, run = looked.model, shown(page)
    if run is not None and "run" in model and model["step"] is None and run.snapshots:
        model = {**model, "step": run.snapshots[-1]}
    return {"kind": "transformer_race", "model": model, "cells": ["lstm", "gru"], "seconds": seconds or None,
            "again": True, "whole": True, "cache": "step" in model or "pretrained" in model}


def _show(page: str, found: Work) -> None:
    """Show a row a network, the best first, and their curves over the seconds learned."""
    models = (found.result or {}).get("models", [])
    if not models:
        return
    told = sorted(models, key=lambda one: one["bits"] if one["bits"] == one["bits"] else float("inf"))
    head = [_("network"), _("bits per character"), _("parameters"), _("units"), _("seconds learned"), _("tokens read")]
    st.markdown("\n".join([f"| {' | '.join(head)} |", "|---|---:|---:|---:|---:|---:|", *map(_line, told)]))
    st.caption(_("Bits are of the whole held-out text.") if all(one["final"] for one in models) else
               _("Bits are of a part of the held-out text; in the end all of it is read."))
    draw_bits(page, "race", [(one["kind"], _name(one), one["curve"]) for one in told], live=found.job is not None)


def _line(one: dict) -> str:
    units = "—" if one["hidden"] is None else number(one["hidden"])
    return (f"| {_name(one)} | {number(one['bits'], 3)} | {number(one['parameters'])} | {units} | "
            f"{number(one['seconds'], 1)} | {number(one['tokens'])} |")


def _name(one: dict) -> str:
    return _("Transformer, trained anew") if one["kind"] == "transformer" else cell_name(one["kind"])
