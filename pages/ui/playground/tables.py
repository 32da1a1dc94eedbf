"""A CSV file of the visitor's own: two columns of numbers and a label."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from dlcore.data.tables import MOST_BYTES, MOST_ROWS, TOO_LARGE, keep_table, load_table, read_table
from dlcore.errors import DataError
from pages.ui import panels, state
from pages.ui.foreign import plain
from pages.ui.language import _, number, told
from pages.ui.live import pack
from pages.ui.playground import steering

_upload = panels.register("upload", 58)


def upload(page: str) -> None:
    """Draw where a file is put; a good one becomes the data set, of a bad one is said what is wrong."""
    words = {"choose": _("Choose a CSV file or drop it here"),
             "note": _("two columns of numbers and a label, at most {n} lines").format(n=number(MOST_ROWS))}
    _upload(key=f"{page}.upload", data=pack({"words": words, "most": MOST_BYTES, "accept": ".csv,.tsv,.txt"}),
            on_file_change=lambda: _take(page))
    if said := st.session_state.get(f"_upload.{page}"):
        st.error(said)
    if name := state.experiment(page).data.table:
        _show_table(name)
    else:
        st.code("x,y,label\n1.5,-0.3,red\n-2,4.1,blue", language=None)


def _take(page: str) -> None:
    given = (st.session_state.get(f"{page}.upload") or {}).get("file")
    if isinstance(given, Mapping):
        take_file(page, given)


def take_file(page: str, given: Mapping[str, Any]) -> None:
    """Take over a file {"size", "content"} (base64; none where it is too large), or remember what is wrong with it."""
    st.session_state[f"_upload.{page}"] = None
    try:
        name = keep_table(state.engine().home, read_table(_content(given)))
    except DataError as error:
        st.session_state[f"_upload.{page}"] = told(error)
        return
    spec = state.experiment(page)
    steering.rebuild(page, replace(spec, data=replace(spec.data, dataset="table", table=name, own=())))


def _content(given: Mapping[str, Any]) -> bytes:
    if "content" not in given:
        raise DataError(TOO_LARGE, size=float(given.get("size") or 0) / 2**20, most=MOST_BYTES / 2**20, rows=MOST_ROWS)
    try:
        return base64.b64decode(given["content"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        return b""


def _show_table(name: str) -> None:
    try:
        table = load_table(state.engine().home, name)
    except DataError as error:
        st.error(told(error))
        return
    counts = ", ".join(f"{plain(label)} {number(int((table.labels == at).sum()))}"
                       for at, label in enumerate(table.names))
    st.caption(_("{n} points: {counts}. Both columns were brought to the range from −5 to 5.").format(
        n=number(len(table.labels)), counts=counts))
