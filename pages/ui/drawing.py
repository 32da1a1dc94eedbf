"""The pad on a page: which network reads it, and what it answers."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import streamlit as st

from dlcore.data.drawing import Received, receive, toggle_each
from dlcore.data.images import is_there, load_test
from dlcore.errors import DerinError, EngineAsleep, EngineError
from dlcore.specs.datasets import describe
from pages.ui import live, moments, panels, runs, state, words
from pages.ui.canvas import NEIGHBOURS, Answer, Drawing, Look, drawing_on, pack_scores, pad, read_pad
from pages.ui.language import _, number
from pages.ui.lines import open_line
from pages.ui.live import pack

LAST = "_drawn_on"  # the page on which something was drawn last
NEWEST = 2**62  # a cursor behind all events
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
            answer = _answer(page, drawn, model, dataset)
            topics = _seen(page, drawn, answer, model)
    except EngineAsleep:
        waiting = state.engine().status().seconds_left
    except EngineError:
        waiting = 1.0  # it is busy: the pad asks again
    except DerinError:
        answer = None  # the snapshot is not there any more
    line = open_line(key, Reader(run, model).answer) if model else None
    pad(key, page, answer, look=look, waiting=waiting, topics=topics, line=line)
    st.session_state[f"{page}.prediction"] = look.classes[int(np.argmax(answer.scores))] if answer else ""


@dataclass(frozen=True)
class Reader:
    """Reads what stands on a pad while the pen moves: with the page's run once it has weights, until then with `model`.
    """

    run: str | None
    model: dict

    def answer(self, question: dict) -> bytes:
        """Return the class scores for a question (pages.ui.canvas), or what is in their way."""
        drawn = read_pad(question)
        received = drawn and receive(drawn.picture, drawn.steps)
        if not received:
            return pack({})
        try:
            model = self._model(question.get("at"))
            request = {"kind": "read", "model": model, "images": received.pixels[None]}
            told = state.engine().explain(f"{state.visitor()} on a line", request)
        except EngineAsleep:
            return pack({"waiting": state.engine().status().seconds_left})
        except EngineError:
            return pack({"again": True})
        except DerinError:
            return pack({})  # the snapshot is not there any more
        return pack_scores(told["scores"][0], _note(model, told["step"]))

    def _model(self, at: object) -> dict:
        step = at if isinstance(at, int) and not isinstance(at, bool) and at >= 0 else None
        if "run" in self.model:
            return {**self.model, "step": step}
        view = state.engine().view(self.run, state.visitor(), NEWEST) if self.run else None
        return self.model if view is None or view.live_step is None else {"run": view.id, "step": step}


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


def drawn_number(page: str) -> int | None:
    """Return the number that the browser gave to what stands on the pad."""
    drawn = drawing_on(f"{page}.canvas")
    return drawn.seq if drawn else None


def drawn_input(page: str) -> tuple[np.ndarray, int | None]:
    """Return what the network receives of the pad (28, 28), and the drawing's number; an example while it is empty."""
    drawn = drawing_on(f"{page}.canvas")
    received = receive(drawn.picture, drawn.steps) if drawn else None
    if received is None:
        return load_test(shown_model(page)[1]).test_images[EXAMPLE], None
    return received.pixels, drawn.seq


def _answer(page: str, drawn: Drawing, model: dict, dataset: str) -> Answer:
    received = receive(drawn.picture, drawn.steps)
    others = toggle_each(drawn.picture, drawn.steps) if drawn.detail else {}
    told = _ask({"kind": "read", "model": model, "images": np.stack([received.pixels, *others.values()])})
    scores, *rest = told["scores"]
    answer = {"note": _note(model, told["step"])}
    if drawn.detail:
        answer |= {"otherwise": dict(zip(others, rest, strict=True)), "received": received,
                   "neighbours": _neighbours(received, dataset)}
    return Answer(drawn, scores, **answer)


def _seen(page: str, drawn: Drawing, answer: Answer, model: dict) -> tuple[dict, dict] | None:
    """Return what the first layers see in a drawing, while no training that is watched live says so at every tick."""
    view, step = runs.shown_run(page), model.get("step")
    if not drawn.detail or answer.received is None or (step is None and view and view.state in runs.ACTIVE):
        return None
    try:
        told = moments.ask_moment(model, answer.received.pixels)
    except EngineError:
        return None  # the bars do not wait for it
    return live.lay_out(moments.picture_topics(told), "live" if step is None else "snapshot", told["step"])


def _neighbours(received: Received, dataset: str) -> SimpleNamespace:
    return SimpleNamespace(**_ask({"kind": "neighbours", "image": received.pixels, "dataset": dataset,
                                   "count": NEIGHBOURS}))


def _note(model: dict, step: int) -> str:
    """Return which network has read the drawing."""
    return _("pretrained network") if "pretrained" in model else _("step {step}").format(step=number(step))


def _ask(request: dict) -> dict:
    return state.engine().explain(state.visitor(), request)
