"""The network that comes along: what is looked at until something is trained, and how its settings are taken over."""

from dataclasses import replace

import streamlit as st

from dlcore.explain.pretrained import read_manifest
from dlcore.specs.transformer import Transformer
from pages.ui import state
from pages.ui.language import _, number, percent
from pages.ui.transformer import sight
from pages.ui.transformer.names import option_name
from pages.ui.transformer.sight import Sight


def is_borrowed(looked: Sight | None) -> bool:
    """Whether what is looked at is a network that comes along."""
    return looked is not None and "pretrained" in looked.model


def differs(looked: Sight, wanted: Transformer) -> bool:
    """Whether a network was trained with other settings than those of the sidebar."""
    return replace(wanted, changes=()) != replace(looked.spec, changes=())


def describe_shape(spec: Transformer) -> str:
    """Return the size of a network in words."""
    network = spec.network
    return _("{layers} layers, {heads} heads, width {width}, {norm}, positions: {positions}").format(
        layers=network.layers, heads=network.heads, width=network.width, norm=option_name(network.norm),
        positions=option_name(network.positions))


def tell_standing(looked: Sight | None, wanted: Transformer) -> str:
    """Say what is shown while there is no run."""
    if looked is None:
        return ""
    if not is_borrowed(looked):
        return _("The network is shown before its training")
    if differs(looked, wanted):
        return _("Shown: one trained before with other settings ({shape})").format(
            shape=describe_shape(looked.spec))
    return _("Shown: one trained before with these settings")


def offer_settings(page: str) -> None:
    """Say in the sidebar what network is looked at where it is not that of the settings; offer to take its settings."""
    looked, wanted = sight.look(page), state.experiment(page)
    if not is_borrowed(looked):
        return
    st.caption(_("You are looking at a network that was trained before: {shape}. {result}").format(
        shape=describe_shape(looked.spec), result=_tell_result(looked)))
    if differs(looked, wanted):
        st.caption(_("The settings here are those of your own training; they say nothing about the pictures."))
        st.button(_("Use its settings"), key=f"{page}.use_settings", icon=":material/content_copy:",
                  on_click=state.remember, args=(page, looked.spec), width="stretch")
    else:
        st.caption(_("The settings here are the ones it was trained with."))


def _tell_result(looked: Sight) -> str:
    """Return what its manifest says of the held-out examples."""
    manifest = read_manifest(looked.model["pretrained"])
    if looked.translates:
        return _("Held out: {share} of the answers exact.").format(share=percent(manifest["test_exact"]))
    return _("Held out: {bits} bits a character.").format(bits=number(manifest["test_bits"], 2))
