"""The curves of the Transformer page: what the task is measured by, on held-out examples and on those learned from."""

from dlcore.specs.texts import measures
from dlcore.specs.transformer import Transformer
from pages.ui.language import _
from pages.ui.panels import Chart, Line, curves
from pages.ui.transformer.names import measure_name

HEIGHT = 96
LEAST_BITS = 1  # at which the axis begins, for texts that cannot be foreseen


def line_names(spec: Transformer) -> tuple[str, ...]:
    """Return the curves of a run: every measure, on training and held-out examples."""
    return tuple(f"{part}_{measure}" for measure in measures(spec.data) for part in ("train", "held"))


def show_curves(page: str, spec: Transformer) -> None:
    """Draw two charts: the measure that counts, and the loss or the perplexity."""
    first, second = ("exact", "loss") if spec.data.translates else ("bits", "perplexity")
    curves(f"{page}.curves", page, [_chart(spec, first), _chart(spec, second)])


def _chart(spec: Transformer, name: str) -> Chart:
    lines = (Line(f"train_{name}", _("training"), "grey"), Line(f"held_{name}", _("held-out")))
    match name:
        case "exact":
            return Chart(name, measure_name(name), lines[1:], unit="percent", low=0, high=1, height=HEIGHT)
        case "bits":
            least = 0 if spec.data.task == "repeat" else LEAST_BITS
            return Chart(name, measure_name(name), lines, low=least, height=HEIGHT)
        case _:
            return Chart(name, measure_name(name), lines, low=0, log=True, height=HEIGHT)
