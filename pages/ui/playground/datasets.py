"""The data sets to choose from: small pictures of the points that each would give with the settings as they are."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.data.toy import make_points
from dlcore.errors import DerinError
from dlcore.specs.plane import DATASETS, EDGE, PlaneData
from pages.ui import panels, state
from pages.ui.language import N_, _, language
from pages.ui.live import pack
from pages.ui.playground import frames, steering

DOTS = 110  # of a picture
NAMES = {
    "circle": N_("Circle"), "xor": "XOR", "gauss": N_("Clouds"), "spiral": N_("Spiral"), "moons": N_("Moons"),
    "sine": N_("Sine"), "cubic": N_("Cubic"), "abs": "|x|", "rings": N_("Rings"), "spirals": N_("Spirals"),
    "plane": N_("Slope"), "multi_gauss": N_("Hills"), "own": N_("Your own"), "table": N_("CSV file"),
}

_datasets = panels.register("datasets", 288)


def take_choice(page: str) -> None:
    """Take over the data set that was clicked; call it before anything of the page is drawn."""
    held, seen = (st.session_state.get(f"{page}.datasets") or {}).get("chosen"), f"_seq.{page}.datasets"
    if not isinstance(held, Mapping) or not isinstance(held.get("seq"), int):
        return
    if held["seq"] <= st.session_state.get(seen, 0):
        return
    st.session_state[seen] = held["seq"]
    if held.get("name") in DATASETS:
        spec = state.experiment(page)
        steering.rebuild(page, replace(spec, data=replace(spec.data, dataset=held["name"])))


def choose_dataset(page: str) -> None:
    """Draw the pictures, the chosen one marked."""
    data = state.experiment(page).data
    groups = [(_("Classes"), [name for name in DATASETS if name not in ("plane", "multi_gauss", "own", "table")]),
              (_("Numbers"), ["plane", "multi_gauss"]), (_("Yours"), ["own", "table"])]
    shown = [name for _title, names in groups for name in names]
    meta = {"language": language(), "chosen": data.dataset, "edge": EDGE, "label": _("Data set"),
            "seq": st.session_state.get(f"_seq.{page}.datasets", 0),
            "groups": [{"title": title, "names": names} for title, names in groups],
            "names": {name: _(NAMES[name]) for name in shown}, "numbers": ["plane", "multi_gauss"]}
    arrays = {name: _picture(data, name) for name in shown}
    _datasets(key=f"{page}.datasets", data=pack(meta, **arrays), on_chosen_change=lambda: None)


def _picture(data: PlaneData, name: str) -> np.ndarray:
    """Return the points of a picture, float32 (n, 3)."""
    wanted = replace(data, dataset=name, points=DOTS, train_share=90, own=data.own if name == "own" else ())
    return _make(wanted).copy()


@st.cache_data(show_spinner=False, max_entries=400)
def _make(data: PlaneData) -> np.ndarray:
    try:
        points = make_points(data, state.engine().home)
    except DerinError:
        return np.zeros((0, 3), np.float32)
    return frames.rows(points.train, points.train_targets)[:DOTS]
