"""The network that is looked at, as a diagram whose parts open (static/js/unet.js), and its maps at the chosen step."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from dlcore.errors import DerinError
from pages.ui import state
from pages.ui.diffusion import components, film, sight
from pages.ui.diffusion.insides import list_layers
from pages.ui.diffusion.settings import parts_of
from pages.ui.diffusion.work import drawing
from pages.ui.explaining import explain
from pages.ui.language import N_, _, language, number
from pages.ui.live import pack

ROLES = {
    "time": N_("Time"), "class": N_("Class"), "text": N_("Text encoder"), "stem": N_("First convolution"),
    "block": N_("Residual block"), "attention": N_("Self-attention"), "cross_attention": N_("Looks at the words"),
    "down": N_("Smaller"), "up": N_("Larger"), "out": N_("Answer"), "dense": N_("Dense layer"),
}


def show_network(page: str) -> None:
    """Draw the network part by part, say which one it is, and offer its settings to the sidebar."""
    looked = sight.look(page)
    if looked is None:
        return
    with st.container(key=f"{page.replace('.', '_')}_network", horizontal=True, vertical_alignment="center"):
        st.markdown(_say_which(page, looked))
        if _differs(page, looked):
            st.button(_("Copy it into the sidebar"), key=f"{page}.copy_network", icon=":material/content_copy:",
                      on_click=_copy, args=(page, looked))
    levels = _look_inside(page, looked)
    meta = {"channel": page, "words": _words(), "language": language(), "parts": _tell_parts(looked),
            "levels": [{"side": level["side"], "parts": level["parts"]} for level in levels]}
    components.unet(key=f"{page}.diagram", on_at_change=_keep, data=pack(
        meta, **{f"maps{at}": np.asarray(level["maps"], np.uint8) for at, level in enumerate(levels)}))


def _tell_parts(looked: sight.Sight) -> list[dict[str, Any]]:
    return [{"name": part.name, "role": part.role, "shape": part.shape, "parameters": part.parameters,
             "title": _(ROLES[part.role]), "layers": [layer._asdict() for layer in list_layers(
                 part, looked.spec.network)]} for part in parts_of(looked.spec)]


def _say_which(page: str, looked: sight.Sight) -> str:
    """Return which network it is that is shown, in words."""
    count = number(sum(part.parameters for part in parts_of(looked.spec)))
    if "pretrained" in looked.model:
        text = _("Shown is the **pretrained network** that comes with Derin: {count} parameters.")
    elif "run" in looked.model:
        text = _("Shown is the network of **this run**: {count} parameters.")
    else:
        text = _("Shown is the network **of the sidebar**, not trained yet: {count} parameters.")
    return text.format(count=count)


def _differs(page: str, looked: sight.Sight) -> bool:
    wanted = state.experiment(page)
    return (looked.spec.network, looked.spec.process) != (wanted.network, wanted.process)


def _copy(page: str, looked: sight.Sight) -> None:
    """Have the sidebar ask for the network that is looked at, and for what it tells; data and training stay."""
    state.remember(page, replace(state.experiment(page), network=looked.spec.network, process=looked.spec.process))


def _look_inside(page: str, looked: sight.Sight) -> list[dict[str, Any]]:
    """Return the maps of all parts at the step that is shown, by the size of their sides; none before there is a way.

    See dlcore.explain.diffusion, "diffusion_features".
    """
    walk, held = drawing(page, "film").result, st.session_state.get(f"{page}.diagram")
    if walk is None:
        return []
    told, last = (held.get("at") if isinstance(held, Mapping) else None), len(walk["t"]) - 2
    step = min(told, last) if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else last
    try:
        return explain({
            "kind": "diffusion_features", "model": looked.model, "sampling": film.wanted(looked),
            "x": walk["x"][step], "t": float(walk["t"][step])}, f"{page}.inside")["levels"]
    except DerinError:
        return []  # it is busy or waking: the next step that is shown asks again


def _keep() -> None:
    """Do nothing when another step is shown: it is read in the run that follows."""


def _words() -> dict[str, str]:
    return {
        "part": _("{title}: {shape} numbers out, {parameters} parameters"),
        "label": _("The network, from its input to its answer. Arrow keys choose a part."),
        "maps": _("Its {count} maps at the step shown above, full colour at ±{limit}"),
        "layer": _("Layer"), "shape": _("Out"), "parameters": _("Parameters"),
    }
