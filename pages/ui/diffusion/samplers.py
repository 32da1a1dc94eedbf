"""Samplers side by side: the same noise, led by each sampler that belongs to the model, in few steps and in many."""

from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.specs.codec import to_dict
from dlcore.specs.sampling import NAMES, SAMPLERS, why_not
from pages.ui import panels
from pages.ui.diffusion import asking, sight
from pages.ui.diffusion.words import sampler_name
from pages.ui.diffusion.work import offer
from pages.ui.language import _, number

STEPS = (2, 5, 10, 50)
OFFERED = [1, 2, 3, 5, 10, 20, 50, 100, 250, 1000]
PICTURES = 6
MOST = 8  # ways of one comparison


def show_samplers(page: str) -> None:
    """Draw the choice, the button, and a row of pictures for each way."""
    looked = sight.look(page)
    if looked is None:
        return
    target = looked.spec.process.target
    st.markdown(_("The same noise, led to pictures by every sampler that belongs to this model."))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        steps = st.multiselect(_("Steps"), OFFERED, default=list(STEPS), key=f"{page}.ways", max_selections=4,
                               format_func=number, width=320)
        ways = [{"sampler": sampler, "steps": count} for sampler in SAMPLERS[target] for count in sorted(steps)][:MOST]
        wanted = to_dict(replace(asking.settled(looked.spec), count=PICTURES, sampler="usual"))
        result = offer(page, "samplers", _("Compare"), {
            "kind": "diffusion_many", "model": looked.model, "sampling": wanted, "ways": ways})
    _say_others(target)
    for number_of, way in enumerate(result["ways"] if result else ()):
        _show_way(page, number_of, way)


def _say_others(target: str) -> None:
    """Say which samplers do not belong to the model, and why."""
    others = [sampler for sampler in NAMES if why_not(sampler, target)]
    names = ", ".join(map(sampler_name, others))
    st.caption(f":gray[~~{names}~~] {_(why_not(others[0], target))}")


def _show_way(page: str, place: int, way: dict) -> None:
    title = _("{sampler}, {steps} steps").format(sampler=sampler_name(way["sampler"]), steps=number(way["steps"]))
    panels.grid(f"{page}.way{place}", page, f"way{place}", title=title, cell=48, columns=PICTURES,
                note=_("{seconds} s").format(seconds=number(way["seconds"], 2)),
                pictures={"pictures": np.asarray(way["film"][-1]), "scale": "grey"})
