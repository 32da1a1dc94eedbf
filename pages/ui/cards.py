"""The cards of the home page: what each page is for, with a small picture that a network has computed."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from dlcore.data.images import load_test
from dlcore.errors import DerinError, EngineError
from dlcore.plots.theme import encode_signed, find_limit
from dlcore.specs.codec import to_dict
from dlcore.specs.neuron import ELEMENTWISE, Neuron
from dlcore.specs.saliency import Saliency
from pages.ui import moments, panels
from pages.ui.diffusion.card import show_card as show_drowning
from pages.ui.explaining import explain
from pages.ui.language import N_, _, told
from pages.ui.pass_sketch import show_sketch
from pages.ui.playground.card import show_card as show_spiral
from pages.ui.recurrent.card import show_card
from pages.ui.shell import pages_there
from pages.ui.transformer.card import show_card as show_heads

PAGE = "home"
PRETRAINED = {"pretrained": "digits"}
SEVEN = 0  # the test digit, a 7, that pictures are computed from
SHOWN = tuple(name for name in ELEMENTWISE if name != "leaky_relu")  # it looks like ReLU
CELL = 28  # pixels of a picture: eight of them are as wide as a card
BESIDE = 2  # cards that stand beside the pad; the others follow below, three in a row


@st.cache_resource(show_spinner=False)
def first_layer() -> dict:
    """Return the filters of the pretrained network as pictures, computed once; EngineError while it is waking."""
    answer = moments.ask_moment(PRETRAINED, load_test("mnist").test_images[SEVEN])
    return moments.picture_topics(answer)["filters"]


def show_first_layer() -> None:
    """Show what the network on this page looks for."""
    panels.grid("home.filters", PAGE, "filters", title=_("First layer"), note=_("what this network looks for"),
                pictures=first_layer(), cell=CELL)


@st.cache_resource(show_spinner=False)
def first_maps() -> dict:
    """Return what the first layer of the pretrained network sees in a 7, as pictures; EngineError while waking."""
    answer = moments.ask_moment(PRETRAINED, load_test("mnist").test_images[SEVEN])
    return moments.picture_topics(answer)["maps0"]


def show_first_maps() -> None:
    """Show what the stamps of the first layer make of a 7."""
    panels.grid("home.stamps", PAGE, "stamps", title=_("First layer"), note=_("what its stamps make of a 7"),
                pictures=first_maps(), cell=CELL)


@st.cache_resource(show_spinner=False)
def neuron_planes() -> dict:
    """Return what one neuron answers over two inputs with each activation function, as pictures; EngineError."""
    request = {"kind": "neuron_planes", "neuron": to_dict(Neuron(), whole=True), "functions": SHOWN}
    planes = explain(request)["planes"]
    shares = planes / np.abs(planes).max(axis=(1, 2), keepdims=True)
    return {"pictures": encode_signed(shares, 1.0), "scale": "diverging", "limit": 1.0}


def show_neuron_planes() -> None:
    """Show one neuron over its two inputs, one picture an activation function."""
    panels.grid("home.neuron", PAGE, "neuron", title=_("One neuron, two inputs"),
                note=_("eight activation functions"), pictures=neuron_planes(), cell=CELL)


@st.cache_resource(show_spinner=False)
def sample_maps() -> dict:
    """Return what three methods say about a 7, as pictures; EngineError."""
    asked = Saliency(methods=("occlusion", "deep_lift", "grad_cam"))
    request = {"kind": "saliency", "model": PRETRAINED, "images": load_test("mnist").test_images[SEVEN][None],
               "settings": to_dict(asked), "methods": asked.methods}
    found = explain(request)["maps"]
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
    "playground.py": (N_("Build a small network on a plane and see every neuron as a picture while it learns; set any "
                         "weight by hand."), show_spiral),
    "convolution.py": (N_("Follow the stamp over your own digit, number by number, through every layer of the network "
                          "that you have trained."), show_first_maps),
    "digits.py": (N_("Build a convolutional network, watch it learn from 60,000 digits, and see what it gets wrong."),
                  show_first_layer),
    "saliency.py": (N_("Ask fourteen methods which pixels made your network say so, and which of them to trust."),
                    show_sample_maps),
    "recurrent.py": (N_("Train RNN, LSTM and GRU side by side on names, verse or numbers, and see what each of them "
                        "remembers."), show_card),
    "transformer.py": (N_("Train a translator or a small GPT and watch whom each word looks at, in every head, with "
                          "the numbers."), show_heads),
    "diffusion.py": (N_("See a picture drown in noise, step by step, and how a network finds its way back out of it."),
                     show_drowning),
}


def show_cards(beside, waking: bool) -> None:
    """Draw a card for each page: the first ones in the place beside the pad, the others below it."""
    there = [(file, title) for _group, file, title in pages_there() if file in CARDS]
    for file, title in there[:BESIDE]:
        with beside:
            _show_card(file, title, waking)
    rest = there[BESIDE:]
    for first in range(0, len(rest), 3):
        for place, (file, title) in zip(st.columns(3, gap="medium"), rest[first: first + 3]):
            with place:
                _show_card(file, title, waking)


def _show_card(file: str, title: str, waking: bool) -> None:
    purpose, draw = CARDS[file]
    with st.container(key=f"home_{file.removesuffix('.py')}", border=True):
        st.page_link(f"pages/{file}", label=f"**{_(title)}**")
        st.markdown(_(purpose))
        _show_picture(draw, waking)


def _show_picture(draw: Callable[[], None], waking: bool) -> None:
    """Draw a card's picture in its place, which is kept for it while the engine is waking."""
    with st.container(height=84, border=False):
        try:
            draw()
        except DerinError as error:
            st.caption("" if waking else told(error))


def is_waking() -> bool:
    """Whether the engine cannot answer yet."""
    try:
        first_layer()
    except EngineError:
        return True
    except DerinError:
        return False  # it answers, but not this
    return False
