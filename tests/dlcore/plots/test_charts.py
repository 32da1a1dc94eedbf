"""The charts hold the numbers that they were given, in the theme's colours and the reader's language."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from dlcore.plots.charts import (
    COLOURS,
    DASHES,
    LEAST_ERROR,
    Axis,
    Band,
    Series,
    draw_bands,
    draw_bars,
    draw_scores,
    draw_series,
    draw_widths,
    finish,
)
from dlcore.plots.theme import LIGHT

ROOT = Path(__file__).parents[3]
X = Axis("place", "x{:g}".format)
Y = Axis("value", "y{:.3f}".format)


def data(chart) -> list[dict]:
    """Return the rows of a chart, whose layers share them."""
    (rows,) = chart.to_dict()["datasets"].values()
    return rows


def encodings(chart) -> list[dict]:
    return [layer["encoding"] for layer in chart.to_dict()["layer"]]


def test_the_errors_stand_over_their_widths_and_the_chosen_one_is_larger():
    widths, errors = [1, 2, 4, 16], [0.31, 0.02, 3e-5, 2e-9]
    chart = draw_widths(widths, errors, 4, X, Y)
    assert [row["x"] for row in data(chart)] == widths
    assert [row["y"] for row in data(chart)] == [0.31, 0.02, 3e-5, LEAST_ERROR]
    assert [row["y_said"] for row in data(chart)] == [Y.write(error) for error in errors]
    sizes = {row["x"]: row["size"] for row in data(chart)}
    assert sizes[4] > sizes[1] == sizes[2] == sizes[16]
    scale = encodings(chart)[0]["y"]["scale"]
    assert scale["type"] == "log" and scale["domain"] == [1e-7, 1]


@pytest.mark.parametrize("errors, domain", [([0.5], [1e-3, 1]), ([30.0, 0.02], [1e-3, 100]), ([1e-3, 1.0], [1e-3, 1]),
                                            ([4e-6], [1e-6, 1]), ([], [1e-3, 1]), ([float("nan"), 0.1], [1e-3, 1])])
def test_the_errors_lie_between_whole_powers_of_ten(errors, domain):
    chart = draw_widths(range(1, len(errors) + 1), errors, 1, X, Y)
    assert encodings(chart)[0]["y"]["scale"]["domain"] == pytest.approx(domain)
    assert all(domain[0] <= row["y"] <= domain[1] for row in data(chart))


def test_curves_keep_every_number_and_lose_only_those_that_are_none():
    one = Series("one", [0, 1, 2], [0.5, np.nan, 0.25], "orange", "dashed", 2.0, 0.5)
    two = Series("two", [0, 1], [1.0, np.inf])
    chart = draw_series([one, two], X, Y, [one])
    kept = [(row["name"], row["x"], row["y"], row["colour"], row["dash"], row["width"], row["opacity"])
            for row in data(chart)]
    assert kept == [("one", 0, 0.5, "orange", "dashed", 2.0, 0.5), ("one", 2, 0.25, "orange", "dashed", 2.0, 0.5),
                    ("two", 0, 1.0, "blue", "solid", 1.75, 1.0)]
    assert [(row["x_said"], row["y_said"]) for row in data(chart)] == [("x0", "y0.500"), ("x2", "y0.250"),
                                                                      ("x0", "y1.000")]
    lines, points = encodings(chart)
    assert lines["detail"]["field"] == points["detail"]["field"] == "curve"
    assert lines["strokeDash"]["scale"] == {"domain": list(DASHES), "range": list(DASHES.values())}
    assert [tip["field"] for tip in points["tooltip"]] == ["name", "y_said", "x_said"]


def test_the_legend_names_whoever_is_to_be_named_whatever_is_in_the_name():
    named = Series('"]; alert(1) //\n', [0, 1], [0, 1], "green")
    legend = encodings(draw_series([named, Series("other", [0], [1])], X, Y, [named]))[0]["color"]["legend"]
    assert legend["values"] == ["green"]
    assert legend["labelExpr"] == r'({"green": "\"]; alert(1) //\n"})[datum.label]'
    assert encodings(draw_series([named], X, Y))[0]["color"]["legend"] is None


def test_a_band_runs_from_the_lowest_to_the_highest_of_the_seeds_around_their_mean():
    curves = np.array([[0.1, 0.5, np.nan, 0.9], [0.3, 0.1, np.nan, np.nan], [0.2, 0.6, np.nan, 0.7]])
    chart = draw_bands([Band("now", [0, 10, 20, 30], curves)], X, Y)
    assert [(row["x"], row["low"], row["high"]) for row in data(chart)] == [(0, 0.1, 0.3), (10, 0.1, 0.6),
                                                                          (30, 0.7, 0.9)]
    assert [row["mean"] for row in data(chart)] == pytest.approx([0.2, 0.4, 0.8])
    assert data(chart)[0]["y_said"] == "y0.100 – y0.300, ⌀ y0.200"
    area, line, points = encodings(chart)
    assert points["opacity"]["condition"][0]["param"] == chart.to_dict()["params"][0]["name"] == "pointed"
    assert (area["y"]["field"], area["y2"]["field"], line["y"]["field"]) == ("low", "high", "mean")


def test_every_class_has_a_point_for_each_share_in_the_order_of_the_classes():
    scores = {"Precision": [0.9, 0.8, 1.0], "Recall": [0.7, 0.95, 0.6]}
    chart = draw_scores(["b", "a", "c"], scores, Axis("share", "{:.0%}".format, 0.5, 1, share="en"), "Class")
    found = {kind: [row["x"] for row in data(chart) if row["kind"] == kind] for kind in scores}
    assert found == scores
    assert [row["class"] for row in data(chart)][:3] == ["b", "a", "c"]
    assert {(row["kind"], row["colour"]) for row in data(chart)} == {("Precision", "blue"), ("Recall", "orange")}
    assert all(part["y"]["sort"] == ["b", "a", "c"] for part in encodings(chart))
    assert encodings(chart)[0]["x"]["scale"]["domainMin"] == 0.5


def test_every_bar_has_its_name_and_its_length():
    chart = draw_bars(["b", "a"], [2.5, 1.5], ["blue", "vermilion"], Y)
    assert [(row["name"], row["x"], row["x_said"], row["colour"]) for row in data(chart)] == [
        ("b", 2.5, "y2.500", "blue"), ("a", 1.5, "y1.500", "vermilion")]
    assert encodings(chart)[0]["y"]["sort"] == ["b", "a"] and encodings(chart)[0]["x"]["scale"]["domain"][0] == 0


def test_a_colour_is_the_one_in_its_place_of_the_theme_s_categorical_colours():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    assert len(COLOURS) == len(LIGHT.categorical) == len(config["light"]["chartCategoricalColors"])
    assert dict(zip(COLOURS, LIGHT.categorical))["blue"] == LIGHT.blue
    assert dict(zip(COLOURS, LIGHT.categorical))["orange"] == LIGHT.orange
    assert dict(zip(COLOURS, LIGHT.categorical))["grey"] == LIGHT.muted
    chart = draw_series([Series("one", [0], [0], "pink")], X, Y)
    assert encodings(chart)[0]["color"]["scale"] == {"domain": list(COLOURS)}  # no range: the theme's


def test_no_colour_is_written_into_a_chart():
    """Light and dark are the browser's to fill in."""
    charts = [draw_widths([1], [0.1], 1, X, Y), draw_series([Series("one", [0], [0])], X, Y),
              draw_bands([Band("now", [0], [[1.0]])], X, Y), draw_scores(["a"], {"Recall": [1.0]}, X, "Class")]
    for chart in charts:
        assert not re.search(r"#[0-9a-fA-F]{6}", finish(chart, "en").to_json())


@pytest.mark.parametrize("language, decimal, thousands", [("en", ".", ","), ("tr", ",", ".")])
def test_axes_write_numbers_as_the_language_does(language, decimal, thousands):
    told = finish(draw_widths([1], [0.1], 1, X, Y), language, "Errors").to_dict()
    number = told["config"]["locale"]["number"]
    assert (number["decimal"], number["thousands"], told["title"]) == (decimal, thousands, "Errors")
    share = Axis("share", str, 0, 1, share=language)
    written = encodings(draw_series([Series("one", [0], [0])], X, share))[0]["y"]["axis"]["labelExpr"]
    assert written.startswith("'%' +") == (language == "tr") and written.endswith("+ '%'") == (language == "en")
