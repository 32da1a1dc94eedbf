"""Two prompts (or digits) from the same noise, and what lies between them; or between two noises."""

from dataclasses import replace
from typing import Any

import streamlit as st

from dlcore.diffusion.prompts import read_prompt
from dlcore.specs.codec import to_dict
from dlcore.specs.sampling import Sampling
from pages.ui import panels
from pages.ui.diffusion import asking, sight
from pages.ui.diffusion.prompting import say_unknown
from pages.ui.diffusion.work import offer
from pages.ui.language import _, language, percent

COUNT = 9
OTHER = {"en": "a thin left slanted seven", "tr": "ince sola yatık yedi"}


def edit_other(page: str, name: str, looked: sight.Sight) -> Sampling:
    """Draw what a second picture shall be of, and return it; everything else is as for the first."""
    wanted, key = asking.settled(looked.spec), f"{page}.{name}"
    if looked.spec.condition == "prompt":
        typed = st.text_input(_("Other prompt"), OTHER[language()], key=key, max_chars=200)
        if said := say_unknown(read_prompt(typed)):
            st.markdown(said)
        return replace(wanted, prompt=" ".join(typed.split()))
    if looked.spec.condition == "class":
        digit = st.pills(_("Other digit"), range(10), default=(wanted.digit + 2) % 10, required=True, key=key)
        return replace(wanted, digit=digit)
    return wanted


def show_between(page: str) -> None:
    """Draw the second prompt, the button, and the pictures from one to the other."""
    looked = sight.look(page)
    if looked is None:
        return
    st.markdown(_("At both ends the same noise becomes what is asked for; in between, what the network is told goes "
                  "over from one to the other."))
    with st.container(key="diffusion_between", horizontal=True, vertical_alignment="bottom"):
        other = edit_other(page, "other", looked)
        if st.toggle(_("To another noise, too"), key=f"{page}.other_noise"):
            other = replace(other, seed=(other.seed + 1) % 2**31)
        result = offer(page, "between", _("Draw"), {
            "kind": "diffusion_between", "model": looked.model, "count": COUNT,
            "sampling": _plain(asking.settled(looked.spec)), "other": _plain(other)})
    if result:
        panels.grid(f"{page}.between_pictures", page, "between", cell=84, columns=COUNT, pictures={
            "pictures": result["pictures"], "scale": "grey",
            "labels": [percent(float(share), 0) for share in result["shares"]]})


def _plain(sampling: Sampling) -> dict[str, Any]:
    return to_dict(replace(sampling, count=1))
