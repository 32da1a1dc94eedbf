"""Induction heads: the probe on random tokens that are said twice, its verdict, and how such a head is born."""

import numpy as np
import streamlit as st

from pages.ui import panels
from pages.ui.film import choose_frames
from pages.ui.language import _, language, number, percent
from pages.ui.learned import shown
from pages.ui.live import pack_topics
from pages.ui.recurrent.work import Work, watch, work
from pages.ui.transformer import parts, settings
from pages.ui.transformer.moments import request
from pages.ui.transformer.polling import subject
from pages.ui.transformer.presets import PRESETS, preset_name
from pages.ui.transformer.sight import Sight
from pages.ui.transformer.switching import groups_of

CELL = 108        # pixels of a map
LEARNS = "repeat"  # the task and the preset in which induction heads appear


def show_induction(page: str, looked: Sight) -> None:
    """Draw the buttons of the probe and of its way along the recording, and what came of them."""
    st.markdown(_("**Induction heads.** Random tokens, said twice. A head that looks from a token to the one that came "
                  "after it the first time can continue any text that repeats itself (Olsson and others, 2022)."))
    view = shown(page)
    with st.container(horizontal=True):
        st.button(_("Look for induction heads"), key=f"{page}.probe", icon=":material/manage_search:", on_click=_probe,
                  args=(page,))
        if view is not None and len(view.snapshots) > 1:
            st.button(_("How they are born, along the recording"), key=f"{page}.births", icon=":material/timeline:",
                      on_click=_follow, args=(page,))
        if looked.spec.data.task != LEARNS:
            st.button(_("A training in which they appear"), key=f"{page}.learn_induction", icon=":material/bolt:",
                      on_click=settings.begin, args=(page, PRESETS[LEARNS][1]), help=preset_name(LEARNS))
    watch(page, "births", lambda found: _show_births(page, found))
    watch(page, "induction", lambda found: _show_found(page, found))


def _probe(page: str) -> None:
    looked = subject(page)["sight"]
    if looked is not None:
        work(page, "induction").begin(request("induction", looked, seed=0, repeats=16))


def _follow(page: str) -> None:
    view = shown(page)
    if view is not None:
        work(page, "births").begin({"kind": "transformer_induction_film", "model": {"run": view.id}, "seed": 0,
                                    "steps": choose_frames(view.snapshots)})


def begin_film(page: str, part: str, layer: int, head: int) -> None:
    """Begin the filmstrip of a head."""
    looked, view = subject(page)["sight"], shown(page)
    if looked is None or view is None:
        return
    asked = request("film", looked, part=part, layer=layer, head=head, steps=choose_frames(view.snapshots))
    work(page, "film").begin(asked | {"model": {"run": view.id, "step": view.snapshots[-1]}})


# along the recording

def _show_births(page: str, found: Work) -> None:
    """Draw the scores of the best heads over the steps, and what a token costs the first and the second time."""
    result = found.result
    if not result or len(result["steps"]) < 2:
        return
    steps, curves = np.asarray(result["steps"], np.float32), {}
    for name in ("heads", "previous"):
        scores = np.asarray(result[name], np.float32).reshape(len(steps), -1)
        curves[name] = np.stack([steps, scores[:, scores[-1].argmax()]])
    curves |= {name: np.stack([steps, np.asarray(result[name], np.float32)]) for name in ("first", "second")}
    charts = [
        panels.Chart("births", _("Attention of the two heads that are best at the end"), (
            panels.Line("heads", _("to the token after the first time")),
            panels.Line("previous", _("to the token before"), "grey")), unit="percent", low=0, high=1),
        panels.Chart("cost", _("Bits a token"), (
            panels.Line("second", _("the second time")), panels.Line("first", _("the first time"), "grey")), low=0)]
    last = int(steps[-1])
    panels.curves(f"{page}.births_curves", f"{page}.births", charts, {
        **curves, "step": last, "total_steps": last, "steps_per_epoch": None, "marks": [], "gap": None, "notes": {}})


# the probe

def _show_found(page: str, found: Work) -> None:
    """Show how much each head looks where an induction head would, and where it looks to the token before."""
    result, looked = found.result, subject(page)["sight"]
    if not result or looked is None or result.get("heads") is None:
        return
    _say_verdict(page, result)
    chance = percent(float(result["chance"]))
    left, right = st.columns(2, gap="medium")
    for side, name, title in ((left, "heads", _("To the token after the first time")),
                              (right, "previous", _("To the token before"))):
        table = np.asarray(result[name])
        values = {f"decoder.{layer}.{head}": float(value) for layer, row in enumerate(table)
                  for head, value in enumerate(row)}
        topic = {"groups": groups_of(looked), "values": values, "signed": False, "kind": "percent", "most": 1,
                 "off": [], "note": _("even attention: {chance}").format(chance=chance)}
        with side:
            parts.headbars(key=f"{page}.induction_{name}", on_off_change=lambda: None, data=pack_topics(
                {f"induction_{name}": topic}, channel=page, topic=f"induction_{name}", language=language(),
                switches=False, title=title,
                words={"head": "", "place": _("{group} · layer {layer} · head {head}")}))
    _show_repeats(page, result)


def _say_verdict(page: str, result: dict) -> None:
    """Say whether there is an induction head, and offer the filmstrip of the best one."""
    heads = np.asarray(result["heads"])
    layer, head = map(int, np.unravel_index(heads.argmax(), heads.shape))
    said = {
        "found": _("**There is an induction head:** layer {layer}, head {head} gives {share} of its attention to the "
                   "token after the first time; even attention would give {chance}."),
        "weak": _("**A weak one at most:** the best head, layer {layer}, head {head}, gives {share} of its attention "
                  "to the token after the first time; even attention would give {chance}."),
        "none": _("**There is none:** the best head, layer {layer}, head {head}, gives {share} of its attention to the "
                  "token after the first time; even attention would give {chance}."),
    }[result["verdict"]]
    st.markdown(said.format(layer=layer + 1, head=head + 1, share=percent(float(heads.max())),
                            chance=percent(float(result["chance"]))))
    view = shown(page)
    if view is not None and len(view.snapshots) > 1:
        if st.button(_("Filmstrip of this head"), key=f"{page}.film_best", icon=":material/theaters:"):
            begin_film(page, "decoder", layer, head)
            st.rerun()  # the film stands above, outside of what is drawn here


def _show_repeats(page: str, result: dict) -> None:
    """Show what each half costs, and the maps of the first text."""
    st.caption(_("A token costs {first} bits the first time and {second} bits the second time.").format(
        first=number(result["first"], 2), second=number(result["second"], 2)))
    maps = np.asarray(result["maps"], np.uint8)
    layers, heads = maps.shape[:2]
    labels = [f"{layer + 1} · {head + 1}" for layer in range(layers) for head in range(heads)]
    panels.grid(f"{page}.repeats", page, "repeats", cell=CELL, columns=heads, title=_("Maps of one repeated text"),
                note=_("layer · head"), pictures={"pictures": maps.reshape(-1, *maps.shape[2:]), "scale": "sequential",
                                                  "limit": 1.0, "labels": labels})
