"""The main picture of the Recurrent page and its companions: the text over states and gates, and what belongs to it."""

import streamlit as st

from dlcore.errors import DerinError, SpecError
from pages.ui import panels, runs, state
from pages.ui.language import _, language, told
from pages.ui.live import pack, pack_topics
from pages.ui.recurrent import figures, parts, sight
from pages.ui.recurrent.moments import Topics, moment, pointed
from pages.ui.recurrent.polling import key_of

MOST_TEXT = 400
EXAMPLES = 512  # held-out sequences



def show_board(page: str) -> None:
    """Draw the board; a run of the whole page sends all of it, pointing at a place only what belongs to the place."""
    st.session_state[f"_whole.{page}"] = True
    _show(page)


@st.fragment
def _show(page: str) -> None:
    whole = st.session_state.pop(f"_whole.{page}", False)
    main, beside = st.columns([62, 38], gap="medium")
    with main:
        choose_sequence(page)
        looked = sight.look(page)
        _show_maps(page, looked, _answer(page, looked, whole))
        parts.equation(key=f"{page}.equation", data=_frame(page, title=_("The equation, with its numbers"), words={
            "none": _("point at a step and a unit above")}))
    with beside:
        _show_companions(page)


def _frame(page: str, words: dict, **meta: object) -> bytes:
    return pack({"channel": page, "language": language(), "words": words, **meta})


# what is read

def choose_sequence(page: str) -> None:
    """Draw the text that the cells read, or the choice of a held-out sequence."""
    if state.experiment(page).data.is_text:
        key = f"{page}.text"
        st.session_state[key] = sight.typed(page)
        st.text_input(_("Text that the cells read"), key=key, max_chars=MOST_TEXT, on_change=_take_text, args=(page,),
                      label_visibility="collapsed", placeholder=_("Type a text for the cells to read"))
        return
    key = f"{page}.example"
    st.session_state[key] = sight.example(page) + 1
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_("Held-out sequence"), width="content")
        st.number_input(_("Held-out sequence"), 1, EXAMPLES, key=key, on_change=_take_example, args=(page,), width=150,
                        label_visibility="collapsed")


def _take_text(page: str) -> None:
    state.remember_parameter(page, "text", st.session_state[f"{page}.text"])


def _take_example(page: str) -> None:
    st.session_state[f"_example.{page}"] = int(st.session_state[f"{page}.example"]) - 1


def _answer(page: str, looked: sight.Sight | None, whole: bool) -> Topics:
    """Return what the cells make of the sequence; what is wrong with a text is said under it."""
    if looked is None:
        return {}
    shown, what = st.session_state.setdefault(f"_shown.{page}", {}), key_of(page, looked)
    at, sequence = sight.place(page, looked), sight.sequence(page)
    try:
        if whole or shown.get("board") != what:
            topics = moment(looked, sequence, at)
            shown["board"] = shown["moment"] = what
            return topics
        return pointed(looked, sequence, at)
    except SpecError as error:
        st.warning(told(error))
    except DerinError:
        shown["board"] = None  # the engine is waking or busy: the polling brings it
    return {}


def _show_maps(page: str, looked: sight.Sight | None, topics: Topics) -> None:
    held = (st.session_state.get(f"{page}.{sight.ANCHOR}") or {}).get("at")
    found = sight.read_place(held)
    words = {
        "all": _("All"), "layer": _("Layer {n}"), "surprise": _("surprise"),
        "place": _("step {step} {symbol} · unit {unit}"), "mean": _("mean {bits} bits"),
        "label": _("What the cells make of the sequence: a column a time step, a row a unit."),
        "keys": _("Arrow keys move the step and the unit."),
    }
    meta = {"channel": page, "language": language(), "words": words, "topic": "unroll", "asks": True, "answered": held,
            "first": sight.FIRST,
            "at": {"cell": found.cell, "layer": found.layer, "step": found.step, "unit": found.unit} if held else None}
    step = looked.step if looked else None
    topics = panels.repeat(f"{page}.board", topics)
    parts.unroll(key=f"{page}.{sight.ANCHOR}", on_at_change=lambda: None,
            data=pack_topics(topics, view=looked.view if looked else "live", step=step, **meta))


# what belongs to it

def _show_companions(page: str) -> None:
    series = state.experiment(page).data.task == "series"
    if series:
        parts.forecast(key=f"{page}.forecast", data=_frame(page, title=_("Forecast"), height=120, words={
            "truth": _("how it was"), "forecast": _("forecast")}))
    parts.timebars(key=f"{page}.gradient", data=_frame(
        page, topic="gradient", title=_("Gradient through time"), log=True, height=128,
        series=[["hidden", "∂y/∂h"], ["input", "∂y/∂x"]],
        words={"none": "", "reading": _("step {step}: {values}")}))
    if not series:
        parts.nextbars(key=f"{page}.next", data=_frame(page, topic="unroll", words={
            "title": _("Next after “{text}”") if state.experiment(page).data.is_text else _("Answer at step {step}"),
            "number": _("Answer at step {step}"), "unasked": _("nothing is asked here yet"),
            "truth": _("came: {symbol}") if state.experiment(page).data.is_text else _("right: {symbol}")}))
    view = runs.shown_run(page)
    figures.show_curves(page, view.experiment if view is not None else state.experiment(page))
