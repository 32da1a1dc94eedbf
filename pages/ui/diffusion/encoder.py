"""What the text encoder makes of the prompt: a vector a word, and how the words look at each other."""

import numpy as np
import streamlit as st

from dlcore.errors import DerinError
from dlcore.plots.theme import encode_magnitude, encode_signed, find_limit
from pages.ui import panels
from pages.ui.diffusion import asking, sight
from pages.ui.explaining import explain
from pages.ui.language import _, told

SIDE = 8  # the 64 numbers of a word are drawn as a square


def show_encoder(page: str) -> None:
    """Draw each word before and after the encoder, and the attention of each head."""
    looked = sight.look(page)
    if looked is None or looked.spec.condition != "prompt":
        st.caption(_("Only a network that is told prompts has a text encoder: choose so under U-Net and train."))
        return
    try:
        answer = explain({
            "kind": "diffusion_prompt", "model": looked.model, "text": asking.asked().prompt}, f"{page}.encoder")
    except DerinError as error:
        st.warning(told(error))
        return
    st.markdown(_("A word becomes a vector of 64 numbers, drawn here as a square; the encoder lets the words look at "
                  "each other. The dot stands for the beginning of the prompt."))
    words = answer["symbols"]
    _show_vectors(page, "embedding", _("Word and place"), answer["embedding"], words)
    _show_vectors(page, "encoded", _("What the U-Net looks at"), answer["encoded"], words)
    _show_looks(page, answer["attention"])


def _show_vectors(page: str, name: str, title: str, vectors: np.ndarray, words: list[str]) -> None:
    limit = find_limit(vectors)
    panels.grid(f"{page}.{name}", page, name, title=title, cell=56, pictures={
        "pictures": encode_signed(vectors.reshape(-1, SIDE, SIDE), limit), "scale": "diverging", "limit": limit,
        "labels": words})


def _show_looks(page: str, attention: np.ndarray) -> None:
    """Show one square a head: a row a word that looks, a column a word that is looked at."""
    layers, heads, count, _count = attention.shape
    labels = [_("layer {layer}, head {head}").format(layer=layer + 1, head=head + 1)
              for layer in range(layers) for head in range(heads)]
    panels.grid(f"{page}.looks", page, "looks", title=_("Who looks at whom"), cell=84,
                note=_("rows look, columns are looked at"), pictures={
                    "pictures": encode_magnitude(attention.reshape(-1, count, count), 1.0), "scale": "sequential",
                    "limit": 1.0, "labels": labels})
