"""A CSV file of the visitor's own: one of its columns becomes the series."""

from dataclasses import replace

import streamlit as st

from dlcore.data.columns import MOST_NUMBERS, keep_column, read_column, read_table
from dlcore.errors import DataError
from dlcore.specs.recurrent import fit
from pages.ui import state
from pages.ui.language import _, number, told


def upload(page: str) -> None:
    """Draw where a file is put and which of its columns is taken; of a bad one is said what is wrong."""
    hint = _("a header and a number in every line, at most {n} lines").format(n=number(MOST_NUMBERS))
    st.file_uploader(_("CSV file"), type=["csv", "tsv", "txt"], key=f"{page}.column_file", on_change=_take,
                     args=(page,), help=hint)
    names = st.session_state.get(f"_columns.{page}", ())
    if len(names) > 1:
        st.selectbox(_("Column"), names, key=f"{page}.column_name", on_change=_take, args=(page,))
    if said := st.session_state.get(f"_column_said.{page}"):
        st.warning(said)
    elif count := state.experiment(page).data.column_count:
        st.caption(_("{n} numbers; the last fifth is kept back.").format(n=number(count)))


def _take(page: str) -> None:
    """Take over a column of the uploaded file, or remember what is wrong with it."""
    file = st.session_state.get(f"{page}.column_file")
    st.session_state[f"_column_said.{page}"] = None
    if file is None:
        return
    try:
        take_file(page, file.getvalue())
    except DataError as error:
        st.session_state[f"_column_said.{page}"] = told(error)


def take_file(page: str, content: bytes) -> None:
    """Keep a column of a file and make it the page's series; DataError where that cannot be."""
    table = read_table(content)
    st.session_state[f"_columns.{page}"] = table.numeric()
    chosen = st.session_state.get(f"{page}.column_name")
    name = chosen if chosen in table.numeric() else table.numeric()[0]
    kept = keep_column(state.engine().home, read_column(table, name), state.owner())
    spec = state.experiment(page)
    state.remember(page, fit(replace(spec, data=replace(spec.data, wave="column", column=kept))))
