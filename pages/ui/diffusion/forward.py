"""The forward process on screen: a picture and how it drowns in noise (static/js/noising.js).

All that the slider shows travels once: the picture, its noise, the schedules, and the chain at every tenth step.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcore.diffusion import schedules
from dlcore.diffusion.forward import draw_histograms, split_steps, walk_chain
from dlcore.seeds import derive
from dlcore.specs.data import ImageData
from dlcore.specs.noising import SCHEDULES, STEPS, Noising
from pages.ui import panels, pictures, state, words
from pages.ui.diffusion.words import scrubber_words
from pages.ui.forms import Form, grouped
from pages.ui.language import _, language
from pages.ui.live import pack

PART = "noising"  # keys, address and spec are those of a page of this name
EVERY = 10        # steps between two states of the chain that are shown
PIXELS = 1000     # times that one pixel is noised
REACH, BINS = 3.3, 44  # of the histograms, as in static/js/noisepaint.js
DATA = ImageData()  # the digits of MNIST

_noising = panels.register("noising", 560)


def edit_forward() -> object:
    """Draw the choice of the picture and of the schedule; returns the place of the pad where one is wanted."""
    place, form = pictures.choose_picture(PART, DATA), Form(PART, kind=PART)
    with grouped(_("Noise"), words.option(form.experiment.schedule), "noise", PART, unfolded=True):
        form.press("schedule", format_func=words.option)
        st.button(_("New noise"), key=f"{PART}.new_noise", icon=":material/casino:", on_click=_draw_noise,
                  width="stretch")
    return place


def _draw_noise() -> None:
    spec = state.page_spec(PART, PART)
    state.remember(PART, replace(spec, seed=(spec.seed + 1) % 2**31))


@st.fragment
def show_forward(place: object) -> None:
    """Draw the picture, its noise, and what is left of it at each time."""
    pictures.show_pad(PART, place)
    spec = state.page_spec(PART, PART)
    pixels, _label, title = pictures.picture(PART, DATA)
    _noising(key=f"{PART}.process", data=_message(spec, _scale(pixels), title), on_t_change=_take_time)


def _take_time() -> None:
    held = st.session_state.get(f"{PART}.process") or {}
    told, spec = held.get("t"), state.page_spec(PART, PART)
    if isinstance(told, int) and not isinstance(told, bool) and 0 <= told <= STEPS:
        state.remember(PART, replace(spec, t=told))


def _scale(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a picture as the process has it: -1 is black, 1 is white (n,)."""
    return pixels.ravel().astype(np.float32) / 127.5 - 1


def _message(spec: Noising, picture: NDArray[np.float32], title: str) -> bytes:
    chain = walk_chain(picture, split_steps(*_path(spec.schedule)), _draws(spec.seed, len(picture)), EVERY)
    closed, walked, moments = _noise_pixel(spec.schedule)
    meta = {"channel": PART, "language": language(), "t": spec.t, "every": EVERY, "words": _words(spec, title),
            "names": [words.option(name) for name in SCHEDULES], "chosen": SCHEDULES.index(spec.schedule),
            "factors": ["1 − s", "s"] if spec.schedule == "flow" else ["√ᾱ", "√(1−ᾱ)"]}
    signals, spreads = np.swapaxes([_path(name) for name in SCHEDULES], 0, 1)
    return pack(meta, picture=picture, noise=_noise(spec.seed, len(picture)), signals=signals, spreads=spreads,
                chain=np.rint((np.clip(chain, -1, 1) + 1) * 127.5).astype(np.uint8), closed=closed, walk=walked,
                moments=moments)


@cache
def _path(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what is left of the picture and how much noise there is, at every time."""
    times = np.arange(STEPS + 1)
    return schedules.signal(name, times), schedules.noise(name, times)


@st.cache_resource(show_spinner=False, max_entries=20)
def _noise(seed: int, size: int) -> NDArray[np.float32]:
    return np.random.default_rng(derive(seed, "noise")).standard_normal(size, np.float32)


@st.cache_resource(show_spinner=False, max_entries=8)
def _draws(seed: int, size: int) -> NDArray[np.float32]:
    """Return the noises of the chain's steps (steps, size)."""
    return np.random.default_rng(derive(seed, "chain")).standard_normal((STEPS, size), np.float32)


@cache
def _noise_pixel(schedule: str) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Noise one white pixel many times, at once and step by step: both histograms, and mean and deviation of both."""
    signals, spreads = _path(schedule)
    white = np.ones(PIXELS, np.float32)
    walked = walk_chain(white, split_steps(signals, spreads), _draws(1, PIXELS), EVERY)
    closed = signals[::EVERY, None] * white + spreads[::EVERY, None] * _draws(2, PIXELS)[:len(walked)]
    moments = np.stack([closed.mean(1), closed.std(1), walked.mean(1), walked.std(1)], axis=1)
    return draw_histograms(closed, REACH, BINS), draw_histograms(walked, REACH, BINS), moments


def _words(spec: Noising, title: str) -> dict[str, str]:
    return scrubber_words() | {
        "time": _("Time"), "at": _("t = {t} of {last}"), "picture": _("What is left of the picture"),
        "noise": _("The noise that is added"),
        "whole": _("{title} at time {{t}}: {{signal}} times the picture plus {{noise}} times the noise").format(
            title=title),
        "values": _("Values of the pixels"), "bell": _("dashed: the bell curve N(0, 1)"),
        "moments": _("mean {mean}, deviation {deviation}"), "ratio": _("Signal to noise"),
        "signal": _("{ratio} parts of signal to one of noise"), "clean": _("no noise"),
        "share": "(1 − s)²" if spec.schedule == "flow" else "ᾱ",
        "left": _("Left of the picture"),
        "pixel": _("One white pixel, 1,000 times"), "closed": _("at once"), "chain": _("step by step"),
    }  # fmt: skip
