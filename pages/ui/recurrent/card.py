"""The picture on the Recurrent page's card: what three cells hold while they read a name."""

import numpy as np
import streamlit as st

from dlcore.plots.theme import encode_signed
from dlcore.specs.recurrent import Recurrent
from pages.ui import panels
from pages.ui.language import _
from pages.ui.recurrent import sight
from pages.ui.recurrent.moments import ask
from pages.ui.recurrent.names import cell_name

UNITS = 8  # of each cell that are shown


@st.cache_resource(show_spinner=False)
def read_name() -> tuple[tuple[str, ...], np.ndarray]:
    """Return the cells, and the first units' states of each (cells, units, time); EngineError while it wakes."""
    looked = sight.unlearned(Recurrent())
    states = [ask("unroll", looked, {"text": sight.TEXTS["names"]}, cell=cell)["layers"][-1]["hidden"][:, :UNITS].T
              for cell in looked.cells]
    return looked.cells, np.stack(states)


def show_card() -> None:
    """Show a picture a cell: a column a letter, a row a unit."""
    cells, states = read_name()
    pictures = {"pictures": encode_signed(states, 1.0), "scale": "diverging", "limit": 1.0,
                "labels": [cell_name(cell) for cell in cells]}
    panels.grid("home.recurrent", "home", "recurrent", cell=58, pictures=pictures, title=_("Three cells"),
                note=_("reading “{name}”").format(name=sight.TEXTS["names"]))
