"""Run five seeds: the band of the curves, and whether what another setting changes is more than chance."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from dlcore.plots.charts import Axis, Band, draw_bands
from dlcore.specs.codec import to_dict
from dlcore.specs.fields import walk
from dlcore.specs.playground import Playground
from dlcore.training.bands import Comparison, compare, end_values, share_outside
from pages.ui import state, words
from pages.ui.charts import count_axis, share_axis, show_chart
from pages.ui.language import _, number, percent, told
from pages.ui.learned import problem
from pages.ui.playground import sharing
from pages.ui.waking import say_work

PAUSE = 0.3  # seconds between two looks at the Job
CHART_HEIGHT = 240
IGNORED = ("training.seed", "training.pace", "data.table")  # change nothing of what is compared, or say nothing


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
        self.progress, self.result = view.progress, view.result or self.result
        self.message = say_work("", view)
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
    if tried:
        tried[-1].take()
    _show_button(page, tried)
    now = tried[-1] if tried and _same(tried[-1].spec, state.experiment(page)) else None
    said = _say(tried, now)
    with place:  # in every run, so that its place is kept
        st.caption("  \n".join(said)) if said else st.empty()
        _show_bands(page, tried, now) if now and now.whole and len(_ends(now)) else st.empty()
    if was_running != _is_running(page):
        st.rerun()


def _show_button(page: str, tried: list[Tried]) -> None:
    if _is_running(page):
        st.button(_("Stop"), key=f"{page}.seeds_stop", icon=":material/stop:", on_click=_stop, args=(tried,))
        st.progress(min(max(tried[-1].progress, 0.0), 1.0), text=percent(tried[-1].progress, 0))
    else:
        st.button(_("Run five seeds"), key=f"{page}.seeds_run", icon=":material/casino:", on_click=_run,
                  args=(page, tried), disabled=problem(state.experiment(page)) is not None,
                  help=_("Trains these settings with five seeds, and draws between which curves they all lie."))


def _run(page: str, tried: list[Tried]) -> None:
    spec = state.experiment(page)
    if problem(spec) is None and not _is_running(page):
        request = {"kind": "five_seeds", "spec": to_dict(spec, whole=True), "cache": True}
        job = state.engine().start_job(state.visitor(), request)
        tried[:] = [*[one for one in tried if one.whole][-1:], Tried(spec, job)]


def _stop(tried: list[Tried]) -> None:
    if tried and tried[-1].job:
        state.engine().cancel(tried.pop().job)


def _same(one: Playground, other: Playground) -> bool:
    return not _changed(one, other)


def _changed(one: Playground, other: Playground) -> list[str]:
    """Return the names of the settings that differ."""
    values = [{path: value for path, value, _rule in walk(spec) if path not in IGNORED} for spec in (one, other)]
    paths = [path for path in {**values[0], **values[1]} if values[0].get(path) != values[1].get(path)]
    names = [words.field_name("layers" if path.startswith("network.layers") else path) for path in paths]
    return list(dict.fromkeys(names))


def _show_bands(page: str, tried: list[Tried], now: Tried) -> None:
    """Show the bands of these settings, and behind them those of the settings before where both are measured alike."""
    shown = [(now, _("these settings"), "blue")]
    if len(tried) > 1 and _metric(tried[0]) == _metric(now) and len(_ends(tried[0])):
        shown.insert(0, (tried[0], _("the settings before"), "grey"))
    for column, metric in zip(st.columns(2, gap="medium"), (_loss(now), _metric(now)), strict=True):
        bands = [Band(name, one.result["epochs"], one.result[metric], colour) for one, name, colour in shown]
        about = metric, *(band.curves.tobytes() for band in bands)
        title = _("Five seeds: {metric}").format(metric=_metric_name(metric))
        with column:
            show_chart(f"{page}.seeds_{metric}", draw_seeds, bands, metric, about=about, title=title,
                       text=f"{title}. {_say_band(now)}")


def draw_seeds(bands: list[Band], metric: str):
    """Draw the bands of a metric over the epochs."""
    lowest = min(float(np.nanmin(band.curves)) for band in bands)
    epochs = count_axis(_("epoch"), 0, max(float(np.max(band.x)) for band in bands))
    y = Axis(_metric_name(metric), lambda value: number(value, 3), low=min(0, lowest) if "loss" in metric else None)
    y = share_axis(_metric_name(metric), min(0.5, lowest)) if "accuracy" in metric else y
    return draw_bands(bands, epochs, y).properties(height=CHART_HEIGHT)


def _loss(tried: Tried) -> str:
    return "test_loss" if tried.spec.data.test_count else "train_loss"


def _ends(tried: Tried) -> np.ndarray:
    return end_values(tried.result[_metric(tried)])


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
    ends, seeds = _ends(now), len(now.result[name])
    if not len(ends):
        return _("With each of the five seeds the loss ran away. Use a smaller learning rate.")
    text = _("Five seeds, {epochs} epochs each: {metric} from {low} to {high}, on average {mean}. The band is what "
             "chance alone does; another seed would lie outside of it in up to {share} of cases.")
    said = text.format(epochs=number(now.spec.training.epochs), metric=_metric_name(name), low=_write(name, ends.min()),
                       high=_write(name, ends.max()), mean=_write(name, ends.mean()),
                       share=percent(share_outside(len(ends)), 0))
    lost = _("With {n} of the {of} seeds the loss ran away: they are left out.").format(n=seeds - len(ends), of=seeds)
    return said if len(ends) == seeds else f"{said} {lost}"


def _say_difference(found: Comparison, changed: list[str], name: str) -> str:
    text = (_("Compared with the five seeds before ({changed}) the average differs by {difference}. Of all ways to "
              "divide these results into two groups, {share} differ as much: this may be chance.")
            if found.is_noise else
            _("Compared with the five seeds before ({changed}) the average differs by {difference}. Of all ways to "
              "divide these results into two groups, only {share} differ as much: this is hardly chance."))
    return text.format(changed=", ".join(changed) or "—", difference=_write(name, found.difference),
                       share=percent(found.chance, 1))


def _metric_name(name: str) -> str:
    return {"test_loss": _("test loss"), "train_loss": _("training loss"), "test_accuracy": _("test accuracy"),
            "train_accuracy": _("training accuracy"), "test_r2": _("test R²"), "train_r2": _("training R²")}[name]


def _write(name: str, value: float) -> str:
    return percent(value, 1) if "accuracy" in name else number(value, 3)
