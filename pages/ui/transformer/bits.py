"""Held-out bits per character of several networks: what each has reached, and over the seconds that it has learned."""

import numpy as np

from dlcore.plots.charts import COLOURS, Axis, Series, draw_bars, draw_series
from pages.ui import panels
from pages.ui.charts import count_axis, show_chart
from pages.ui.language import _, number

# as on the Recurrent page; a transformer has a colour that no cell has
COLOUR = {"transformer": "vermilion", "lstm": "blue", "rnn_tanh": "orange", "gru": "green", "rnn_relu": "pink"}
LEAST = 10  # seconds that a curve has to go on for, to be compared at equal time
CHART_HEIGHT = 260

Named = tuple[str, str, np.ndarray]  # what it is ("transformer" or a cell's kind), its name, and (looks, 2)


def draw_bits(page: str, name: str, models: list[Named], live: bool = False) -> None:
    """Draw a curve for each network that noted them; those that are `live` still learn."""
    models = [(kind, called, points) for kind, called, curve in models
              if len(points := np.asarray(curve, np.float32).reshape(-1, 2)) > 1]
    if models:
        (_draw_live if live else _draw_chart)(page, name, models)


def _draw_chart(page: str, name: str, models: list[Named]) -> None:
    series = name_curves(models)
    said = ", ".join(f"{one.name}: {number(one.y[-1], 3)}" for one in series if np.isfinite(one.y[-1]))
    title, about = _title(), tuple((one.name, one.y.tobytes()) for one in series)
    show_chart(f"{page}.{name}_chart", draw_curves, series, about=about, title=title, text=f"{title}: {said}")


def name_curves(models: list[Named]) -> list[Series]:
    """Return the curves in colours that differ: each kind's own, and for a second one of a kind one that is left."""
    left = [colour for colour in COLOURS if colour not in COLOUR.values()]
    taken, series = set(), []
    for kind, called, points in models:
        colour = COLOUR[kind] if kind not in taken or not left else left.pop(0)
        taken.add(kind)
        series.append(Series(called, points[:, 0], points[:, 1], colour, width=2.25 if kind == "transformer" else 1.75))
    return series


def draw_curves(series: list[Series]):
    """Draw bits per character over seconds."""
    seconds = count_axis(_("seconds learned"), 0)
    return draw_series(series, seconds, _bits_axis(), series).properties(height=CHART_HEIGHT)


def show_bars(page: str, name: str, models: list[tuple[str, str, float]]) -> None:
    """Show the bits per character of networks (what each is, its name, its bits) as bars."""
    series = name_curves([(kind, called, np.array([[0, bits]])) for kind, called, bits in models])
    title = _("Bits per character on the held-out text")
    said = ", ".join(f"{called}: {number(bits, 3)}" for _kind, called, bits in models)
    show_chart(f"{page}.{name}_bars", _draw_bars, series, about=tuple(models), title=title, text=f"{title}: {said}")


def _draw_bars(series: list[Series]):
    return draw_bars([one.name for one in series], [one.y[0] for one in series], [one.colour for one in series],
                     _bits_axis())


def _bits_axis() -> Axis:
    return Axis(_("bits per character"), lambda value: number(value, 3))


def _draw_live(page: str, name: str, models: list[Named]) -> None:
    """Draw the curves on a canvas: a chart would be made anew at every look."""
    curves = {f"{kind}.{place}": points.T for place, (kind, _name, points) in enumerate(models)}
    lines = tuple(panels.Line(f"{kind}.{place}", called, "orangeText" if kind == "transformer" else kind)
                  for place, (kind, called, _points) in enumerate(models))
    last = max(LEAST, *(float(points[0, -1]) for points in curves.values()))
    panels.curves(f"{page}.{name}_curves", f"{page}.{name}", [panels.Chart(name, _title(), lines, low=1)], {
        **curves, "step": last, "total_steps": last, "steps_per_epoch": None, "marks": [], "gap": None, "notes": {}})


def _title() -> str:
    return _("Bits per character over the seconds learned")
