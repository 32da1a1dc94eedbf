"""Run five seeds: the band of the curves, and whether what another setting changes is more than chance.

The browser's state "asked" (static/js/seeds.js) is {seq, do: "run" | "stop"}.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from dlcore.specs.codec import to_dict
from dlcore.specs.fields import walk
from dlcore.specs.learning import steps_per_epoch
from dlcore.specs.playground import Playground
from dlcore.training.bands import Comparison, compare, last_values
from pages.ui import panels, state, words
from pages.ui.language import _, number, percent, told
from pages.ui.learned import problem
from pages.ui.live import pack_topics
from pages.ui.playground import sharing
from pages.ui.waking import silence

PAUSE = 0.3  # seconds between two looks at the Job
IGNORED = ("training.seed", "training.pace", "data.table")  # change nothing of what is compared, or say nothing

_seeds = panels.register("seeds", 24)


@dataclass
class Tried:
    """Settings that are or were trained with five seeds, the Job that does it, and what it has found."""

    spec: Playground
    job: str | None
    result: dict | None = None
    progress: float = 0.0
    message: str = ""

    def take(self) -> None:
        """Take over what the Job has found so far; forget the Job when it is done."""
        if self.job is None or (view := state.engine().job(self.job)) is None:
            self.job = None
            return
        self.progress, self.result, self.message = view.progress, view.result or self.result, silence(view)
        if view.finished:
            self.job, self.message = None, told(view.error) if view.error else ""

    @property
    def whole(self) -> bool:
        """Whether all seeds have come to their end."""
        return self.job is None and self.result is not None and self.progress >= 1


def show_seeds(page: str, place) -> None:
    """Draw the button, and in a place below the curves what the five seeds say."""
    if not sharing.hides(page, "seeds"):
        st.fragment(_draw, run_every=PAUSE if _is_running(page) else None)(page, place, _is_running(page))


def _is_running(page: str) -> bool:
    tried = st.session_state.get(f"_seeds.{page}")
    return bool(tried and tried[-1].job)


def _draw(page: str, place, was_running: bool) -> None:
    tried: list[Tried] = st.session_state.setdefault(f"_seeds.{page}", [])
    _take_wish(page, tried)
    if tried:
        tried[-1].take()
    now = tried[-1] if tried and _same(tried[-1].spec, state.experiment(page)) else None
    meta = {"channel": page, "words": _words(), "seq": st.session_state.get(f"_seq.{page}.seeds", 0), "note": "",
            "running": _is_running(page), "progress": tried[-1].progress if tried else 0,
            "disabled": problem(state.experiment(page)) is not None}
    _seeds(key=f"{page}.seeds", data=pack_topics({"bands": _bands(now)}, **meta), on_asked_change=lambda: None)
    said = _say(tried, now)
    with place:  # in every run, so that its place is kept
        st.caption("  \n".join(said)) if said else st.empty()
    if was_running != _is_running(page):
        st.rerun()


def _take_wish(page: str, tried: list[Tried]) -> None:
    held, seen = (st.session_state.get(f"{page}.seeds") or {}).get("asked"), f"_seq.{page}.seeds"
    if not isinstance(held, Mapping) or not isinstance(held.get("seq"), int):
        return
    if held["seq"] <= st.session_state.get(seen, 0):
        return
    st.session_state[seen] = held["seq"]
    spec = state.experiment(page)
    if held.get("do") == "stop" and tried and tried[-1].job:
        state.engine().cancel(tried.pop().job)
    elif held.get("do") == "run" and problem(spec) is None and not _is_running(page):
        request = {"kind": "five_seeds", "spec": to_dict(spec, whole=True), "cache": True}
        job = state.engine().start_job(state.visitor(), request)
        tried[:] = [*[one for one in tried if one.whole][-1:], Tried(spec, job)]


def _same(one: Playground, other: Playground) -> bool:
    return not _changed(one, other)


def _changed(one: Playground, other: Playground) -> list[str]:
    """Return the names of the settings that differ."""
    values = [{path: value for path, value, _rule in walk(spec) if path not in IGNORED} for spec in (one, other)]
    paths = [path for path in {**values[0], **values[1]} if values[0].get(path) != values[1].get(path)]
    names = [words.field_name("layers" if path.startswith("network.layers") else path) for path in paths]
    return list(dict.fromkeys(names))


def _bands(now: Tried | None) -> dict:
    """Return the topic "bands": between the lowest and the highest of the seeds, of each curve."""
    if now is None or now.result is None:
        return {}
    part = "test" if now.spec.data.test_count else "train"
    steps = now.result["epochs"] * steps_per_epoch(now.spec)
    found = {name: now.result.get(f"{part}_{name}") for name in ("loss", "accuracy", "r2")}
    return {f"{name}_band": _band(steps, curves) for name, curves in found.items() if curves is not None}


def _band(steps: np.ndarray, curves: np.ndarray) -> np.ndarray:
    there = np.isfinite(curves).any(0)
    kept = curves[:, there]
    return np.stack([steps[there], np.nanmin(kept, 0), np.nanmax(kept, 0)])


def _say(tried: list[Tried], now: Tried | None) -> list[str]:
    if tried and tried[-1].message:
        return [tried[-1].message]
    if now is None or not now.whole:
        return []
    said = [_say_band(now)]
    if len(tried) > 1 and _metric(tried[0]) == _metric(now):
        name = _metric(now)
        found = compare(tried[0].result[name], now.result[name])
        said += [_say_difference(found, _changed(tried[0].spec, now.spec), name)] if found else []
    return said


def _metric(tried: Tried) -> str:
    """Return what settings are compared by: accuracy, or R² for numbers; on the test points where there are any."""
    part = "test" if tried.spec.data.test_count else "train"
    return f"{part}_{'r2' if tried.spec.data.regression else 'accuracy'}"


def _say_band(now: Tried) -> str:
    name = _metric(now)
    ends = last_values(now.result[name])
    if not len(ends):
        return _("With each of the five seeds the loss ran away. Use a smaller learning rate.")
    text = _("Five seeds, {epochs} epochs each: {metric} from {low} to {high}, on average {mean}. The band is what "
             "chance alone does.")
    return text.format(epochs=number(now.spec.training.epochs), metric=_metric_name(name), low=_write(name, ends.min()),
                       high=_write(name, ends.max()), mean=_write(name, ends.mean()))


def _say_difference(found: Comparison, changed: list[str], name: str) -> str:
    text = (_("Compared with the five seeds before ({changed}) the average differs by {difference}: no more than the "
              "band of {band}, so this difference is noise.") if found.is_noise else
            _("Compared with the five seeds before ({changed}) the average differs by {difference}: more than the "
              "band of {band}, so it is no noise."))
    return text.format(changed=", ".join(changed) or "—", difference=_write(name, found.difference),
                       band=_write(name, found.band))


def _metric_name(name: str) -> str:
    return {"test_accuracy": _("test accuracy"), "train_accuracy": _("training accuracy"), "test_r2": _("test R²"),
            "train_r2": _("training R²")}[name]


def _write(name: str, value: float) -> str:
    return percent(value, 1) if "accuracy" in name else number(value, 3)


def _words() -> dict[str, str]:
    return {"run": _("Run five seeds"), "stop": _("Stop"),
            "said": _("Trains these settings with five seeds, and draws between which curves they all lie.")}
