"""The Playground's card on the home page: the neurons of a network that has learned the spiral, and its answer."""

import json
from pathlib import Path

import numpy as np
import streamlit as st

from dlcore.specs.codec import from_dict
from dlcore.specs.playground import Playground
from pages.ui import panels
from pages.ui.language import _
from pages.ui.playground import frames

SPIRAL = Path(__file__).parents[3] / "assets" / "models" / "playground.json"  # with its weights after 600 epochs
PAGE, CELL, SMALL = "home", 28, 25


def spiral() -> Playground:
    """Return the experiment whose network has learned the spiral, with the weights that it found."""
    return from_dict(json.loads(SPIRAL.read_text(encoding="utf-8")))


@st.cache_resource(show_spinner=False)
def spiral_pictures() -> dict:
    """Return the map of every neuron and at last what the network answers, as pictures; EngineError while waking."""
    frame = frames.ask(f"{PAGE}.card", "plane_frame", frames.model_of(spiral()))
    pictures = np.concatenate([_shrink(frame["maps"]), _shrink(frame["surface"])])
    return {"pictures": pictures, "scale": "diverging", "limit": 1.0}


def _shrink(maps: np.ndarray) -> np.ndarray:
    """Return maps (n, side, side) SMALL pixels wide, each the mean of those that it stands for."""
    step = maps.shape[1] // SMALL
    return maps.reshape(-1, SMALL, step, SMALL, step).mean((2, 4)).round().astype(np.uint8)


def show_card() -> None:
    """Show the pictures."""
    panels.grid("home.playground", PAGE, "playground", title=_("Seven neurons"), note=_("what they make of a spiral"),
                pictures=spiral_pictures(), cell=CELL)
