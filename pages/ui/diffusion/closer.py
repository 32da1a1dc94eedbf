"""What stands under the main picture of a part that trains: the network as a diagram, the lesson."""

import streamlit as st

from pages.ui import state
from pages.ui.diffusion import components
from pages.ui.diffusion.beginning import show_beginning
from pages.ui.diffusion.between import show_between
from pages.ui.diffusion.branching import show_branch
from pages.ui.diffusion.code import show_code
from pages.ui.diffusion.encoder import show_encoder
from pages.ui.diffusion.measuring import show_measured
from pages.ui.diffusion.samplers import show_samplers
from pages.ui.diffusion.settings import parts_of
from pages.ui.language import N_, _, language
from pages.ui.live import pack

ROLES = {
    "time": N_("Time"), "class": N_("Class"), "text": N_("Text encoder"), "stem": N_("First convolution"),
    "block": N_("Residual block"), "attention": N_("Self-attention"), "cross_attention": N_("Looks at the words"),
    "down": N_("Smaller"), "up": N_("Larger"), "out": N_("Answer"), "dense": N_("Dense layer"),
}


def show_network(page: str) -> None:
    """Draw the network, part by part."""
    parts = [{"name": part.name, "role": part.role, "shape": part.shape, "parameters": part.parameters,
              "title": _(ROLES[part.role])} for part in parts_of(state.experiment(page))]
    words = {"part": _("{title}: {shape} numbers out, {parameters} parameters"),
             "label": _("The network, from its input to its answer. Arrow keys choose a part.")}
    components.unet(key=f"{page}.diagram", data=pack({"parts": parts, "words": words, "language": language()}))


TABS = {
    N_("Samplers"): show_samplers, N_("Two prompts"): show_between, N_("Branch"): show_branch,
    N_("Begin with a picture"): show_beginning, N_("Measured"): show_measured, N_("Text encoder"): show_encoder,
    N_("The network"): show_network, N_("PyTorch code"): show_code,
}


def show_closer(page: str) -> None:
    """Draw the tabs."""
    tabs = st.tabs([_(title) for title in TABS], key=f"{page}.closer", on_change="rerun")
    for tab, show in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab:
                st.fragment(show)(page)
