"""A CSV file of the visitor's own: what it leaves open is asked, and what was read is shown before it is used."""

from collections.abc import Sequence

import streamlit as st

from dlcore.data import columns, tables
from dlcore.data.cells import ONE, Sheet
from dlcore.errors import DataError
from pages.ui.foreign import plain
from pages.ui.language import _, localise

ENDINGS = ["csv", "tsv", "txt"]
SHOWN = 3  # numbers of a column that are shown
ANSWERS = ("letters", "cut", "decimal")


def forget_answers(page: str, *others: str) -> None:
    """Forget what was answered about another file."""
    for name in (*ANSWERS, *others):
        st.session_state.pop(f"{page}.csv_{name}", None)


def answer(page: str, name: str) -> str | None:
    """Return what was answered to a question about the file."""
    return st.session_state.get(f"{page}.csv_{name}")


def open_sheet(page: str, kind: str, content: bytes) -> Sheet:
    """Return a file ("series" or "points") as it is read with the answers so far; DataError where it cannot be read."""
    opened = _open(kind, content, answer(page, "letters"), answer(page, "cut"))
    if isinstance(opened, DataError):
        raise opened
    return opened


@st.cache_resource(show_spinner=False, max_entries=8, ttl=600)
def _open(kind: str, content: bytes, encoding: str | None, separator: str | None) -> Sheet | DataError:
    """Read a file once for all runs of a page, or find out once that it cannot be read."""
    try:
        if kind == "points":
            return tables.open_table(content, encoding)
        return columns.read_table(content, encoding, separator)
    except DataError as error:
        return error


def ask_letters(page: str, sheet: Sheet) -> None:
    """Ask how the letters are read, where the file does not say in which encoding they are."""
    if words := dict(sheet.letters):
        st.selectbox(_("Letters"), list(words), key=f"{page}.csv_letters", format_func=words.get, help=_(
            "The file is older than UTF-8 and does not say in which encoding it is. Choose what is spelled rightly."))


def ask_cut(page: str, sheet: Sheet) -> None:
    """Ask whether a comma stands between columns or before decimals, where it can be both."""
    if len(sheet.cuts) > 1:
        st.radio(_("A comma in this file"), sheet.cuts, key=f"{page}.csv_cut", format_func=lambda cut: (
            _("stands before decimals") if cut == ONE else _("stands between columns")))


def ask_decimal(page: str, sheet: Sheet, names: Sequence[str]) -> str | None:
    """Ask what a sign with three digits behind it is, where it can be both; return the decimal sign that is meant."""
    told = next((told for name in names if not (told := sheet.look(name)).sure), None)
    if told is None:
        return None
    values = {way.decimal: write_digits(way.read(told.example)) for way in told.notations}
    label = _("“{text}” in this file is").format(text=plain(told.example))
    return st.radio(label, list(values), key=f"{page}.csv_decimal", format_func=values.get, horizontal=True)


def show_preview(sheet: Sheet, name: str, decimal: str | None) -> None:
    """Draw the first cells of a column, numbers as they are read."""
    told, cells = sheet.look(name), sheet.cells(name)
    way = told.choose(decimal if decimal or told.sure else told.notations[0].decimal)
    numbers = [way.read(cell) if told.numeric else None for cell in cells[:SHOWN]]
    shown = [plain(cell[:20]) if number is None else write_digits(number)
             for cell, number in zip(cells, numbers, strict=False)]
    numbers = " · ".join(shown) + (" …" if len(cells) > SHOWN else "")
    st.caption(_("“{name}” is read as {numbers}").format(name=plain(name), numbers=numbers))


def write_digits(number: float) -> str:
    """Write a number with all its digits, and no sign between thousands."""
    return localise(f"{number:.12g}")
