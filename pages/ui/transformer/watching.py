"""What the page tells of its run at each look: by its script where that runs, on a direct line in between."""

from dataclasses import dataclass, replace
from typing import Any

from dlcore.engine.views import RunView
from dlcore.errors import DerinError
from pages.ui import panels, runs, state
from pages.ui.history import History
from pages.ui.language import _, number
from pages.ui.transformer.borrowed import tell_standing
from pages.ui.transformer.moments import Topics, moment
from pages.ui.transformer.sight import Sight
from pages.ui.waking import silence, waking
from pages.ui.watching import EMPTY, Tick, pause, snapshots_topic

ASLEEP = 1.0  # seconds until a page without a run asks again for what it did not get


@dataclass(frozen=True, eq=False)
class Look:
    """What a page looks at while its script rests: a run or none, and the session's `subject`.

    Of the subject, "sight" is what is looked at as the script last settled it (see pages.ui.transformer.sight), None
    where nothing can be; a live one is followed as the run goes on.
    """

    page: str
    run: str | None
    wanted: Any
    history: History
    subject: dict[str, Any]

    def answer(self, question: dict) -> bytes:
        """Return one tick (pages.ui.live) for a question: `known` of the last one, `at` the step rewound to or null."""
        known = question.get("known")
        tick = self.look(known if isinstance(known, dict) else {}, question.get("at") is not None)
        return panels.pack_tick(self.page, tick.topics, tick.step, tick.bar, tick.more)

    def look(self, known: dict, rewound: bool) -> Tick:
        """Look once; what the network makes of the text is told where it is not known."""
        with self.history.lock:
            view = state.engine().view(self.run, state.visitor(), self.history.cursor) if self.run else None
            if view is not None:
                self.history.take(view)
            topics = {"curves": self.history.drawn(view), "snapshots": snapshots_topic(view, self.history)} if view \
                else EMPTY
            bar, mark = self._bar(view), self._mark(view)
        seen, told = ({}, {}) if rewound else self._seen(view, known)
        missing = ASLEEP if view is None and not told and self.subject.get("sight") is not None else None
        return Tick(view, topics | seen, bar, {"mark": mark, "known": told, "every": pause(view) or missing})

    def _seen(self, view: RunView | None, known: dict) -> tuple[Topics, dict[str, str]]:
        """Return what the network makes of the text now, where that is not known, and what is known then."""
        sight = follow(self.subject.get("sight"), view)
        if sight is None:
            return {}, {}
        told = {"moment": "/".join(sight.key)}
        if known.get("moment") == told["moment"]:
            return {}, told
        try:
            return moment(sight), told
        except DerinError:
            return {}, {}  # the engine is waking or busy, and is asked again; a bad text is said at its widget

    def _bar(self, view: RunView | None) -> dict[str, Any]:
        """Return what the progress bar shows."""
        if view is None:
            left = waking() or tell_standing(self.subject.get("sight"), self.wanted)
            return {"text": _("Not trained yet"), "left": left}
        left, right = runs.progress_texts(self.page, view, self.wanted)[0], speed(view)
        if view.state == "queued" and waking():
            left, right = waking(), ""
        return {"state": view.state, "text": runs.state_text(view), "left": left, "right": right,
                "progress": view.step / max(view.total_steps, 1)}

    def _mark(self, view: RunView | None) -> str:
        """Return what changes when the page's script has something else to show."""
        if view is None:
            return "lost" if self.run else ""
        return f"{view.state} {bool(view.message)}"


def follow(sight: Sight | None, view: RunView | None) -> Sight | None:
    """Return what is looked at now: of a live run its newest weights."""
    if sight is None or view is None or view.live_step is None or sight.view != "live":
        return sight
    return replace(sight, model={"run": view.id, "step": None}, spec=view.experiment, step=view.live_step)


def speed(view: RunView) -> str:
    """Say how fast a run goes, and how long it will take."""
    if silent := silence(view):
        return silent
    if view.state != "running" or not view.rate:
        return ""
    return _("{rate} tokens/s · {left} left").format(rate=number(view.rate), left=runs.duration(view.seconds_left or 0))
