"""What a unit stands for: the other places of the held-out text where it is on as in a chosen span."""

import html

import streamlit as st

from pages.ui.foreign import plain, write_out
from pages.ui.language import _, number, percent
from pages.ui.recurrent import sight
from pages.ui.recurrent.names import cell_name, map_name
from pages.ui.recurrent.work import Work, watch, work

SYMBOLS = 8  # at which the unit is on most, that are told


def show_units(page: str) -> None:
    """Draw the choice of a span of the text, and where else the pointed unit is on as it is there."""
    looked = sight.look(page)
    if looked is None or not looked.spec.data.is_text:
        st.caption(_("Units are compared over a text: choose such a task in the sidebar."))
        return
    at = sight.place(page, looked)
    choice, found = st.columns([34, 66], gap="medium")
    with choice:
        st.markdown(_("**{cell}, unit {unit}**: point at another one in the picture above and come back.").format(
            cell=cell_name(at.cell), unit=at.unit + 1))
        request = _choose_span(page, looked, at)
        st.button(_("Find the other places"), key=f"{page}.find_places", icon=":material/search:", on_click=_begin,
                  args=(page, request))
    with found:
        watch(page, "places", _show)


def _choose_span(page: str, looked: sight.Sight, at: sight.Place) -> dict:
    """Draw which state is meant and where it is on; return the request."""
    of = "hidden"
    if at.cell == "lstm":
        of = st.pills(_("State"), ("hidden", "cell"), key=f"{page}.unit_of", format_func=map_name, required=True,
                      default="hidden")
    last = max(1, sight.steps(page, looked) - 1)
    middle = last if at.step is None else at.step
    first, end = st.slider(_("Steps where it is on"), 0, last, (middle, middle),
                           key=f"{page}.unit_span_{last}_{middle}")
    return {"kind": "recurrent_unit", "model": looked.model, "cell": at.cell, "layer": at.layer, "of": of,
            "unit": at.unit, "first": first, "last": end, **sight.sequence(page)}


def _begin(page: str, request: dict) -> None:
    work(page, "places").begin(request)


def _show(found: Work) -> None:
    """Show what was found: how often the unit is on, at which symbols, and the places themselves."""
    if not found.result or not found.asked:
        return
    result, asked = found.result, found.asked
    st.markdown(_("{cell}, unit {unit}: on at {share} of the held-out symbols (beyond {level}).").format(
        cell=cell_name(asked["cell"]), unit=asked["unit"] + 1, share=percent(result["share"]),
        level=number(result["level"], 2).replace("-", "−")))
    symbols = " · ".join(f"“{plain(symbol)}” {percent(share, 0)}"
                         for symbol, share, _count in result["symbols"][:SYMBOLS] if share > 0)
    if symbols:
        st.caption(_("Most often at: {symbols}").format(symbols=symbols))
    if result.get("positions") is not None:
        shares = " · ".join(percent(float(share), 0) for share in result["positions"][:10])
        st.caption(_("By place in the name, from its start on: {shares}").format(shares=shares))
    rows = "".join(_row(place) for place in result["places"])
    st.html(f"<div class='derin-places' role='list'>{rows}</div>")


def _row(place: dict) -> str:
    before, on, after = (html.escape(write_out(place[name])).replace(" ", "&nbsp;")
                         for name in ("before", "on", "after"))
    return f"<div role='listitem'><span>{before}</span><mark>{on}</mark><span>{after}</span></div>"
