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
        most = MOST // len(SAMPLERS[target])
        steps = st.multiselect(_("Steps of the way"), OFFERED, default=list(STEPS[-most:]), max_selections=most,
                               key=f"{page}.ways_of_{target}", format_func=number, width=320)
        ways = [{"sampler": sampler, "steps": count} for sampler in SAMPLERS[target] for count in sorted(steps)]
        wanted = to_dict(replace(asking.settled(looked.spec), count=PICTURES, sampler="usual"))
        result = offer(page, "samplers", _("Compare"), {
            "kind": "diffusion_many", "model": looked.model, "sampling": wanted, "ways": ways})
    _say_others(target)
    if result:
        _show_ways(page, result["ways"])


def _show_ways(page: str, ways: list[dict]) -> None:
    """Show a column for each sampler; side by side are ways of as many steps."""
    names = list(dict.fromkeys(way["sampler"] for way in ways))
    columns = dict(zip(names, st.columns(len(names), gap="medium"), strict=True))
    for place, way in enumerate(ways):
        with columns[way["sampler"]]:
            _show_way(page, place, way)


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
