"""Going back to a step, and on from there with something else: another prompt, another guidance."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from dlcore.specs.codec import to_dict
from pages.ui.diffusion import asking, components, film, sight
from pages.ui.diffusion.between import edit_other
from pages.ui.diffusion.work import offer
from pages.ui.language import _, language
from pages.ui.live import pack_topics


def show_branch(page: str) -> None:
    """Draw where the way branches off, with what it goes on, and the new way."""
    looked = sight.look(page)
    if looked is None:
        return
    steps = asking.settled(looked.spec).steps
    with st.container(key="diffusion_branch", horizontal=True, vertical_alignment="bottom"):
        step = st.number_input(_("Branch off at step"), 0, steps, min(_shown_step(page, steps), steps),
                               key=f"{page}.branch_step", width=150,
                               help=_("Where the slider above stands when this is opened."))
        other = edit_other(page, "branch_other", looked)
        guidance = st.number_input(_("Guidance"), 0.0, 10.0, other.guidance, 0.5, key=f"{page}.branch_guidance",
                                   width=130)
        result = offer(page, "branch", _("Go on"), {
            "kind": "diffusion_walk", "model": looked.model, "sampling": film.wanted(looked),
            "branch": {"step": int(step), "sampling": to_dict(replace(other, count=1, guidance=guidance))}})
    if result:
        channel = f"{page}.branch"
        components.denoise(key=f"{page}.branch_film", data=pack_topics(
            {"film": film.film_topic(result, looked.spec)}, channel=channel, language=language(),
            words=film.film_words()))


def _shown_step(page: str, steps: int) -> int:
    """Return where the slider of the way stands; half way where it has not been moved."""
    held = (st.session_state.get(f"{page}.film") or {}).get("at")
    step = held.get("step") if isinstance(held, Mapping) else None
    return step if isinstance(step, int) and 0 <= step < steps else steps // 2
