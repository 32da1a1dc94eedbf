"""The parts of the Diffusion page: which one is shown, and what each has in the address bar.

Each part keeps its settings and its run under a name of its own, as if it were a page; the address has those of the
part that is shown.
"""

import streamlit as st

from pages.ui import state
from pages.ui.diffusion.words import PARTS, part_name
from pages.ui.language import _

PARAMETER = state.PART
NAMES = {"noise": "noising", "plane": "diffusion_plane", "digits": "diffusion"}  # under which each keeps what it has
ADDRESS = ("noising", "diffusion", "sampling", "run")  # what belongs to one part alone


def choose_part(page: str) -> str:
    """Draw the choice of the part and return the chosen one."""
    key = f"{page}.{PARAMETER}"
    st.session_state[key] = now = shown_part(page)
    st.segmented_control(_("Part of the page"), list(PARTS), format_func=part_name, key=key, required=True,
                         on_change=_take_part, args=(page, key), label_visibility="collapsed")
    return now


def shown_part(page: str) -> str:
    """Return the part that the address names, else the first."""
    asked = state.parameter(page, PARAMETER)
    return asked if asked in PARTS else next(iter(PARTS))


def _take_part(page: str, key: str) -> None:
    """Show another part; each keeps what it has in the session, and the address names what is shown."""
    chosen = st.session_state[key]
    if chosen not in PARTS or chosen == shown_part(page):
        return
    state.turn_to(("noising", "diffusion_plane", "diffusion", "sampling", "sampling_plane"), ADDRESS)
    state.remember_parameter(page, PARAMETER, chosen)
