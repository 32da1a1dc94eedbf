"""Home: what this is, a pad that reads the digit being drawn, and a card for each page."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from dlcore.data.images import load_test
from dlcore.errors import DerinError, EngineError
from dlcore.plots.theme import encode_signed, find_limit
from dlcore.specs.codec import to_dict
from dlcore.specs.neuron import ELEMENTWISE, Neuron
from dlcore.specs.saliency import Saliency
from pages.ui import drawing, moments, panels, state
from pages.ui.language import N_, _, lesson, number, told
from pages.ui.pass_sketch import show_sketch
from pages.ui.shell import open_page, pages_there

PAGE = "home"
PRETRAINED = {"pretrained": "digits"}
SEVEN = 0  # the test digit, a 7, that the card's pictures are computed from
SHOWN = tuple(name for name in ELEMENTWISE if name != "leaky_relu")  # on the card: it looks like ReLU
PATIENCE = 0.5  # seconds between two looks at whether the engine is awake


@st.cache_resource(show_spinner=False)
def first_layer() -> dict:
    """Return the filters of the pretrained network as pictures, computed once; EngineError while it is waking."""
    answer = moments.ask_moment(PRETRAINED, load_test("mnist").test_images[SEVEN])
    return moments.picture_topics(answer)["filters"]


def show_first_layer() -> None:
    """Show what the network on this page looks for."""
    panels.grid("home.filters", PAGE, "filters", title=_("First layer"), note=_("what this network looks for"),
                pictures=first_layer())


@st.cache_resource(show_spinner=False)
def neuron_planes() -> dict:
    """Return what one neuron answers over two inputs with each activation function, as pictures; EngineError."""
    request = {"kind": "neuron_planes", "neuron": to_dict(Neuron(), whole=True), "functions": SHOWN}
    planes = state.engine().explain(state.visitor(), request)["planes"]
    shares = planes / np.abs(planes).max(axis=(1, 2), keepdims=True)
    return {"pictures": encode_signed(shares, 1.0), "scale": "diverging", "limit": 1.0}


def show_neuron_planes() -> None:
    """Show one neuron over its two inputs, one picture an activation function."""
    panels.grid("home.neuron", PAGE, "neuron", title=_("One neuron, two inputs"),
                note=_("eight activation functions"), pictures=neuron_planes())


def is_waking() -> bool:
    """Whether the engine cannot answer yet."""
    try:
        first_layer()
    except EngineError:
        return True
    except DerinError:
        return False  # it answers, but not this
    return False


def show_waking() -> None:
    """Say how long the engine still needs; once it answers, the page is drawn again with its pictures."""
    if not is_waking():
        st.rerun()
    seconds = max(1, state.engine().status().seconds_left)
    st.caption(_("The network is waking, {seconds} s. You can draw already.").format(seconds=number(seconds)))


def show_picture(draw: Callable[[], None]) -> None:
    """Draw a card's picture in its place, which is kept for it while the engine is waking."""
    with st.container(height=84, border=False):
        try:
            draw()
        except DerinError as error:
            st.caption("" if waking else told(error))


@st.cache_resource(show_spinner=False)
def sample_maps() -> dict:
    """Return what three methods say about a 7, as pictures; EngineError."""
    asked = Saliency(methods=("occlusion", "deep_lift", "grad_cam"))
    request = {"kind": "saliency", "model": PRETRAINED, "images": load_test("mnist").test_images[SEVEN][None],
               "settings": to_dict(asked), "methods": asked.methods}
    found = state.engine().explain(state.visitor(), request)["maps"]
    shares = np.stack([found[method][0] / find_limit(found[method][0]) for method in asked.methods])
    return {"pictures": encode_signed(shares, 1.0), "scale": "diverging", "limit": 1.0}


def show_sample_maps() -> None:
    """Show which pixels make this network read a 7, one picture a method."""
    panels.grid("home.maps", PAGE, "maps", title=_("Why a 7?"), note=_("three methods answer"),
                pictures=sample_maps(), cell=44)


# file of the page, what it is for, its picture
CARDS = {
    "neuron.py": (N_("Turn the weights of one neuron and watch where its gradient dies; then let up to 16 of them "
                     "imitate a curve that you draw."), show_neuron_planes),
    "backprop.py": (N_("Walk an example through a small network and back, number by number, and check the chain rule "
                       "on any weight."), show_sketch),
    "digits.py": (N_("Build a convolutional network, watch it learn 60,000 digits in seconds, and see what it gets "
                     "wrong."), show_first_layer),
    "saliency.py": (N_("Ask fourteen methods which pixels made your network say so, and which of them to trust."),
                    show_sample_maps),
}

beside = open_page(_("See deep learning happen"), _("Draw a digit: a small network reads it while you draw."))
if waking := is_waking():
    with beside:
        st.fragment(show_waking, run_every=PATIENCE)()
left, right = st.columns([60, 40], gap="large")
with left:
    drawing.show_pad(PAGE, details=False, model=PRETRAINED)
    with st.container(key="home.about"):
        st.markdown(lesson(PAGE))

for _group, file, title in pages_there():
    if file not in CARDS:
        continue
    purpose, draw = CARDS[file]
    with right.container(key=f"home_{file.removesuffix('.py')}", border=True):
        st.page_link(f"pages/{file}", label=f"**{_(title)}**")
        st.markdown(_(purpose))
        show_picture(draw)
