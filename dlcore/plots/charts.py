"""The charts that change on a click: arrays and their words come in, an Altair chart goes out.

A colour is a name of the theme's categorical colours, and the browser gives it its value in the page's light or dark
theme. Numbers in tooltips are written by the caller; `finish` has the axes write theirs in the same language.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
from numpy.typing import ArrayLike

COLOURS = ("blue", "orange", "green", "pink", "sky", "vermilion", "yellow", "grey")  # as in theme.Palette.categorical
DASHES = {"solid": [1, 0], "dashed": [5, 4], "dotted": [2, 3]}
LEAST_ERROR = 1e-7  # a smaller error is drawn here
CLASS_HEIGHT, BAR_HEIGHT, FRAME_HEIGHT = 22, 32, 90  # pixels of a class, of a bar, and of what stands around them
NUMBERS = {"en": {"decimal": ".", "thousands": ","}, "tr": {"decimal": ",", "thousands": "."}}
PERCENT = {"en": "format(100 * datum.value, '~f') + '%'", "tr": "'%' + format(100 * datum.value, '~f')"}
POWER = "datum.value < 1e-3 ? '1e\u2212' + format(-round(log(datum.value) / LN10), 'd') : format(datum.value, '~f')"


@dataclass(frozen=True)
class Axis:
    """What is measured and how it is written; between what it is drawn, where that does not follow from the values.

    `share` values are between 0 and 1 and written in hundredths, `language` says in which way.
    """

    title: str
    write: Callable[[float], str]
    low: float | None = None
    high: float | None = None
    share: str | None = None
    ticks: Sequence[float] | None = None


@dataclass(frozen=True, eq=False)
class Series:
    """One curve: its name, its points, one of COLOURS and of DASHES, and how strongly it is drawn."""

    name: str
    x: ArrayLike
    y: ArrayLike
    colour: str = "blue"
    dash: str = "solid"
    width: float = 1.75
    opacity: float = 1.0


@dataclass(frozen=True, eq=False)
class Band:
    """Curves (several, points) over x (points,) of trainings that differ in their seed alone."""

    name: str
    x: ArrayLike
    curves: ArrayLike
    colour: str = "blue"


def draw_widths(widths: ArrayLike, errors: ArrayLike, chosen: int, x: Axis, y: Axis) -> alt.LayerChart:
    """Draw the error that layers have reached over how many neurons they have; the point of the `chosen` is larger."""
    rows = [_row(x, y, width, error) | {"size": 130 if width == chosen else 40, "y": max(float(error), LEAST_ERROR)}
            for width, error in zip(widths, errors, strict=True) if np.isfinite(error)]
    first, last = _decades([row["y"] for row in rows])
    powers = [10.0 ** power for power in range(last, first - 1, -2 if last - first > 4 else -1)]
    base = alt.Chart().encode(
        x=_x(x), tooltip=_tooltip(x, y),
        y=alt.Y("y:Q", title=y.title, scale=alt.Scale(type="log", domain=[10.0 ** first, 10.0 ** last], nice=False),
                axis=alt.Axis(values=powers, labelExpr=POWER)))
    return _layer(rows, base.mark_line(), base.mark_circle(opacity=1).encode(size=alt.Size("size:Q", scale=None)))


def _decades(errors: list[float]) -> tuple[int, int]:
    """Return the powers of ten between which errors are drawn: 0.001 and 1, or what lies beyond."""
    powers = np.log10(errors)
    return int(np.floor(powers).min(initial=-3)), int(np.ceil(powers).max(initial=0))


def draw_series(series: Sequence[Series], x: Axis, y: Axis, named: Sequence[Series] = (), columns: int = 0
                ) -> alt.LayerChart:
    """Draw curves; the one pointed at comes forward and says its values.

    Those that are `named` stand in a legend of so many `columns`, 0 being a row.
    """
    rows = [{"name": one.name, "curve": at, "colour": one.colour, "dash": one.dash, "width": one.width,
             "opacity": one.opacity} | _row(x, y, place, value)
            for at, one in enumerate(series) for place, value in zip(one.x, one.y, strict=True) if np.isfinite(value)]
    pointed = _pointed("curve")
    names = {one.colour: one.name for one in named}
    base = alt.Chart().encode(x=_x(x), y=_y(y), detail="curve:O", color=_colour(names, columns=columns))
    lines = base.mark_line().encode(
        strokeWidth=alt.when(pointed).then(alt.value(3)).otherwise("width:Q", scale=None, legend=None),
        opacity=alt.when(pointed).then(alt.value(1)).otherwise("opacity:Q", scale=None, legend=None),
        strokeDash=alt.StrokeDash("dash:N", legend=None, scale=alt.Scale(domain=[*DASHES], range=[*DASHES.values()])))
    points = base.mark_point(opacity=0, size=60).encode(tooltip=_tooltip(x, y, "name")).add_params(pointed)
    return _layer(rows, lines, points)


def draw_bands(bands: Sequence[Band], x: Axis, y: Axis) -> alt.LayerChart:
    """Draw of each band between which values the curves of all seeds lie, and their mean."""
    rows = [row for band in bands for row in _summarise(band, x, y)]
    base = alt.Chart().encode(x=_x(x), color=_colour({band.colour: band.name for band in bands}),
                               tooltip=_tooltip(x, y, "name"))
    mean = base.encode(y=_y(y, "mean"))
    pointed = _pointed("name", "x")
    points = mean.mark_circle(size=60).encode(opacity=alt.when(pointed).then(alt.value(1)).otherwise(alt.value(0)))
    return _layer(rows, base.mark_area(opacity=0.22).encode(y=_y(y, "low"), y2=alt.Y2(field="high")), mean.mark_line(),
                  points.add_params(pointed))


def _summarise(band: Band, x: Axis, y: Axis) -> list[dict]:
    curves = np.asarray(band.curves, float)
    there = np.isfinite(curves).any(0)
    places, curves = np.asarray(band.x)[there], curves[:, there]
    found = zip(places, np.nanmin(curves, 0), np.nanmax(curves, 0), np.nanmean(curves, 0), strict=True)
    return [{"name": band.name, "colour": band.colour, "x": float(place), "low": float(low), "high": float(high),
             "mean": float(mean), "x_said": x.write(place),
             "y_said": f"{y.write(low)} \u2013 {y.write(high)}, \u2300 {y.write(mean)}"}
            for place, low, high, mean in found]


def draw_scores(classes: Sequence[str], scores: Mapping[str, ArrayLike], share: Axis, class_word: str
                ) -> alt.LayerChart:
    """Draw shares by class, as precision and recall are, each of them as a point on the class's own line."""
    rows = [{"class": name, "kind": kind, "colour": colour, "x": float(value), "x_said": share.write(value)}
            for colour, (kind, shares) in zip(COLOURS, scores.items())
            for name, value in zip(classes, shares, strict=True)]
    base = alt.Chart().encode(
        y=alt.Y("class:N", title=None, sort=list(classes), axis=alt.Axis(grid=True, labelLimit=150)))
    spans = base.mark_rule(strokeWidth=2, opacity=0.4).encode(x=_x(share, "min(x)"), color=alt.value("gray"),
                                                              x2=alt.X2(field="x", aggregate="max"))
    points = base.mark_point(filled=True, opacity=1, size=70).encode(
        x=_x(share), color=_colour(dict(zip(COLOURS, scores)), symbol="circle"),
        tooltip=[alt.Tooltip("class:N", title=class_word), *_tooltip_of("x", share, "kind")])
    return _layer(rows, spans, points, height=FRAME_HEIGHT + CLASS_HEIGHT * len(classes))


def draw_bars(names: Sequence[str], values: ArrayLike, colours: Sequence[str], x: Axis) -> alt.LayerChart:
    """Draw one number of each of some things as a bar from zero, with the number at its end."""
    rows = [{"name": name, "x": float(value), "x_said": x.write(value), "colour": colour}
            for name, value, colour in zip(names, values, colours, strict=True) if np.isfinite(value)]
    longest = max([row["x"] for row in rows], default=1.0)
    base = alt.Chart().encode(
        x=alt.X("x:Q", title=x.title, scale=alt.Scale(domain=[0, 1.2 * longest]), axis=alt.Axis(tickCount=5)),
        y=alt.Y("name:N", title=None, sort=list(names), axis=alt.Axis(labelLimit=220)))
    bars = base.mark_bar(size=BAR_HEIGHT - 10).encode(color=_colour({}), tooltip=_tooltip_of("x", x, "name"))
    said = base.mark_text(align="left", dx=4).encode(text="x_said:N", color=alt.value("gray"))
    return _layer(rows, bars, said, height=FRAME_HEIGHT + BAR_HEIGHT * len(rows))


def finish(chart: alt.TopLevelMixin, language: str, title: str = "") -> alt.TopLevelMixin:
    """Return a chart with its title, in our style, and with numbers as a language writes them."""
    numbers = NUMBERS[language] | {"grouping": [3], "currency": ["", ""]}
    titled = chart.properties(title=title) if title else chart
    return titled.configure(locale=alt.Locale(number=alt.NumberLocale(**numbers))).configure_title(
        fontSize=13, fontWeight=600, offset=8).configure_axis(
        labelPadding=5, titlePadding=6, titleFontSize=12, labelFontSize=11).configure_legend(
        orient="top", direction="horizontal", title=None, offset=4, labelLimit=260, labelFontSize=12,
        symbolOpacity=1, symbolStrokeWidth=3, symbolSize=90).configure_line(
        strokeWidth=1.75, strokeCap="round", strokeJoin="round")


def _layer(rows: list[dict], *layers: alt.Chart, **size) -> alt.LayerChart:
    """Return layers over the same rows; as alt.Data each row would be checked, which takes three times as long."""
    return alt.layer(*layers, data={"values": rows}, **size)


def _row(x: Axis, y: Axis, place: float, value: float) -> dict:
    return {"x": float(place), "y": float(value), "x_said": x.write(place), "y_said": y.write(value)}


def _x(axis: Axis, field: str = "x") -> alt.X:
    return alt.X(f"{field}:Q", title=axis.title, **_drawn(axis, grid=False))


def _y(axis: Axis, field: str = "y") -> alt.Y:
    return alt.Y(f"{field}:Q", title=axis.title, **_drawn(axis, grid=True))


def _drawn(axis: Axis, grid: bool) -> dict:
    """Return the scale of an axis and how its ticks are written."""
    ends = {"domainMin": axis.low, "domainMax": axis.high}
    known = {name: end for name, end in ends.items() if end is not None}
    scale = alt.Scale(nice=axis.high is None, zero=False, **known)
    ticks = {"tickCount": 5} if axis.ticks is None else {"values": [*axis.ticks]}
    written = {} if axis.share is None else {"labelExpr": PERCENT[axis.share]}
    return {"scale": scale, "axis": alt.Axis(grid=grid, **ticks, **written)}


def _pointed(*fields: str) -> alt.Parameter:
    """Return which of the points is nearest to the pointer, by these fields; its tooltip shows wherever one points."""
    return alt.selection_point("pointed", fields=list(fields), on="pointermove", nearest=True, empty=False,
                               clear="pointerout")


def _tooltip(x: Axis, y: Axis, *first: str) -> list[alt.Tooltip]:
    return [*_tooltip_of("y", y, *first), *_tooltip_of("x", x)]


def _tooltip_of(field: str, axis: Axis, *first: str) -> list[alt.Tooltip]:
    """Return a value as it is written, behind the names of what it is about."""
    return [*(alt.Tooltip(f"{name}:N", title=" ") for name in first),
            alt.Tooltip(f"{field}_said:N", title=axis.title)]


def _colour(names: Mapping[str, str], symbol: str = "stroke", columns: int = 0) -> alt.Color:
    """Return the encoding of colours by their names; a legend says what those stand for that are among `names`."""
    legend = alt.Legend(values=[*names], labelExpr=f"({json.dumps(dict(names))})[datum.label]",
                        symbolType=symbol, columns=columns) if names else None
    return alt.Color("colour:N", scale=alt.Scale(domain=[*COLOURS]), legend=legend)
