"""A CSV file of the visitor's own: one of its columns becomes the series."""

from dataclasses import replace

import streamlit as st

from dlcore.data.cells import Sheet
from dlcore.data.columns import MOST_BYTES, MOST_NUMBERS, keep_column, load_column, read_column, title_of
from dlcore.errors import DataError
from dlcore.specs.recurrent import fit
from dlcore.specs.sequences import HELD_SHARE, SequenceData
from pages.ui import sheets, state
from pages.ui.foreign import plain
from pages.ui.language import _, number, told


def upload(page: str) -> None:
    """Draw where a file is put, what it leaves open, and which of its columns is in use."""
    hint = _("a header and a number in every line, at most {n} lines").format(n=number(MOST_NUMBERS))
    file = st.file_uploader(_("CSV file"), type=sheets.ENDINGS, key=f"{page}.column_file", on_change=_take,
                            args=(page,), max_upload_size=MOST_BYTES // 2**20, help=hint)
    if file is not None:
        _ask(page, file.getvalue())
    if said := st.session_state.get(f"_column_said.{page}"):
        st.warning(said)
    _show_used(page)


def _take(page: str) -> None:
    """Take over an uploaded file's column where it leaves nothing open."""
    file = st.session_state.get(f"{page}.column_file")
    st.session_state[f"_column_said.{page}"] = None
    sheets.forget_answers(page, "column")
    if file is None:
        return
    try:
        sheet = sheets.open_sheet(page, "series", file.getvalue())
        [*names] = sheet.numeric()
        if len(names) == 1 and sheet.certain and sheet.look(names[0]).sure:
            use_column(page, sheet, names[0])
    except DataError as error:
        st.session_state[f"_column_said.{page}"] = told(error)


def _ask(page: str, content: bytes) -> None:
    """Draw what the file leaves open, what is read of it, and the button that takes the column."""
    try:
        sheet = sheets.open_sheet(page, "series", content)
    except DataError as error:
        st.session_state[f"_column_said.{page}"] = told(error)
        return
    sheets.ask_letters(page, sheet)
    sheets.ask_cut(page, sheet)
    names = sheet.suggested()
    if st.session_state.get(f"{page}.csv_column") not in names:
        st.session_state.pop(f"{page}.csv_column", None)
    name = st.selectbox(_("Column"), names, key=f"{page}.csv_column")
    decimal = sheets.ask_decimal(page, sheet, [name])
    if not _is_used(page, sheet, name, decimal):
        sheets.show_preview(sheet, name, decimal)
        st.button(_("Use this column"), key=f"{page}.use_column", type="primary", width="stretch",
                  on_click=_use, args=(page, sheet, name, decimal))


def _is_used(page: str, sheet: Sheet, name: str, decimal: str | None) -> bool:
    """Whether a column, read in this way, is the one that is in use."""
    used = st.session_state.get(f"_column_used.{page}")
    return used == (state.experiment(page).data.column, name, decimal, sheet.separator, len(sheet.rows))


def _use(page: str, sheet: Sheet, name: str, decimal: str | None) -> None:
    st.session_state[f"_column_said.{page}"] = None
    try:
        use_column(page, sheet, name, decimal)
    except DataError as error:
        st.session_state[f"_column_said.{page}"] = told(error)


def use_column(page: str, sheet: Sheet, name: str, decimal: str | None = None) -> None:
    """Keep a column of a file and make it the page's series; DataError where that cannot be."""
    kept = keep_column(state.engine().home, read_column(sheet, name, decimal), name, state.owner())
    spec = state.experiment(page)
    wanted = replace(spec, data=replace(spec.data, wave="column", column=kept))
    fitted = fit(wanted)
    state.remember(page, fitted)
    st.session_state[f"_column_used.{page}"] = kept, name, decimal, sheet.separator, len(sheet.rows)
    if (wanted.data.length, wanted.data.horizon) != (fitted.data.length, fitted.data.horizon):
        state.announce(page, fitted, _shortened(fitted.data))


def _shortened(data: SequenceData) -> str:
    """Say that windows and forecast were made shorter for a short column."""
    return _("Of {count} numbers {kept} are kept back. They have room for windows of {length} numbers and a forecast "
             "of {horizon}, so both were made as short as that.").format(
        count=number(data.column_count), kept=number(int(data.column_count * HELD_SHARE)), length=data.length,
        horizon=data.horizon)


def _show_used(page: str) -> None:
    """Name the column that is in use, and say what is in it."""
    data = state.experiment(page).data
    if not data.column_count:
        return
    try:
        values, name = load_column(state.engine().home, data.column), title_of(state.engine().home, data.column)
    except DataError as error:
        st.warning(told(error))
        return
    said = (_("In use: the column “{name}”, {n} numbers from {low} to {high}; the last fifth is kept back.") if name
            else _("In use: a column of {n} numbers from {low} to {high}; the last fifth is kept back."))
    low, high = (sheets.write_digits(float(f"{one:.6g}")) for one in (values.min(), values.max()))
    st.caption(said.format(name=plain(name), n=number(len(values)), low=low, high=high))
