"""The same head along the recording, and the probe for induction heads on repeated text."""

import numpy as np
import streamlit as st

from pages.ui import panels
from pages.ui.film import choose_frames
from pages.ui.language import _, language, number, percent
from pages.ui.live import pack_topics
from pages.ui.recurrent.work import Work, watch, work
from pages.ui.transformer import parts, sight
from pages.ui.transformer.moments import request
from pages.ui.transformer.names import part_name
from pages.ui.transformer.polling import subject
from pages.ui.transformer.sight import Sight, place, shown
from pages.ui.transformer.switching import groups_of

CELL = 108  # pixels of a frame


def show_film(page: str) -> None:
    """Draw the filmstrip of the chosen head, and of a language model the induction probe."""
    looked = subject(page)["sight"]
    if looked is None:
        st.caption(_("The settings cannot be built: the sidebar says why."))
        return
    _show_strip(page, looked)
    if not looked.translates:
        st.divider()
        _show_probe(page)


# the filmstrip

def _show_strip(page: str, looked: Sight) -> None:
    view, at = shown(page), place(page, looked)
    if view is None or len(view.snapshots) < 2:
        st.caption(_("A filmstrip needs a recording: press Train. The pretrained network has only its end."))
        return
    title = _("{group} · layer {layer} · head {head}").format(
        group=part_name(at.part, looked.translates), layer=at.layer + 1, head=at.head + 1)
    st.button(_("Filmstrip of {head}").format(head=title), key=f"{page}.film", icon=":material/theaters:",
              on_click=_begin, args=(page,), help=_("The head that is chosen above, at up to twenty snapshots."))
    watch(page, "film", lambda found: _show_frames(page, found))


def _begin(page: str) -> None:
    looked, view = subject(page)["sight"], shown(page)
    if looked is None or view is None:
        return
    at = place(page, looked)
    asked = request("film", looked, part=at.part, layer=at.layer, head=at.head, steps=choose_frames(view.snapshots))
    work(page, "film").begin(asked | {"model": {"run": view.id, "step": view.snapshots[-1]}})


def _show_frames(page: str, found: Work) -> None:
    """Show a map a snapshot, its step and what the network answered then."""
    result, asked = found.result, found.asked
    if not result or not len(result["steps"]):
        return
    labels = [_("step {step}").format(step=number(int(step))) for step in result["steps"]]
    pictures = {"pictures": np.asarray(result["weights"], np.uint8), "scale": "sequential", "limit": 1.0,
                "labels": labels}
    panels.grid(f"{page}.frames", page, "frames", cell=CELL, pictures=pictures,
                title=_("{group} · layer {layer} · head {head}").format(
                    group=part_name(asked["part"], len(sight.parts_of(subject(page)["sight"].spec)) > 1),
                    layer=asked["layer"] + 1, head=asked["head"] + 1))
    if subject(page)["sight"].translates:
        answers = [f"{label}: {text}" for label, text in zip(labels, result["answers"], strict=True)]
        st.code("\n".join(answers), language=None)
        st.caption(_("What each row told, behind the same tokens at every step: not the answer that the network would "
                     "have come to by itself."))
    bits = " · ".join(number(float(one), 2) for one in result["entropy"])
    st.caption(_("Mean entropy of a row, in bits (0: each token looks at one only): {bits}").format(bits=bits))


# induction

def _show_probe(page: str) -> None:
    st.markdown(_("**Induction heads.** Random tokens, said twice. A head that looks from a token to the one that came "
                  "after it the first time can continue any text that repeats itself (Olsson and others, 2022)."))
    st.button(_("Look for induction heads"), key=f"{page}.probe", icon=":material/manage_search:", on_click=_probe,
              args=(page,))
    watch(page, "induction", lambda found: _show_induction(page, found))


def _probe(page: str) -> None:
    looked = subject(page)["sight"]
    if looked is not None:
        work(page, "induction").begin(request("induction", looked, seed=0, repeats=16))


def _show_induction(page: str, found: Work) -> None:
    """Show how much each head looks where an induction head would, and where it looks to the token before."""
    result, looked = found.result, subject(page)["sight"]
    if not result or looked is None or result.get("heads") is None:
        return
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


def _show_repeats(page: str, result: dict) -> None:
    """Show what each place costs, and the maps of the first text."""
    bits = np.asarray(result["bits"], np.float32)
    half = len(bits) // 2
    st.caption(_("A token costs {first} bits the first time and {second} bits the second time.").format(
        first=number(float(np.nanmean(bits[:half])), 2), second=number(float(np.nanmean(bits[half:])), 2)))
    maps = np.asarray(result["maps"], np.uint8)
    layers, heads = maps.shape[:2]
    labels = [f"{layer + 1} · {head + 1}" for layer in range(layers) for head in range(heads)]
    panels.grid(f"{page}.repeats", page, "repeats", cell=CELL, columns=heads, title=_("Maps of one repeated text"),
                note=_("layer · head"), pictures={"pictures": maps.reshape(-1, *maps.shape[2:]), "scale": "sequential",
                                                  "limit": 1.0, "labels": labels})
