"""The grid of maps, methods by pictures: one component (static/js/maps.js), all maps in one message.

    message    meta      channel, language, words; title and note, where it has them; methods [{name, label,
                         hint, refused, time}], columns [{title, read, about, wrong}], cells (methods, columns): the
                         number of a map, -1 while it is waited for, -2 where there is none; limits [of each map];
                         scale, picked, column, pending, progress, seq
               arrays    maps uint8 (n, side, side), pictures uint8 (columns, side, side[, 3])
    state      "picked"  {method, column};  "seen" the seq of what was shown while something is pending: ask again
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from dlcore.plots.theme import encode_magnitude, encode_signed
from dlcore.specs.saliency import Saliency
from pages.ui import words
from pages.ui.language import _, language, number, percent
from pages.ui.live import pack
from pages.ui.methods import TEXTS, in_order, method_name
from pages.ui.panels import register
from pages.ui.sheet import Sheet

STRONGEST = 0.995  # of a map's values lie within its scale; the few beyond it have the end colours

_maps = register("maps", 300)


def _keep() -> None:
    """Do nothing: the fragment runs again by itself."""


def show_maps(key: str, page: str, sheet: Sheet, asked: Saliency, reasons: dict[str, str], dataset: str,
              picked: Callable[[], None]) -> None:
    """Show the sheet as far as it is known; `picked` is called when a map is picked (see picked_map)."""
    methods = in_order(asked.methods)
    drawn = [(method, column) for method in methods for column in range(len(sheet.columns))
             if (method, column) in sheet.maps]
    limits = [find_scale(sheet.maps[cell]) for cell in drawn]
    meta = {
        "channel": page, "language": language(), "words": map_words(),
        "methods": [_method(method, sheet, reasons) for method in methods],
        "columns": [_column(sheet, column, dataset) for column in range(len(sheet.columns))],
        "cells": _cells(methods, sheet, drawn, reasons), "picked": asked.method,
        "column": min(asked.column, len(sheet.columns) - 1), "pending": sheet.pending, "progress": sheet.progress,
    }  # fmt: skip
    send_maps(key, meta, [sheet.maps[cell] for cell in drawn], limits, [column.image for column in sheet.columns],
              absolute=asked.absolute, picked=picked)


def send_maps(key: str, meta: dict[str, Any], values: list[np.ndarray], limits: list[float],
              pictures: list[np.ndarray], absolute: bool = False, picked: Callable[[], None] = _keep) -> None:
    """Send the grid its message: maps in the colours of their scales, each of which ends at its limit."""
    encode = encode_magnitude if absolute else encode_signed
    maps = [encode(np.abs(found) if absolute else found, limit or 1.0)
            for found, limit in zip(values, limits, strict=True)]
    meta |= {"scale": "sequential" if absolute else "diverging", "limits": limits, "seq": _next_number(key)}
    _maps(key=key, on_picked_change=picked, on_seen_change=_keep,
          data=pack(meta, maps=np.stack(maps) if maps else np.zeros((0, 1, 1), np.uint8), pictures=_alike(pictures)))


def _alike(pictures: list[np.ndarray]) -> np.ndarray:
    """Return pictures as one array; of several shapes, all are in colour and as wide as the widest."""
    if len({picture.shape for picture in pictures}) == 1:
        return np.stack(pictures)
    side = max(picture.shape[0] for picture in pictures)
    return np.stack([np.array(Image.fromarray(picture).convert("RGB").resize((side, side), Image.Resampling.NEAREST))
                     for picture in pictures])


def show_waiting(key: str, page: str, text: str) -> None:
    """Show in the grid's place what is waited for; it asks again by itself."""
    _maps(key=key, on_picked_change=_keep, on_seen_change=_keep,
          data=pack({"channel": page, "language": language(), "waiting": text, "pending": True,
                     "seq": _next_number(key)}))


def picked_map(key: str) -> tuple[str, int] | None:
    """Return the method and the column of the map that was picked last."""
    picked = (st.session_state.get(key) or {}).get("picked")
    match picked:
        case {"method": str(method), "column": int(column)} if method in TEXTS and column >= 0:
            return method, column
    return None


def find_scale(values: np.ndarray) -> float:
    """Return the size at which a map's colours end: all but the strongest few values are below it; 0 for an empty map.
    """
    sizes = np.abs(values)
    return float(np.quantile(sizes, STRONGEST)) or float(sizes.max())


def _next_number(key: str) -> int:
    number = st.session_state.get(f"_shown.{key}", 0) + 1
    st.session_state[f"_shown.{key}"] = number
    return number


def _method(method: str, sheet: Sheet, reasons: dict[str, str]) -> dict[str, Any]:
    refused = reasons.get(method) or sheet.refused.get((method, 0), "")
    spent = sheet.seconds.get(method)
    return {"name": method, "label": method_name(method), "hint": _(TEXTS[method].sentence), "refused": refused,
            "time": "" if spent is None else _("{n} ms").format(n=number(1000 * spent, 1 if spent < 0.01 else 0))}


def _column(sheet: Sheet, column: int, dataset: str) -> dict[str, str]:
    names, scores = words.class_names(dataset), sheet.scores.get(column)
    told = {"title": sheet.columns[column].title, "read": "", "about": ""}
    if scores is not None:
        read = int(scores.argmax())
        told |= {"read": _("{name}, {share}").format(name=names[read], share=percent(scores[read])),
                 "about": names[sheet.targets[column]], "wrong": sheet.columns[column].label not in (None, read)}
    return told


def _cells(methods: Sequence[str], sheet: Sheet, drawn: list[tuple[str, int]], reasons: dict[str, str]
           ) -> list[list[int]]:
    numbers = {cell: at for at, cell in enumerate(drawn)}
    none = dict.fromkeys(sheet.refused, -2)
    return [[-2 if method in reasons else (numbers | none).get((method, column), -1)
             for column in range(len(sheet.columns))] for method in methods]


def map_words() -> dict[str, str]:
    """Return what the grid says."""
    return {"map": _("{method}, {picture}"), "group": _("Maps"), "zero": _("zero everywhere"), "scale": _("scale"),
            "for": _("speaks for {name}"), "against": _("against"), "about": _("for {name}"), "size": _("size"),
            "ends": _("each map has its own scale; this one ends at ±{limit}"), "working": _("working"),
            "misfit": _("does not fit")}

