"""One neuron: autograd against closed forms and finite differences, the softmax against its identities."""

from math import erf, pi, sqrt

import numpy as np
import pytest

from dlcore.explain.neuron import POINTS, see_neuron, see_planes, see_softmax, trace
from dlcore.explain.requests import REQUESTS
from dlcore.models.neuron import make_activation
from dlcore.specs.codec import to_dict
from dlcore.specs.neuron import ELEMENTWISE, Neuron

Z = np.linspace(-8, 8, POINTS)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def normal(z):
    """The normal distribution's share below z."""
    return (1 + np.vectorize(erf)(z / sqrt(2))) / 2


def density(z):
    return np.exp(-z**2 / 2) / sqrt(2 * pi)


CLOSED_FORMS = {  # function, derivative
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1, 0.01)),
    "gelu": (lambda z: z * normal(z), lambda z: normal(z) + z * density(z)),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z)))),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(z)), lambda z: np.where(z > 0, 1, np.exp(z))),
    "softplus": (lambda z: np.log1p(np.exp(z)), sigmoid),
    "step": (lambda z: np.heaviside(z, 0.5), np.zeros_like),
}
KINKS = {"relu": [0], "leaky_relu": [0], "elu": [0], "step": [0]}  # also of the derivative


@pytest.mark.parametrize("function", ELEMENTWISE)
def test_curve_and_derivative_are_those_of_the_closed_form(function):
    z, values, slopes = trace(make_activation(function), 8)
    value, slope = CLOSED_FORMS[function]
    assert z == pytest.approx(Z, abs=1e-12)
    assert values == pytest.approx(value(Z), abs=1e-9)
    assert slopes == pytest.approx(slope(Z), abs=1e-9)


@pytest.mark.parametrize("function", ELEMENTWISE)
def test_the_derivative_is_the_slope_between_neighbours(function):
    z, values, slopes = trace(make_activation(function), 8)
    between = (values[2:] - values[:-2]) / (z[2:] - z[:-2])
    smooth = np.abs(z[1:-1, None] - KINKS.get(function, [99])).min(1) > z[1] - z[0] + 1e-9
    assert between[smooth] == pytest.approx(slopes[1:-1][smooth], abs=6e-4)


@pytest.mark.parametrize("function", ELEMENTWISE)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_gradient_is_what_a_small_change_of_its_value_does(function, count):
    spec = Neuron(activation=function, count=count, inputs=(0.7, -1.1, 2.0), weights=(1.5, 0.4, -0.3), bias=-0.2)
    seen, tiny = see_neuron(spec), 1e-6

    def a(x, w, b):
        return CLOSED_FORMS[function][0](np.dot(x[:count], w[:count]) + b)

    x, w, b = np.array(spec.inputs), np.array(spec.weights), spec.bias
    assert seen["z"] == pytest.approx(np.dot(x[:count], w[:count]) + b)
    assert seen["terms"] == pytest.approx((x * w)[:count])
    assert seen["a"] == pytest.approx(float(a(x, w, b)))
    for index, unit in enumerate(np.eye(3)[:count] * tiny):
        assert seen["by_input"][index] == pytest.approx((a(x + unit, w, b) - a(x - unit, w, b)) / 2 / tiny, abs=1e-6)
        assert seen["by_weight"][index] == pytest.approx((a(x, w + unit, b) - a(x, w - unit, b)) / 2 / tiny, abs=1e-6)
    assert seen["by_bias"] == seen["slope"] == pytest.approx((a(x, w, b + tiny) - a(x, w, b - tiny)) / 2 / tiny,
                                                             abs=1e-6)


def test_where_the_gradient_dies_is_marked():
    """At z = -8 the derivative of the sigmoid is 0.0003."""
    seen = see_neuron(Neuron(count=1, inputs=(0.0, 0.0, 0.0), bias=-6.0))
    assert list(seen["faint"]) == list(CLOSED_FORMS["sigmoid"][1](Z) < 0.01)
    assert 0 < seen["faint"].mean() < 1
    assert see_neuron(Neuron(activation="step"))["faint"].all()


def test_the_picture_reaches_as_far_as_z():
    far = see_neuron(Neuron(count=3, inputs=(3.0, 3.0, 3.0), weights=(3.0, 3.0, 3.0), bias=6.0))
    assert far["z"] == 33 <= far["curve"][0, -1]
    assert see_neuron(Neuron())["curve"][0, -1] == 8


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0, 5.0])
@pytest.mark.parametrize("classes", [3, 4, 5])
def test_the_softmax_and_its_jacobian_are_those_of_the_closed_form(classes, temperature):
    spec = Neuron(activation="softmax", classes=classes, temperature=temperature)
    seen = see_softmax(spec)
    powers = np.exp(np.array(spec.logits[:classes]) / temperature)
    shares = powers / powers.sum()
    assert seen["probabilities"] == pytest.approx(shares, abs=1e-12)
    assert seen["jacobian"] == pytest.approx((np.diag(shares) - np.outer(shares, shares)) / temperature, abs=1e-12)
    assert seen["jacobian"].sum(1) == pytest.approx(np.zeros(classes), abs=1e-12)
    assert seen["jacobian"].sum(0) == pytest.approx(np.zeros(classes), abs=1e-12)


def test_a_higher_temperature_evens_the_classes_out():
    tops = [see_softmax(Neuron(temperature=temperature))["probabilities"].max() for temperature in (0.1, 0.5, 1, 2, 5)]
    assert tops == sorted(tops, reverse=True) and tops[0] > 0.99


def test_the_planes_are_the_neurons_answers_over_both_inputs():
    spec = Neuron()
    planes = see_planes(spec, ("tanh", "relu"))
    first, second = np.meshgrid(np.linspace(-3, 3, 29), np.linspace(3, -3, 29))
    z = spec.weights[0] * first + spec.weights[1] * second + spec.bias
    assert planes == pytest.approx(np.stack([np.tanh(z), np.maximum(z, 0)]), abs=1e-12)


def test_the_explainer_answers_for_every_activation_function():
    for function in (*ELEMENTWISE, "softmax"):
        answer = REQUESTS["neuron"](None, {"neuron": to_dict(Neuron(activation=function), whole=True)})
        assert ("jacobian" in answer) == (function == "softmax")
