"""A line of neurons learns a curve: what the Job tells is what the network is."""

import numpy as np
import pytest

from dlcore.data.curves import heights, places
from dlcore.specs.codec import to_dict
from dlcore.specs.neuron import KNOTS, Line, Neuron
from dlcore.training import curve_fit
from dlcore.training.jobs import JOBS


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(curve_fit, "STEPS", 400)


def trained(widths, activation="tanh", **line) -> list[dict]:
    request = {"neuron": to_dict(Neuron(activation=activation, line=Line(**line)), whole=True), "widths": widths}
    job = JOBS["fit_curve"](request, None)
    seen = [job.progress]
    while not job.finished:
        job.advance(0.03)
        seen.append(job.progress)
    assert seen == sorted(seen) and (seen[0], seen[-1]) == (0, 1)
    return job.result["fits"]


def test_a_wider_line_comes_closer():
    one, four, sixteen = trained((1, 4, 16))
    assert one["loss"] > 4 * four["loss"] > 4 * sixteen["loss"]
    assert [fit["neurons"] for fit in (one, four, sixteen)] == [1, 4, 16]


@pytest.mark.parametrize("curve", ["sine", "step", "bump", "drawn"])
def test_the_error_is_the_mean_squared_distance_from_the_curve(curve):
    drawn = tuple(np.round(np.abs(np.linspace(-1.2, 1.2, KNOTS)), 2))
    (fit,) = trained((6,), curve=curve, drawn=drawn)
    aims = {"sine": np.sin(2 * places()), "step": np.where(places() < 0, -1, 1), "bump": np.exp(-2 * places() ** 2),
            "drawn": np.interp(places(), np.linspace(-3, 3, KNOTS), drawn)}
    assert heights(Line(curve=curve, drawn=drawn), places()) == pytest.approx(aims[curve])
    assert fit["loss"] == pytest.approx(np.mean((fit["output"] - aims[curve]) ** 2), abs=1e-6)
    assert fit["loss"] < np.var(aims[curve]) / 2


def test_the_parts_of_all_neurons_and_the_output_bias_add_up_to_the_output():
    (fit,) = trained((5,), layers=2)
    assert fit["parts"].shape == (5, len(places()))
    assert fit["parts"].sum(0) + fit["matrices"][-1][1] == pytest.approx(fit["output"], abs=1e-5)


@pytest.mark.parametrize("layers", [1, 3])
def test_without_activations_it_learns_the_line_of_least_squares(layers):
    (fit,) = trained((8,), linear=True, layers=layers)
    slope, intercept = np.polyfit(places(), np.sin(2 * places()), 1)
    assert fit["product"] == pytest.approx((slope, intercept), abs=5e-3)
    assert fit["straight"] == pytest.approx(fit["product"], abs=1e-5)
    assert fit["output"] == pytest.approx(fit["product"][0] * places() + fit["product"][1], abs=1e-5)


def test_nothing_flows_back_through_a_step_function():
    (fit,) = trained((6,), activation="step")
    untrained = curve_fit.build_line(6, 1, "step", 0)
    (first, bias), (out, _) = fit["matrices"]
    assert np.array_equal(first, untrained.layers[0].weight.detach())
    assert np.array_equal(bias, untrained.layers[0].bias.detach())
    assert not np.array_equal(out, untrained.out.weight.detach())


def test_equal_requests_give_equal_networks():
    (one,), (other,), (third,) = trained((3,)), trained((3,)), trained((3,), seed=1)
    assert np.array_equal(one["output"], other["output"])
    assert not np.array_equal(one["output"], third["output"])


def test_there_is_something_to_see_while_it_learns():
    job = JOBS["fit_curve"]({"neuron": to_dict(Neuron(), whole=True), "widths": (2, 3)}, None)
    job.advance(0)
    (fit,) = job.result["fits"]
    assert fit["neurons"] == 2 and 0 < fit["step"] < fit["steps"] and not job.finished
