"""The diagram and the plane (static/js/playground.js): what they show besides the moments that the polling brings."""

import numpy as np
import streamlit as st

from dlcore.data.toy import Points
from dlcore.errors import DerinError
from dlcore.specs.model import ACTIVATIONS
from dlcore.specs.plane import EDGE, MOST_CLASSES
from dlcore.specs.plane_network import FEATURES, MOST_LAYERS, MOST_NEURONS
from dlcore.specs.playground import Playground
from pages.ui import panels, runs, state, words
from pages.ui.language import language, number, told
from pages.ui.learned import problem
from pages.ui.live import lay_out, pack
from pages.ui.playground import frames, polling, sharing, steering, wishes
from pages.ui.playground.board_words import board_words

LABELS = ("x₁", "x₂", "x₁²", "x₂²", "x₁x₂", "sin x₁", "sin x₂")
NONE = np.zeros((0, 3), np.float32)
PATIENCE = 0.4  # seconds until a waking or busy engine is asked again

_board = panels.register("playground", 444)


def _keep() -> None:
    """Do nothing when something is asked: it is granted in the run that follows."""


def show_board(page: str) -> None:
    """Draw the diagram and the plane; what the visitor asks for there is granted first."""
    waits = st.session_state.get(f"_waits.{page}", False)
    st.fragment(_draw, run_every=PATIENCE if waits else None)(page, waits)


def _draw(page: str, waits: bool) -> None:
    if wishes.take(page):
        st.rerun()
    topics = polling.still(page)
    fields, moment = lay_out(topics or {}, "live", None)
    meta, arrays = describe(page, state.experiment(page))
    _board(key=f"{page}.board", data=pack({**meta, "topics": fields}, **arrays, **moment), on_asked_change=_keep)
    st.session_state[f"_waits.{page}"] = topics is None
    if waits != (topics is None):
        st.rerun()


def describe(page: str, spec: Playground) -> tuple[dict, dict]:
    """Return the message of the board: its meta and its arrays."""
    view, points = steering.shown(page), _points(spec)
    inputs, limits = frames.input_maps()
    watching = view is not None and not runs.is_mine(view)
    meta = {
        "channel": page, "language": language(), "words": board_words(len(spec.network.layers)),
        "seq": wishes.seq(page), "refused": wishes.refusal(page) or _problem(spec),
        "names": FEATURES, "labels": LABELS, "active": [FEATURES.index(name) for name in spec.network.features],
        "layers": [{"neurons": layer.neurons, "activation": layer.activation} for layer in spec.network.layers],
        "activations": [(name, words.option(name)) for name in (*ACTIVATIONS, "none")], "outputs": spec.outputs,
        "limits": {"layers": MOST_LAYERS, "neurons": MOST_NEURONS}, "edge": EDGE, "input_limits": limits,
        "frozen": spec.network.frozen, "removed": spec.network.removed, "sure": spec.loss == "cross_entropy",
        "locked": watching or sharing.hides(page, "network"),
        "locked_features": watching or sharing.hides(page, "features"),
        "locked_data": watching or sharing.hides(page, "points"),
        "show_test": sharing.is_shown(page, "test"), "discrete": sharing.is_shown(page, "discrete"),
        "own": len(spec.data.own),
    }  # fmt: skip
    said, arrays = _describe_points(spec, points)
    return meta | said, arrays | {"inputs": inputs}


def _points(spec: Playground) -> Points | None:
    try:
        return frames.points_of(spec)
    except DerinError:
        return None


def _problem(spec: Playground) -> dict | None:
    error = problem(spec)
    return {"name": "", "text": told(error, markdown=False)} if error else None


def _describe_points(spec: Playground, points: Points | None) -> tuple[dict, dict]:
    regression = spec.data.regression
    if points is None:
        return {"classes": [], "labels_put": [], "values": [], "counted": ["0", "0"]}, {"train": NONE, "test": NONE}
    counted = [number(len(part)) for part in (points.train_targets, points.test_targets)]
    arrays = {"train": frames.rows(points.train, points.train_targets),
              "test": frames.rows(points.test, points.test_targets)}
    put = frames.short_names(spec)
    if not regression and spec.data.dataset != "table" and len(put) < MOST_CLASSES:
        put.append(str(len(put)))  # a further class
    values = [-1, 1] if regression else list(range(len(put)))
    return {"classes": frames.class_names(spec), "labels_put": put, "values": values, "counted": counted}, arrays
