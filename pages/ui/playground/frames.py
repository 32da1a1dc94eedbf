"""Moments of the playground's network, as topics for the panels: what the explainer or the worker has sent.

    frame    maps, surface, weights (see dlcore.explain.plane)     limits, sizes, features, frozen, removed
             or "empty", where there is no network to show
    matrix   see pages/ui/live.py
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from dlcore.data.toy import Points, features_of, grid, make_points
from dlcore.plots.theme import encode_signed
from dlcore.specs.codec import from_link, to_dict, to_link
from dlcore.specs.plane_network import FEATURES
from dlcore.specs.playground import Playground
from pages.ui import state
from pages.ui.explaining import explain
from pages.ui.language import _, number

Topics = dict[str, dict]
SIDE = 50  # of the features' maps


def model_of(spec: Playground) -> dict:
    """Return how the explainer is asked about a network before its training."""
    return {"spec": to_dict(spec, whole=True)}


def ask(page: str, kind: str, model: dict, **more: Any) -> dict:
    """Ask the explainer about a moment; see dlcore.explain.plane. EngineError, or SpecError where there is no data."""
    return explain({"kind": kind, "model": model, **more}, page)


def frame_topic(spec: Playground, frame: dict) -> dict:
    """Return the topic "frame"; the spec as it stands at the frame's step."""
    return {"maps": frame["maps"], "surface": frame["surface"], "weights": frame["weights"],
            "limits": [float(limit) for limit in frame["limits"]], "sizes": list(frame["sizes"]),
            "features": list(spec.network.features), "frozen": list(spec.network.frozen),
            "removed": list(spec.network.removed)}


def keep_frame(page: str, spec: Playground, frame: dict) -> None:
    """Remember the moment that the page shows: what goes over to another page."""
    st.session_state[f"_frame.{page}"] = spec, frame


def kept_frame(page: str) -> tuple[Playground, dict] | None:
    """Return the moment that the page shows, and the spec that it is of."""
    return st.session_state.get(f"_frame.{page}")


@st.cache_data(show_spinner=False, max_entries=60)
def _points(text: str, home: Path) -> Points:
    return make_points(from_link(text, "playground")[0].data, home)


def points_of(spec: Playground) -> Points:
    """Return the points of a spec's data; DataError where an uploaded table is gone."""
    return _points(to_link(Playground(data=spec.data)), state.engine().home)


def rows(points: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return points as rows of x1, x2 and class or number, float32 (n, 3)."""
    return np.column_stack([points, targets]).astype(np.float32)


def matrix_topic(spec: Playground, answer: dict) -> dict:
    """Return the topic "matrix" for what a moment makes of the test points, or the training points where none are."""
    part = "test" if len(answer["test"]["targets"]) else "train"
    count = number(len(answer[part]["targets"]))
    note = _("{n} test points, rows true") if part == "test" else _("{n} training points, rows true")
    return {"counts": np.asarray(answer[part]["confusion"], np.uint32), "classes": short_names(spec),
            "note": note.format(n=count)}


def short_names(spec: Playground) -> list[str]:
    """Return what the classes are called, as short as can be; of numbers, what an own point can be."""
    return list(points_of(spec).classes) or ["−1", "+1"]


def class_names(spec: Playground) -> list[str]:
    """Return what the classes are called in a sentence; none of numbers."""
    names = points_of(spec).classes
    return list(names) if spec.data.dataset == "table" else [_("Class {n}").format(n=name) for name in names]


def nearest_target(points: Points, at: tuple[float, float]) -> float:
    """Return the class or number of the point that lies nearest to a place."""
    places = np.concatenate([points.train, points.test])
    targets = np.concatenate([points.train_targets, points.test_targets])
    return float(targets[np.hypot(*(places - at).T).argmin()])


@cache
def input_maps() -> tuple[np.ndarray, list[float]]:
    """Return every feature over the plane, uint8 (features, side, side) signed, and the size that 255 stands for."""
    values = np.moveaxis(features_of(grid(SIDE), FEATURES).reshape(SIDE, SIDE, -1), -1, 0)
    limits = np.abs(values).max((1, 2))
    return encode_signed(values / limits[:, None, None], 1.0), limits.tolist()
