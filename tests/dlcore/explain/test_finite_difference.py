"""The finite difference of the Backpropagation page, against derivatives that are known and against sixty digits."""

import random
from math import cos, exp, sin, tanh

import mpmath
import pytest
from mpmath import mp, mpf

from dlcore.explain.backprop import explain_backprop, functions_of
from dlcore.explain.finite_difference import EPSILON, Check, check_gradient
from dlcore.explain.replay import read_scalar, replay
from dlcore.specs.backprop import ACTIVATIONS, LOSSES, OPTIMIZERS, Backprop, parameter_names

KNOWN = [  # functions of a weight, and their slopes
    (lambda w: w**3, lambda w: 3 * w**2), (sin, cos), (exp, exp), (lambda w: exp(50 * w), lambda w: 50 * exp(50 * w)),
    (lambda w: 1 + 1e-9 * tanh(w), lambda w: 1e-9 * (1 - tanh(w) ** 2)),
    (lambda w: (w - 0.3) ** 2, lambda w: 2 * (w - 0.3)), (lambda w: 7.0 + 0 * w, lambda w: 0.0),
    (lambda w: max(w - 0.1, 0.0), lambda w: float(w > 0.1)),
]


@pytest.mark.parametrize("weight", [-60.0, -1.3, -0.02, 0.004, 0.3, 1.0, 9.0])
@pytest.mark.parametrize("place", range(8))
def test_the_slope_of_a_known_function_lies_within_the_error_that_is_told(place, weight):
    function, slope = KNOWN[place]
    check = check_gradient(function, lambda w: 4 * EPSILON * abs(function(w)), weight, slope(weight))
    assert abs(check.estimate - slope(weight)) <= check.error and check.verdict in ("agrees", "zero", "unseen")


@pytest.mark.parametrize("weight", [0.5, -3.0, 40.0])
def test_a_gradient_that_is_wrong_in_the_sixth_digit_is_found(weight):
    function, slope = KNOWN[0]
    for factor in (1 + 1e-6, 1 - 1e-6, -1.0, 2.0, 0.0):
        check = check_gradient(function, lambda w: 4 * EPSILON * abs(function(w)), weight, slope(weight) * factor)
        assert check.verdict == "differs"


def test_a_bend_of_a_relu_is_told_where_it_lies_within_the_step():
    check = check_gradient(lambda w: max(w, 0.0), lambda w: EPSILON * abs(w), 0.0, 0.0)
    assert check.estimate == pytest.approx(0.5) and check.verdict == "kink"
    near = check_gradient(lambda w: max(w - 1e-3, 0.0), lambda w: EPSILON * abs(w), 0.0, 0.0)
    assert near.step < 1e-3 and near.verdict == "zero"


def test_digits_are_counted_as_they_are_written():
    for one, other, digits in ((1.23451, 1.23462, 4), (0.19999, 0.20001, 4), (1.0, 1.0, 15), (1.0, 2.0, 0),
                               (-3.1e-20, -3.2e-20, 1), (1.0, -1.0, 0)):
        check = Check(0.1, 1.0, 0.0, one, other, 1.0)
        assert check.digits == digits
        assert not digits or f"{one:.{digits - 1}e}" == f"{other:.{digits - 1}e}"


# the page's own networks

def draw_spec(draws: random.Random, updates: tuple[int, ...]) -> Backprop:
    """Return a network, an example and a weight of it by chance, as large as the page allows."""
    hidden = tuple(draws.randint(1, 4) for _ in range(draws.randint(1, 3)))
    inputs, outputs, loss = draws.randint(1, 4), draws.randint(2, 4), draws.choice(LOSSES)
    size = draws.choice([0.1, 1, 1, 3, 10, 100])
    targets = {"mse": [round(draws.uniform(-size, size), 2) for _ in range(outputs)],
               "bce": [float(draws.random() < 0.5) for _ in range(outputs)],
               "cross_entropy": [float(place == 0) for place in range(outputs)]}[loss]
    names = list(parameter_names((inputs, *hidden, outputs)))
    by_hand = sorted((name, round(draws.uniform(-5, 5) * draws.choice([1, 1, 10]), 2))
                     for name in draws.sample(names, min(len(names), draws.randint(0, 4))))
    return Backprop(
        hidden=hidden, inputs=tuple(round(draws.uniform(-size, size), 2) for _ in range(inputs)),
        targets=tuple(targets), weights=tuple(by_hand), activation=draws.choice(ACTIVATIONS), loss=loss,
        on_outputs=draws.random() < 0.3, optimizer=draws.choice(OPTIMIZERS), picked=draws.choice(names),
        learning_rate=draws.choice([0.01, 0.1, 0.5, 2.0]), updates=draws.choice(updates),
        zero_grad=draws.random() < 0.8)


def exact_slope(spec: Backprop, module, name: str) -> mpf:
    """Return the slope of the loss by a weight, computed with sixty digits from the definition of the network."""
    mp.dps = 60
    weights = {known: mpf(read_scalar(module, known)) for known in parameter_names(spec.sizes)}
    bend = {"sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)), "tanh": mpmath.tanh, "relu": lambda z: max(z, mpf(0)),
            "none": lambda z: z}[spec.activation]

    def loss_at(value):
        known, now = {**weights, name: value}, [mpf(given) for given in spec.inputs]
        for layer, width in enumerate(spec.sizes[1:], 1):
            now = [sum((known[f"w{layer}.{to}.{of}"] * given for of, given in enumerate(now, 1)),
                       known[f"b{layer}.{to}"]) for to in range(1, width + 1)]
            if layer < len(spec.sizes) - 1 or spec.on_outputs and spec.loss == "mse":
                now = [bend(z) for z in now]
        match spec.loss:
            case "mse":
                return sum((z - mpf(t)) ** 2 for z, t in zip(now, spec.targets)) / len(now)
            case "bce":
                return sum(mpmath.log(1 + mpmath.exp(z)) - mpf(t) * z for z, t in zip(now, spec.targets)) / len(now)
        return mpmath.log(sum(mpmath.exp(z - now[0]) for z in now))

    step = mpf(10) ** -20
    return (loss_at(weights[name] + step) - loss_at(weights[name] - step)) / (2 * step)


def keeps_its_promise(spec: Backprop) -> str:
    """Check what is printed of one walk against sixty digits; return the verdict."""
    answer = explain_backprop(spec, checked=True)
    told, made = answer["check"], replay(Backprop(**{**vars(spec), "updates": answer["update"]}))
    exact = exact_slope(spec, made.module, spec.picked)
    assert told["verdict"] in ("agrees", "zero", "unseen", "kink"), spec
    if told["verdict"] != "kink":
        assert abs(mpf(told["estimate"]) - exact) <= told["error"], spec
    assert abs(mpf(told["gradient"]) - exact) <= told["error"], spec
    if told["verdict"] == "agrees":
        assert told["digits"] >= 1 and told["shown"] >= 1
        assert f"{told['estimate']:.{told['digits'] - 1}e}" == f"{told['gradient']:.{told['digits'] - 1}e}"
        assert told["relative"] <= 10 ** (1 - told["shown"]), spec
        wrong = told["gradient"] * (1 + 3 * 10 ** (1 - told["shown"]))
        functions = functions_of(made, spec.picked)
        assert check_gradient(*functions, read_scalar(made.module, spec.picked), wrong).verdict == "differs", spec
    return told["verdict"]


@pytest.mark.parametrize("seed", range(2))
def test_what_is_printed_of_random_walks_holds(seed):
    draws, verdicts = random.Random(seed), []
    while len(verdicts) < 10:
        verdicts.append(keeps_its_promise(draw_spec(draws, updates=(0, 1, 5))))
    assert verdicts.count("agrees") > 2


@pytest.mark.check
@pytest.mark.parametrize("seed", range(100, 110))
def test_what_is_printed_of_many_random_walks_holds(seed):
    draws, verdicts = random.Random(seed), []
    while len(verdicts) < 100:
        spec = draw_spec(draws, updates=(0, 1, 5, 30, 200))
        if abs(replay(spec).losses[-1]) < 1e12:
            verdicts.append(keeps_its_promise(spec))
    assert verdicts.count("agrees") > 40


@pytest.mark.parametrize("spec", [  # a step of 1e-5 was off by more than a hundredth of these
    Backprop(hidden=(1,), inputs=(0.03,), targets=(-0.08,), optimizer="rmsprop", learning_rate=0.1, updates=200),
    Backprop(hidden=(1, 3), inputs=(0.05, -0.06), targets=(-0.05,), activation="none", optimizer="rmsprop",
             learning_rate=0.1, updates=200, picked="w1.1.2"),
])
def test_a_tiny_gradient_after_many_updates_is_not_said_to_differ(spec):
    made = replay(spec)
    loss_at, _rounding = functions_of(made, spec.picked)
    weight = read_scalar(made.module, spec.picked)
    exact = float(exact_slope(spec, made.module, spec.picked))
    once = (loss_at(weight + 1e-5) - loss_at(weight - 1e-5)) / 2e-5
    assert abs(exact) < 1e-15 and abs(once - exact) > 1e-2 * abs(exact)
    assert keeps_its_promise(spec) in ("agrees", "unseen")
