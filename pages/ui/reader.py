"""What a network reads on a pad: the class scores and, where they are wanted, the slower parts that explain them."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from dlcore.data.drawing import Received, are_two, receive, toggle_each
from dlcore.engine.views import RunView
from dlcore.errors import DerinError, EngineAsleep, EngineError
from pages.ui import live, moments, remarks, runs, state
from pages.ui.canvas import NEIGHBOURS, Answer, Drawing, pack_answer, read_pad
from pages.ui.explaining import explain
from pages.ui.language import _, number
from pages.ui.waking import wait

NEWEST = 2**62  # a cursor behind all events
BUSY = {"again": True}
QUICK = 2.0       # seconds: the pad asks again


@dataclass(frozen=True)
class Reader:
    """Answers a pad on its line: with the page's run once that has weights, until then with `model`."""

    run: str | None
    model: dict
    dataset: str

    def answer(self, question: dict) -> bytes:
        """Return what is read for a question (see pages.ui.canvas), or what is in the way."""
        drawn = read_pad(question)
        if drawn is None or drawn.empty:
            return live.pack({})
        try:
            return self._read(drawn, question.get("at"))
        except EngineAsleep:
            return live.pack(wait())
        except EngineError:
            return live.pack(BUSY)
        except DerinError:
            return live.pack({})  # the snapshot is not there any more

    def _read(self, drawn: Drawing, at: object) -> bytes:
        view = state.engine().view(self.run, state.visitor(), NEWEST) if self.run else None
        model = self.model
        if view is not None and view.live_step is not None:
            model = {"run": view.id, "step": at if isinstance(at, int) and not isinstance(at, bool) else None}
        panel = "details" if drawn.detail else "bars"  # neither takes the other's place
        answer = read(drawn, model, self.dataset, is_settled(model, view), panel)
        return pack_answer(answer, see(answer, model, view, panel))


def read(drawn: Drawing, model: dict, dataset: str, settled: bool, panel: str = "") -> Answer:
    """Return what a network makes of a drawing that is not empty; a newer question of the panel's takes its place.

    Of a `settled` network, one that is not being trained, it is said how near the drawing is to what it has learned.
    """
    received = receive(drawn.picture, drawn.steps)
    others = toggle_each(drawn.picture, drawn.steps) if drawn.detail else {}
    images = np.stack([received.pixels, *others.values()])
    told = explain({"kind": "read", "model": model, "compare": settled, "images": images}, panel, QUICK)
    scores, *rest = told["scores"]
    two = dataset == "mnist" and are_two(drawn.picture)
    answer = {"note": _note(model, told["step"]), "measuring": told.get("measuring", False),
              "remark": remarks.tell(two, told.get("nearer"), dataset)}
    if drawn.detail:
        answer |= {"otherwise": dict(zip(others, rest, strict=True)), "received": received,
                   "neighbours": _neighbours(received, dataset, panel)}
    return Answer(drawn, scores, **answer)


def is_settled(model: dict, view: RunView | None) -> bool:
    """Whether a network stays as it is: no training that is watched live."""
    return model.get("step") is not None or view is None or view.state not in runs.ACTIVE or "pretrained" in model


def see(answer: Answer, model: dict, view: RunView | None, panel: str = "") -> tuple[dict, dict] | None:
    """Return what the first layers see in a drawing, while no training that is watched live says so at every tick."""
    step = model.get("step")
    if answer.received is None or (step is None and view and view.state in runs.ACTIVE):
        return None
    try:
        told = moments.ask_moment(model, answer.received.pixels, panel)
    except EngineError:
        return None  # the bars do not wait for it
    return live.lay_out(moments.picture_topics(told), "live" if step is None else "snapshot", told["step"])


def _neighbours(received: Received, dataset: str, panel: str) -> SimpleNamespace:
    request = {"kind": "neighbours", "image": received.pixels, "dataset": dataset, "count": NEIGHBOURS}
    return SimpleNamespace(**explain(request, panel, QUICK))


def _note(model: dict, step: int) -> str:
    """Return which network has read the drawing."""
    return _("pretrained network") if "pretrained" in model else _("step {step}").format(step=number(step))
