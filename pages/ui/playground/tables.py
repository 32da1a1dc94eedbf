"""A CSV file of the visitor's own: two columns of numbers and a label."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dlcore.data.cells import Sheet
from dlcore.data.tables import MOST_BYTES, MOST_ROWS, Table, guess_columns, keep_table, load_table, make_table
from dlcore.errors import DataError
from pages.ui import sheets, state
from pages.ui.foreign import plain
from pages.ui.language import _, number, told
from pages.ui.playground import steering

CHOICES = ("x1", "x2", "label")


def upload(page: str) -> None:
    """Draw where a file is put; a good one becomes the data set, of a bad one is said what is wrong."""
    hint = _("two columns of numbers and a label, at most {n} lines").format(n=number(MOST_ROWS))
    file = st.file_uploader(_("CSV file"), type=sheets.ENDINGS, key=f"{page}.table_file", on_change=_take, args=(page,),
                            max_upload_size=MOST_BYTES // 2**20, help=hint)
    if file is not None:
        _ask(page, file.getvalue())
    if said := st.session_state.get(f"_table_said.{page}"):
        st.error(said)
    if name := state.experiment(page).data.table:
        _show_table(name)
    else:
        st.code("x,y,label\n1.5,-0.3,red\n-2,4.1,blue", language=None)


def _take(page: str) -> None:
    """Take over an uploaded file where it leaves nothing open, or remember what is wrong with it."""
    file = st.session_state.get(f"{page}.table_file")
    st.session_state[f"_table_said.{page}"] = None
    sheets.forget_answers(page, *CHOICES)
    if file is None:
        return
    try:
        sheet = sheets.open_sheet(page, "points", file.getvalue())
        columns, certain = guess_columns(sheet)
        if certain and all(sheet.look(name).sure for name in columns[:2]):
            _use_table(page, sheet, columns)
    except DataError as error:
        st.session_state[f"_table_said.{page}"] = told(error)


def _ask(page: str, content: bytes) -> None:
    """Draw what the file leaves open, what is read of it, and the button that takes the columns."""
    try:
        sheet = sheets.open_sheet(page, "points", content)
    except DataError as error:
        st.session_state[f"_table_said.{page}"] = told(error)
        return
    sheets.ask_letters(page, sheet)
    columns, certain = guess_columns(sheet)
    if not certain:
        columns = _choose(page, sheet, columns)
    decimal = sheets.ask_decimal(page, sheet, columns[:2])
    answers = sheets.answer(page, "letters"), columns, decimal
    if st.session_state.get(f"_table_used.{page}") != (state.experiment(page).data.table, *answers):
        for name in columns:
            sheets.show_preview(sheet, name, decimal)
        st.button(_("Use these columns"), key=f"{page}.use_table", type="primary", width="stretch", on_click=_use,
                  args=(page, sheet, columns, decimal))


def _choose(page: str, sheet: Sheet, guessed: Sequence[str]) -> tuple[str, ...]:
    """Ask which columns are meant; the likely ones are chosen at first."""
    labels, chosen = (_("Across"), _("Up"), _("Class")), []
    for place, label, guess in zip(CHOICES, labels, guessed, strict=True):
        if st.session_state.get(key := f"{page}.csv_{place}") not in sheet.names:
            st.session_state[key] = guess
        chosen.append(st.selectbox(label, sheet.names, key=key))
    return tuple(chosen)


def _use(page: str, sheet: Sheet, columns: Sequence[str], decimal: str | None) -> None:
    st.session_state[f"_table_said.{page}"] = None
    try:
        _use_table(page, sheet, columns, decimal)
    except DataError as error:
        st.session_state[f"_table_said.{page}"] = told(error)


def _use_table(page: str, sheet: Sheet, columns: Sequence[str], decimal: str | None = None) -> None:
    """Keep the table of some columns and make it the data set; DataError where that cannot be."""
    name = keep_table(state.engine().home, make_table(sheet, columns, decimal), state.owner())
    spec = state.experiment(page)
    steering.rebuild(page, replace(spec, data=replace(spec.data, dataset="table", table=name, own=())))
    st.session_state[f"_table_used.{page}"] = name, sheets.answer(page, "letters"), tuple(columns), decimal


def _show_table(name: str) -> None:
    """Say what is in the table that is in use, and of which columns it is."""
    try:
        table = load_table(state.engine().home, name)
    except DataError as error:
        st.error(told(error))
        return
    counts = ", ".join(f"{plain(label)} {number(int((table.labels == at).sum()))}"
                       for at, label in enumerate(table.names))
    st.caption(_("{n} points: {counts}. Both columns were brought to the range from −5 to 5.").format(
        n=number(len(table.labels)), counts=counts))
    st.caption(_in_use(table))


def _in_use(table: Table) -> str:
    """Name the columns, with the smallest and the largest number of each."""
    names = table.columns or ("1", "2", "3")
    ranges = []
    for at, name in enumerate(names[:2]):
        values = table.points[:, at] / table.factor[at] + table.centre[at]
        low, high = (sheets.write_digits(float(f"{value:.6g}")) for value in (values.min(), values.max()))
        ranges.append(_("“{name}” from {low} to {high}").format(name=plain(name), low=low, high=high))
    return _("In use: across {across}, up {up}; the class is “{label}”.").format(
        across=ranges[0], up=ranges[1], label=plain(names[2]))
