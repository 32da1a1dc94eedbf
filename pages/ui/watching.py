"""What a page tells of its run at each look: by its script where that runs, on a direct line in between."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcore.data.images import is_there
from dlcore.engine.views import RunView
from dlcore.errors import EngineError, RecordingError
from dlcore.specs.experiment import Experiment
from pages.ui import moments, panels, runs, state
from pages.ui.history import History
from pages.ui.language import _
from pages.ui.waking import waking

QUICK, CALM = 0.2, 0.6  # seconds between two looks, with few and with many trainings
STANDING = 1.0          # while the run stands still: another tab may let it go on
EMPTY = {"curves": {"step": 0, "total_steps": 1, "steps_per_epoch": None, "marks": [], "gap": None, "notes": {}},
         "snapshots": {"steps": np.zeros(0, np.uint32), "run": "", "step": 0, "total_steps": 0, "marks": []}}


@dataclass(frozen=True, eq=False)
class Watch:
    """What a page looks at while its script rests: a run or none, and what the network reads (`subject`).

    `subject` is the session's own, so that it follows what is drawn: its "image" and the "number" of that. `known` is
    what the browser has been told already, by the name of what changes seldom.
    """

    page: str
    run: str | None
    wanted: Experiment
    history: History
    subject: dict[str, Any]

    def answer(self, question: dict) -> bytes:
        """Return one tick (pages.ui.live) for a question: `known` of the last one, `at` the step rewound to or null."""
        known = question.get("known")
        tick = self.look(known if isinstance(known, dict) else {}, question.get("at") is not None)
        return panels.pack_tick(self.page, tick.topics, tick.step, tick.bar, tick.more)

    def look(self, known: dict, rewound: bool) -> "Tick":
        """Look once; topics that change seldom are told where they are not known."""
        with self.history.lock:
            view = state.engine().view(self.run, state.visitor(), self.history.cursor) if self.run else None
            if view is not None:
                self.history.take(view)
            topics = whole_run(view, self.history) if view else EMPTY
            bar, mark = self._bar(view), self._mark(view)
        seldom, told = self._seldom(view, known, rewound)
        asleep = STANDING if view is None and not told and self.subject["image"] is not None else None
        more = {"mark": mark, "known": told, "every": pause(view) or asleep}
        return Tick(view, topics | seldom, bar, more)

    def _bar(self, view: RunView | None) -> dict[str, Any]:
        """Return what the progress bar shows."""
        if view is None:
            return {"text": _("Not trained yet"), "left": waking() or standing(self.wanted)}
        left, right = runs.progress_texts(self.page, view, self.wanted)
        if view.state == "queued" and waking():
            left, right = waking(), ""
        return {"state": view.state, "text": runs.state_text(view), "left": left, "right": right,
                "progress": view.step / max(view.total_steps, 1)}

    def _mark(self, view: RunView | None) -> str:
        """Return what changes when the page's script has something else to show."""
        if view is None:
            return "lost" if self.run else ""
        return f"{view.state} {bool(view.message)}"

    def _seldom(self, view: RunView | None, known: dict, rewound: bool) -> tuple[moments.Topics, dict[str, str]]:
        """Return what the network sees, and its mistakes, where that is not known; and what is known then."""
        topics, told, number = {}, {}, self.subject["number"]
        newest = view.snapshots[-1] if view and view.snapshots else None
        step = "none" if view is None else newest if view.live_step is None else view.live_step
        if step is not None and not rewound and self.subject["image"] is not None:
            told["moment"] = f"{self.run} {step} {number}"
            if known.get("moment") != told["moment"]:
                model = {"run": view.id} if view else {"pretrained": self.page}
                topics |= self._told(told, "moment", moment_topics(model, self.subject["image"], number))
        if newest is not None:
            told["matrix"] = f"{self.run} {newest}"
            if known.get("matrix") != told["matrix"]:
                topics |= self._told(told, "matrix", matrix_topics(view, newest))
        return topics, told

    def _told(self, told: dict[str, str], name: str, topics: moments.Topics) -> moments.Topics:
        if not topics:
            del told[name]  # the engine is waking or busy: the next look asks again
        return topics


@dataclass(frozen=True, eq=False)
class Tick:
    """One look: the run (None without one), topics for the panels, what the progress bar shows, and `more`.

    Of that, `known` is what the browser knows from now on, `mark` changes with what the page's script has to show, and
    `every` says when to look again (seconds; None: not at all).
    """

    view: RunView | None
    topics: moments.Topics
    bar: dict[str, Any]
    more: dict[str, Any]

    @property
    def step(self) -> int | None:
        """The step that the live weights are of."""
        return self.view.live_step if self.view else None


def whole_run(view: RunView, history: History) -> moments.Topics:
    """Return the topics that concern the whole run."""
    return {"curves": history.curves(view), "snapshots": snapshots_topic(view, history)}


def pause(view: RunView | None) -> float | None:
    """Return the seconds between two looks; None where nothing can change by itself."""
    status = state.engine().status()
    if not status.ready or (view is not None and view.state in runs.ACTIVE):
        return QUICK if status.running <= 3 else CALM
    return STANDING if view is not None and view.state in runs.GOES_ON else None


def standing(wanted: Experiment) -> str:
    """Say which network is shown while there is no run."""
    shown = wanted.kind == "experiment" and wanted.data.dataset == "mnist"
    return _("shown is the pretrained network, until you train one") if shown else ""


def snapshots_topic(view: RunView, history: History) -> dict:
    """Return the topic "snapshots" of a run."""
    return {"steps": np.array(view.snapshots, np.uint32), "run": view.id, "step": view.step,
            "total_steps": view.total_steps, "marks": history.marks()}


def moment_topics(model: dict, image: np.ndarray, number: int | None) -> moments.Topics:
    """Return what a network sees in a picture, and how it reads the one with a number."""
    try:
        answer = moments.ask_moment(model, image, "looks on")
    except (EngineError, RecordingError):
        return {}
    topics = moments.picture_topics(answer)
    if number is not None:
        topics["bars"] = moments.bars_topic(answer["scores"], number)
    return topics


def matrix_topics(view: RunView, step: int) -> moments.Topics:
    """Return the topic "matrix" of a snapshot, or of the last one before it whose predictions were kept."""
    found = moments.predictions_until(view, step) if is_there(view.experiment.data.dataset) else None
    return {"matrix": moments.matrix_topic(found[1], view.experiment.data.dataset, found[0])} if found else {}
