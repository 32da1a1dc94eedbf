"""A small picture of a network with the gradients that one backward pass found in it."""

import streamlit as st

from dlcore.specs.backprop import Backprop
from dlcore.specs.codec import to_dict
from pages.ui.explaining import explain
from pages.ui.language import _
from pages.ui.live import pack
from pages.ui.panels import register

_sketch = register("sketch", 76)


@st.cache_resource(show_spinner=False)
def first_pass() -> dict:
    """Return the numbers of the page's first example, asked once; EngineError while the engine is waking."""
    request = {"kind": "backprop", "spec": to_dict(Backprop())}
    return explain(request, "sketch")


def show_sketch() -> None:
    """Show the network with each line as thick as its weight's gradient is large."""
    answer = first_pass()
    sizes = "-".join(map(str, answer["sizes"]))
    said = _("A network of {sizes} neurons; each line is as thick as its weight's gradient is large, blue where it is "
             "positive and orange where it is negative.").format(sizes=sizes)
    gradients = {name: weight["gradient"] for name, weight in answer["weights"].items() if name[0] == "w"}
    _sketch(key="home.sketch", data=pack({"sizes": answer["sizes"], "gradients": gradients, "label": said}))
