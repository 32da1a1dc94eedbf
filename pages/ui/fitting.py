"""A line of neurons that learns a curve: which were trained for this page, and the Job that trains more.

What was learned goes to the other panels of the page's channel as topics:

    fit       output float32 (points,), parts float32 (neurons, points), neurons, loss, signs      (static/js/plane.js)
"""

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from dlcore.plots.charts import Axis, draw_widths
from dlcore.specs.codec import to_dict, to_link
from dlcore.specs.neuron import Line, Neuron
from pages.ui import panels, state
from pages.ui.charts import count_axis, show_chart
from pages.ui.language import _, ngettext, number, told
from pages.ui.neuron import write_tiny
from pages.ui.waking import say_work, silence, waking

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16)  # that "every width" trains
NAMED = (1, 4, 8, 12, 16)  # that stand under the chart of the errors
CHART_HEIGHT = 230
PAUSE = 0.15  # seconds between two looks at the Job


@dataclass
class Fits:
    """The lines that were trained in one way on one curve, by number of neurons, and the Job that trains more."""

    subject: str = ""
    found: dict[int, dict] = field(default_factory=dict)
    job: str | None = None
    wanted: tuple[int, ...] = ()
    newest: int | None = None  # the width that the Job is at
    halted: set[int] = field(default_factory=set)  # widths that do not begin by themselves
    message: str = ""
    waits: str = ""  # what keeps the Job from being begun

    def take(self) -> None:
        """Take over what the Job has found so far; forget the Job when it is done."""
        if self.job is None:
            return
        view = state.engine().job(self.job)
        self.waits = say_work("", view) if view and view.waits else ""
        for fit in (view.result or {}).get("fits", ()) if view else ():
            self.found[fit["neurons"]], self.newest = fit, fit["neurons"]
        self.message = silence(view) if view else ""
        if view is None or view.finished:
            self.message = told(view.error) if view and view.error else ""
            self._leave()

    def _leave(self) -> None:
        self.halted |= set(self.wanted) - set(self.found)
        self.job, self.wanted, self.newest = None, (), None

    def begin(self, spec: Neuron, widths: tuple[int, ...], cache: bool = True) -> None:
        """Have lines of some widths trained; what was under way is given up."""
        self.stop()
        for width in widths:
            self.found.pop(width, None)
            self.halted.discard(width)
        request = {"kind": "fit_curve", "neuron": to_dict(subject(spec), whole=True), "widths": widths, "cache": cache}
        self.job, self.wanted, self.message = state.engine().start_job(state.visitor(), request), widths, ""

    def stop(self) -> None:
        """Give up what is under way; how far it came stays to be looked at."""
        self.take()
        if self.job is not None:
            state.engine().cancel(self.job)
            self._leave()

    def finished(self) -> list[dict]:
        """Return what was trained to the end, by width."""
        return [fit for _width, fit in sorted(self.found.items()) if fit["step"] == fit["steps"]]


def subject(spec: Neuron) -> Neuron:
    """Return what a training depends on besides the number of neurons; everything else at its default."""
    drawn = spec.line.drawn if spec.line.curve == "drawn" else Line().drawn
    line = replace(spec.line, neurons=Line().neurons, drawn=drawn)
    if line.linear:
        return Neuron(line=line)
    temperature = spec.temperature if spec.activation == "softmax" else Neuron().temperature
    return Neuron(activation=spec.activation, temperature=temperature, line=line)


def settle(page: str) -> Fits:
    """Return what was trained for the page as it stands; a curve and a width that are new begin to be trained."""
    spec, fits = state.page_spec(page, "neuron"), st.session_state.setdefault(f"_fits.{page}", Fits())
    if fits.subject != (now := to_link(subject(spec))):
        fits.stop()
        fits = st.session_state[f"_fits.{page}"] = Fits(now)
    fits.take()
    width = spec.line.neurons
    if width not in {*fits.found, *fits.wanted, *fits.halted}:
        fits.begin(spec, (width,))
    return fits


def poll(page: str) -> None:
    """Show how far the training is, and hand what was learned to the plane."""
    fits = settle(page)
    st.fragment(_tick, run_every=PAUSE if fits.job else None)(page, fits.job, len(fits.finished()))


def _tick(page: str, job: str | None, done: int) -> None:
    fits, chosen = st.session_state[f"_fits.{page}"], state.page_spec(page, "neuron").line.neurons
    fits.take()
    fit = fits.found.get(fits.newest or chosen)
    panels.live(f"{page}.live", page, _fit_topics(fit) if fit else {}, **_bar(fits, fit))
    if fits.message:
        st.warning(fits.message)
    if job is not None and (fits.job is None or len(fits.finished()) != done):
        st.rerun()  # the chart of the errors has a point more


def _bar(fits: Fits, fit: dict | None) -> dict[str, Any]:
    """Return how far the training is, for the bar."""
    if fit is None and fits.job is None:
        return {"state": "paused", "text": _("Stopped")}
    if fit is None:
        return {"state": "starting", "text": _("Starting"), "left": waking() or fits.waits}
    done = len([width for width in fits.wanted if fits.found.get(width, {}).get("step") == fit["steps"]])
    share = fit["step"] / fit["steps"]
    whole = (done + share * (share < 1)) / len(fits.wanted) if fits.wanted else share
    running = "running" if fits.job else "finished" if share == 1 else "paused"
    text = {"running": _("Training"), "finished": _("Finished"), "paused": _("Stopped")}[running]
    return {"state": running, "text": text, "progress": whole, "left": _say_width(fit),
            "right": _("mean squared error {loss}").format(loss=write_error(fit["loss"]))}


def _say_width(fit: dict) -> str:
    return _("{neurons}, step {step} of {steps}").format(neurons=_say_count(fit["neurons"]), step=number(fit["step"]),
                                                         steps=number(fit["steps"]))


def _say_count(width: int) -> str:
    return ngettext("{n} neuron", "{n} neurons", width).format(n=width)


def write_error(loss: float) -> str:
    """Write a mean squared error: four decimals, or with a power of ten where they would say little."""
    return number(loss, 4) if loss >= 1e-3 or loss == 0 else write_tiny(loss)


def _fit_topics(fit: dict) -> dict[str, dict]:
    signs = [1 if weight >= 0 else -1 for weight in fit["matrices"][-1][0][0]]
    return {"fit": {"output": fit["output"], "parts": fit["parts"], "neurons": fit["neurons"], "signs": signs,
                    "loss": write_error(fit["loss"])}}


# what the visitor does


def show_buttons(page: str) -> None:
    """Draw Train or Stop, new weights, and the training of every width."""
    fits = st.session_state[f"_fits.{page}"]
    if fits.job:
        st.button(_("Stop"), key=f"{page}.stop", icon=":material/stop:", type="primary", on_click=_stop, args=(page,))
    else:
        st.button(_("Train"), key=f"{page}.train", icon=":material/play_arrow:", type="primary", on_click=_train,
                  args=(page,), help=_("Trains once more, from the same initial weights."))
    st.button(_("New weights"), key=f"{page}.new_weights", icon=":material/casino:", on_click=_draw_weights,
              args=(page,), help=_("Trains from other initial weights."))
    st.button(_("Every width"), key=f"{page}.every_width", icon=":material/stacked_line_chart:", on_click=_train_all,
              args=(page,), help=_("Trains lines of 1 to 16 neurons, one after the other."))


def _train(page: str) -> None:
    spec = state.page_spec(page, "neuron")
    st.session_state[f"_fits.{page}"].begin(spec, (spec.line.neurons,), cache=False)


def _stop(page: str) -> None:
    st.session_state[f"_fits.{page}"].stop()


def _draw_weights(page: str) -> None:
    spec = state.page_spec(page, "neuron")
    state.remember(page, replace(spec, line=replace(spec.line, seed=(spec.line.seed + 1) % 2**31)))


def _train_all(page: str) -> None:
    spec, fits = state.page_spec(page, "neuron"), st.session_state[f"_fits.{page}"]
    done = {fit["neurons"] for fit in fits.finished()}
    if missing := tuple(width for width in WIDTHS if width not in done):
        fits.begin(spec, missing)


def found(page: str) -> dict[int, dict]:
    """Return what was trained for the page as it stands, by number of neurons."""
    return st.session_state[f"_fits.{page}"].found


def show_widths(page: str) -> None:
    """Show the error that was reached, by number of neurons."""
    done, chosen = st.session_state[f"_fits.{page}"].finished(), state.page_spec(page, "neuron").line.neurons
    title, errors = _("Error by number of neurons"), tuple((fit["neurons"], fit["loss"]) for fit in done)
    if not errors:
        st.caption(_("{title}: nothing trained yet").format(title=title))
        return
    said = [f"{_say_count(width)}: {write_error(loss)}" for width, loss in errors]
    show_chart(f"{page}.widths", _draw_errors, errors, chosen, about=(errors, chosen), title=title,
               text=", ".join([title, *said]))


def _draw_errors(errors: tuple[tuple[int, float], ...], chosen: int):
    x = count_axis(_("neurons"), 1, WIDTHS[-1], ticks=sorted({chosen, *(n for n in NAMED if abs(n - chosen) != 1)}))
    return draw_widths(*zip(*errors), chosen, x, Axis(_("mean squared error"), write_error)).properties(
        height=CHART_HEIGHT)
