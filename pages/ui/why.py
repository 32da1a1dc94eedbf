"""Why the pictures of a confusion cell are read as they are: what speaks for the class read, and for the true one.

The maps are those of the Saliency page, made by two Jobs; the two of a picture are shown in one scale.
"""

from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.data.images import load_test
from dlcore.engine.views import RunView
from dlcore.errors import DerinError
from dlcore.specs.saliency import Saliency, fitting
from pages.ui import words
from pages.ui.language import _, language, number, told
from pages.ui.maps import find_scale, map_words, send_maps
from pages.ui.methods import method_name
from pages.ui.sheet import Column, Sheet, request, run_job
from pages.ui.subject import Sight

METHOD = "integrated_gradients"  # fits every network
MOST = 12  # pictures that are explained, the surest first


def choose_method(page: str, view: RunView) -> None:
    """Draw the choice of the method that makes the maps."""
    st.selectbox(_("Method"), fitting(view.experiment.network), key=f"{page}.why_method", format_func=method_name,
                 label_visibility="collapsed", width="stretch")


def show_why(page: str, view: RunView, step: int, cell: tuple[int, int], indices: np.ndarray, title: str, note: str
             ) -> None:
    """Draw the first pictures of a cell, each with its maps for the class that is read and for the true one."""
    methods = fitting(view.experiment.network)
    if st.session_state.setdefault(f"{page}.why_method", METHOD) not in methods:
        st.session_state[f"{page}.why_method"] = METHOD
    method, columns = st.session_state[f"{page}.why_method"], _columns(view, cell, indices[:MOST])
    try:
        sheets = {label: _ask(page, view, step, label, columns, method, f"why_{place}")
                  for place, label in enumerate(dict.fromkeys(cell[::-1]))}
    except DerinError as error:
        st.caption(told(error))
        return
    _draw(page, method, words.class_names(view.experiment.data.dataset), cell, sheets, {"title": title, "note": note})


def _columns(view: RunView, cell: tuple[int, int], indices: np.ndarray) -> list[Column]:
    test = load_test(view.experiment.data.dataset)
    return [Column(test.test_images[index], cell[0], _("test picture {n}").format(n=number(index)))
            for index in indices]


def _ask(page: str, view: RunView, step: int, label: int, columns: list[Column], method: str, job: str
         ) -> Sheet:
    """Return the maps that speak for and against one class, as far as the page's Job of a name has made them."""
    sight = Sight({"run": view.id, "step": step}, view.experiment, columns[0].image, None, "", view)
    work = request(sight, replace(Saliency(), target=str(label)), columns, (method,)) | {"cache": True}
    found, sheet = run_job(page, job, work), Sheet(columns)
    sheet.take(found.result if found else None, 0)
    sheet.wait(found)
    return sheet


def _draw(page: str, method: str, names: list[str], cell: tuple[int, int], sheets: dict[int, Sheet],
          head: dict[str, str]) -> None:
    columns, places = sheets[cell[1]].columns, range(len(sheets[cell[1]].columns))
    drawn = [(label, at) for label in sheets for at in places if (method, at) in sheets[label].maps]
    values = [sheets[label].maps[method, at] for label, at in drawn]
    ends = {at: max(find_scale(found) for (_label, place), found in zip(drawn, values, strict=True) if place == at)
            for _label, at in drawn}
    numbers = {one: place for place, one in enumerate(drawn)}
    refused = {(label, at): -2 for label, sheet in sheets.items() for _method, at in sheet.refused}
    meta = head | {
        "channel": page, "language": language(), "words": _words(),
        "methods": [_row(label, names, sheet, method) for label, sheet in sheets.items()],
        "columns": [{"title": column.title, "read": names[cell[1]], "about": "", "wrong": cell[0] != cell[1]}
                    for column in columns],
        "cells": [[(numbers | refused).get((label, at), -1) for at in places] for label in sheets],
        "picked": str(cell[1]), "column": 0, "pending": any(sheet.pending for sheet in sheets.values()),
        "progress": min(sheet.progress for sheet in sheets.values()),
    }  # fmt: skip
    send_maps(f"{page}.why_maps", meta, values, [ends[at] for _label, at in drawn], [one.image for one in columns])
    for message in {sheet.message for sheet in sheets.values() if sheet.message}:
        st.caption(message)


def _row(label: int, names: list[str], sheet: Sheet, method: str) -> dict[str, str]:
    """Return what heads the maps of one class."""
    about = _("for {name}").format(name=names[label])
    return {"name": str(label), "label": about, "hint": _("{method}: what speaks for {name}, and what against").format(
        method=method_name(method), name=names[label]), "refused": sheet.refused.get((method, 0), "")}


def _words() -> dict[str, str]:
    return map_words() | {"for": _("speaks for it"), "ends": _("the maps of one picture share a scale; this one ends "
                                                               "at ±{limit}")}
