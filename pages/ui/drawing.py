"""The pad on a page, and which network reads it."""

import numpy as np
import streamlit as st

from dlcore.data.drawing import receive
from dlcore.data.images import is_there, load_test
from dlcore.errors import DerinError, EngineAsleep, EngineError
from dlcore.specs.datasets import describe
from pages.ui import panels, runs, state, words
from pages.ui.canvas import Look, drawing_on, pad
from pages.ui.lines import open_line
from pages.ui.reader import Reader, is_settled, read, see
from pages.ui.waking import wait

LAST = "_drawn_on"  # the page on which something was drawn last
BUSY = {"waiting": 1.0, "since": None}  # it answers, but not now
EXAMPLE = 0  # the test picture that the layers look at while nothing is drawn


@st.fragment
def show_pad(page: str, details: bool = True, model: dict | None = None) -> None:
    """Draw the pad; while a stroke is in progress the network that the page shows (or `model`, on MNIST) reads it."""
    key, run = f"{page}.canvas", None if model else state.run(page)
    model, dataset = (model, "mnist") if model else shown_model(page)
    look = Look(dataset, words.class_names(dataset), details)
    answer, waiting, topics = None, None, None
    drawn = drawing_on(key)
    try:
        if drawn is not None and not drawn.empty:
            st.session_state[LAST] = page
        if drawn is not None and not drawn.empty and model is not None:
            view = runs.shown_run(page)
            answer = read(drawn, model, dataset, is_settled(model, view))
            topics = see(answer, model, view)
    except EngineAsleep:
        waiting = wait()
    except EngineError:
        waiting = BUSY  # it is busy: the pad asks again
    except DerinError:
        answer = None  # the snapshot is not there any more
    line = open_line(key, Reader(run, model, dataset).answer) if model else None
    pad(key, page, answer, look=look, waiting=waiting, topics=topics, line=line)
    if details:
        hold_input(page, *drawn_input(page))
    st.session_state[f"{page}.prediction"] = look.classes[int(np.argmax(answer.scores))] if answer else ""


def last_store(page: str) -> str:
    """Return the name under which the browser keeps what was drawn last, on Home or Digits, else the page's own."""
    return st.session_state.get(LAST, page)


def shown_model(page: str) -> tuple[dict | None, str]:
    """Return the network that the page shows now, as a request names it, and the data set that it reads.

    The run on the page, at the step to which it is rewound; without a run the pretrained network, where it fits.
    """
    view = runs.shown_run(page)
    if view is not None and view.live_step is not None:
        return {"run": view.id, "step": panels.chosen_step(f"{page}.rewind")}, view.experiment.data.dataset
    dataset = state.experiment(page).data.dataset
    return ({"pretrained": "digits"} if dataset == "mnist" else None), dataset


def can_draw(page: str) -> bool:
    """Whether the network that the page shows reads what can be drawn, and its data set is there."""
    dataset = shown_model(page)[1]
    return describe(dataset).drawn and is_there(dataset)


def drawn_input(page: str) -> tuple[np.ndarray, int | None]:
    """Return what the network receives of the pad (28, 28), and the drawing's number; an example while it is empty."""
    drawn = drawing_on(f"{page}.canvas")
    received = receive(drawn.picture, drawn.steps) if drawn else None
    if received is None:
        return load_test(shown_model(page)[1]).test_images[EXAMPLE], None
    return received.pixels, drawn.seq


def hold_input(page: str, image: np.ndarray | None, number: int | None) -> dict:
    """Keep what the page's network reads where a direct line can see it, and return that."""
    held = st.session_state.setdefault(f"_input.{page}", {})
    held |= {"image": image, "number": number}
    return held
