"""The gradient-health strip: the size of the gradient in each layer of a deep stack, and what keeps it alive."""

import streamlit as st

from pages.ui import panels, words
from pages.ui.explaining import explain
from pages.ui.forms import Form
from pages.ui.language import _, language, number
from pages.ui.live import pack
from pages.ui.small_network import KIND, spec

EQUAL = 5.0  # first and last layer within this factor are said to be about the same

_health = panels.register("health", 150)


@st.cache_data(show_spinner=False, max_entries=32)
def ask_health(cure: str, seed: int) -> dict:
    """Return the gradients' sizes in each layer, without and with a cure; EngineError while the engine is waking."""
    request = {"kind": "gradient_health", "cure": cure, "seed": seed}
    return explain(request, "health")


def show_health(page: str) -> None:
    """Show the bars of both stacks, a choice of the cure, and what is seen, in a sentence."""
    shown = spec(page)
    sizes = ask_health(shown.cure, shown.seed)
    title, choice = st.columns([55, 45], vertical_alignment="bottom")
    title.markdown(_("**Gradient health** in a stack of ten layers"))
    with choice:
        Form(page, kind=KIND).choose("cure", label_visibility="collapsed")
    cure = words.option(shown.cure)
    said = [_("Sigmoids: {finding}").format(finding=describe(sizes["plain"])),
            _("{cure}: {finding}").format(cure=cure, finding=describe(sizes["cured"]))]
    told = {"plain": _("Sigmoid"), "cured": cure, "layer": _("layer {n}"), "axis": _("Size of the gradient")}
    _health(key=f"{page}.health", data=pack({"language": language(), "words": told, "label": " ".join(said), **sizes}))
    st.caption(" ".join(said))


def describe(sizes: list[float]) -> str:
    """Say how the gradient of the first layer compares with that of the last."""
    first, last = sizes[0], sizes[-1]
    ratio = last / first if first else float("inf")
    if 1 / EQUAL <= ratio <= EQUAL:
        return _("the gradient is about the same in all layers, all of them learn.")
    if ratio < 1:
        return _("the gradient of the first layer is {factor} times that of the last.").format(
            factor=number(float(f"{1 / ratio:.2g}")))
    if ratio < 1e3:
        return _("the gradient of the first layer is {factor} times smaller than that of the last, but it arrives."
                 ).format(factor=number(float(f"{ratio:.2g}")))
    return _("the gradient of the first layer is {factor} times smaller than that of the last: it has vanished, the "
             "first layers hardly learn.").format(factor=number(float(f"{ratio:.2g}")))
