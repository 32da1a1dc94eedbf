"""The picture on the Transformer page's card: whom the heads of a trained network look at."""

import numpy as np
import streamlit as st

from dlcore.specs.transformer import Transformer
from pages.ui import panels
from pages.ui.language import _
from pages.ui.transformer import sight
from pages.ui.transformer.moments import ask

SHOWN = 4  # heads


@st.cache_resource(show_spinner=False)
def read_sentence() -> tuple[str, str, np.ndarray]:
    """Return a sentence, its answer, and the maps of some heads as bytes; EngineError while the engine wakes."""
    spec = Transformer()
    looked = sight.reading(sight.unlearned(spec), sight.default_text(spec))
    answer = ask("attention", looked)
    told = answer["parts"][sight.first_part(looked.spec)]
    size = int(np.prod(told["shape"]))
    maps = answer["weights"][told["first"]: told["first"] + size].reshape(told["shape"])
    return looked.text, answer["text"], np.ascontiguousarray(maps[-1][:SHOWN])


def show_card() -> None:
    """Show a map a head: a row a token of the answer, a column a token of the sentence."""
    text, answer, maps = read_sentence()
    panels.grid("home.transformer", "home", "transformer", cell=58, title=_("Four heads"),
                note=f"{text} → {answer}" if answer else text,
                pictures={"pictures": maps, "scale": "sequential", "limit": 1.0})
