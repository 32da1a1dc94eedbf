"""What stands under the main picture of a part that trains: the network as a diagram, the lesson."""

import streamlit as st

from pages.ui.diffusion.beginning import show_beginning
from pages.ui.diffusion.between import show_between
from pages.ui.diffusion.branching import show_branch
from pages.ui.diffusion.code import show_code
from pages.ui.diffusion.diagram import show_network
from pages.ui.diffusion.encoder import show_encoder
from pages.ui.diffusion.growing import show_growth
from pages.ui.diffusion.measuring import show_measured
from pages.ui.diffusion.samplers import show_samplers
from pages.ui.diffusion.stepping import show_step
from pages.ui.language import N_, _

TABS = {
    N_("One step"): show_step, N_("Along the training"): show_growth, N_("Samplers"): show_samplers,
    N_("Two prompts"): show_between, N_("Branch"): show_branch, N_("Begin with a picture"): show_beginning,
    N_("Measured"): show_measured, N_("Text encoder"): show_encoder, N_("The network"): show_network,
    N_("PyTorch code"): show_code,
}


def show_closer(page: str) -> None:
    """Draw the tabs."""
    tabs = st.tabs([_(title) for title in TABS], key=f"{page}.closer", on_change="rerun")
    for tab, show in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab:
                st.fragment(show)(page)
