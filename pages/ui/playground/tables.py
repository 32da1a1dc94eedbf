"""A CSV file of the visitor's own: two columns of numbers and a label."""

from dataclasses import replace

import streamlit as st

from dlcore.data.tables import MOST_BYTES, keep_table, load_table, read_table
from dlcore.errors import DataError
from dlcore.specs.playground import fit
from pages.ui import state
from pages.ui.language import _, number, told
from pages.ui.playground import steering


def upload(page: str) -> None:
    """Draw where a file is put; a good one becomes the data set, of a bad one is said what is wrong."""
    given = st.file_uploader(_("CSV file"), type=["csv", "tsv", "txt"], key=f"{page}.upload",
                             on_change=_take, args=(page,), label_visibility="collapsed",
                             max_upload_size=MOST_UPLOAD)
    if given is not None and (said := st.session_state.get(f"_upload.{page}")):
        st.error(said)
    elif name := state.experiment(page).data.table:
        _show_table(name)
    else:
        st.caption(_("Two columns of numbers and a label, one point a line:"))
        st.code("x,y,label\n1.5,-0.3,red\n-2,4.1,blue", language=None)


def _take(page: str) -> None:
    given = st.session_state.get(f"{page}.upload")
    st.session_state[f"_upload.{page}"] = None
    if given is None:
        return
    try:
        name = keep_table(state.engine().home, read_table(given.getvalue()))
    except DataError as error:
        st.session_state[f"_upload.{page}"] = told(error)
        return
    spec = state.experiment(page)
    steering.rebuild(page, fit(replace(spec, data=replace(spec.data, dataset="table", table=name, own=()))))


def _show_table(name: str) -> None:
    try:
        table = load_table(state.engine().home, name)
    except DataError as error:
        st.error(told(error))
        return
    counts = ", ".join(f"{label} {number(int((table.labels == at).sum()))}" for at, label in enumerate(table.names))
    st.caption(_("{n} points: {counts}. Both columns were brought to the range from −5 to 5.").format(
        n=number(len(table.labels)), counts=counts))
