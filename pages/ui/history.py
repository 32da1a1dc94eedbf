"""What a page remembers of a run between two looks: its curves, changes and snapshots."""

import threading
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from dlcore.engine.views import RunView
from dlcore.plots.curves import find_gap, thin
from dlcore.specs.changes import Change
from dlcore.specs.datasets import HELD_OUT
from pages.ui import words
from pages.ui.language import _, number, short

LINES = ("train_loss", "held_loss", "fit_loss", "train_accuracy", "held_accuracy")
POINTS = 400


@dataclass
class History:
    """The events of one run so far, taken in as they come."""

    run: str
    names: tuple[str, ...] = LINES
    cursor: int = 0
    lines: dict[str, list[tuple[float, float]]] = field(init=False)
    changes: list[Change] = field(default_factory=list)
    measured: dict = field(default_factory=dict)
    test: dict = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    tested: int = 10_000  # test pictures that the data set has

    def __post_init__(self) -> None:
        self.lines = {name: [] for name in self.names}

    def take(self, view: RunView) -> None:
        """Take in the events since the cursor."""
        if view.experiment.kind == "experiment":
            self.tested = view.experiment.data.told.test
        for event in view.events:
            match event["kind"]:
                case "metric":
                    self._take_metric(event)
                case "change":
                    self.changes.append(Change(event["step"], event["field"], event["value"]))
                case "cut":
                    self._cut(event["step"])
        self.cursor = view.cursor

    def _take_metric(self, event: dict) -> None:
        for name in self.names:
            if name in event:
                value = event[name]
                self.lines[name].append((event["step"], np.nan if value is None else value))
        if "held_loss" in event:
            self.measured = event
        if "test_loss" in event:
            self.test = event

    def _cut(self, step: int) -> None:
        """Forget what came after a step, because training went on from there."""
        self.lines = {name: [point for point in points if point[0] <= step] for name, points in self.lines.items()}
        self.changes = [change for change in self.changes if change.step <= step]

    def curves(self, view: RunView) -> dict:
        """Return the topic "curves" (see pages/ui/live.py)."""
        return self.drawn(view) | {"gap": self.gap(), "notes": self.notes()}

    def drawn(self, view: RunView, points: int = POINTS) -> dict:
        """Return the topic "curves" with at most so many points a line, and nothing said of them."""
        lines = {name: thin(np.array(found, np.float32).reshape(-1, 2).T, points)
                 for name, found in self.lines.items() if found}
        per_epoch = view.step / view.epoch if view.epoch else None
        return {**lines, "step": view.step, "total_steps": view.total_steps, "steps_per_epoch": per_epoch,
                "marks": self.marks(), "gap": None, "notes": {}}

    def marks(self) -> list[dict]:
        """Return what was changed by hand, as marks on the curves."""
        return [{"step": change.step, "text": f"{words.field_name(change.field)} {_value(change.value)}"}
                for change in self.changes]

    def gap(self) -> dict | None:
        """Name the gap between the training and the held-out pictures once it has opened."""
        fit, held = (np.array(self.lines[name]).reshape(-1, 2).T for name in ("fit_loss", "held_loss"))
        step = find_gap(fit, held, ratio=2.0, floor=0.05)
        if step is None or len(held[0]) < 3:
            return None
        return {"step": step, "text": _("overfitting: gap {gap}").format(gap=number(held[1, -1] - fit[1, -1], 2))}

    def notes(self) -> dict[str, str]:
        """Return a line of text for each chart: which pictures the newest figures are of."""
        point = self.measured
        if not point:
            return {}
        whole = point.get("test_accuracy") is not None
        text, count = (_("all {n}"), self.tested) if whole else (_("{n} held-out"), min(self.tested, HELD_OUT))
        return {"accuracy": text.format(n=number(count))}


def history_of(page: str, run_id: str, names: tuple[str, ...] = LINES) -> History:
    """Return what this session remembers of a run: its lines of some names, its changes."""
    kept = st.session_state.get(f"_history.{page}")
    if kept is None or kept.run != run_id:
        kept = st.session_state[f"_history.{page}"] = History(run_id, names)
    return kept


def _value(value: object) -> str:
    if isinstance(value, bool):
        return _("on") if value else _("off")
    return short(value)
