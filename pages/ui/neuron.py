"""One neuron under the visitor's hand: the sliders, and what the explainer says of them.

One component (static/js/neuron.js, or static/js/softmax.js for the softmax), mounted in a fragment. While a slider is
pulled the browser sets its state "knobs", at most one on its way at a time, and Python answers in the same run:

    knobs      seq (numbers what the browser has sent), inputs, weights, bias, logits, temperature, settled (whether
               the hand has let go: only then does it go into the address)
    message    meta      language, words, seq, settings (as the answer has them), bounds, sentence, waiting; of a
                         neuron function, formulas, names, z, a, slope, terms, by_input, by_weight, by_bias
               arrays    curve float32 (3, points): z, f(z), f'(z); faint uint8 (points,)
                         or probabilities float32 (classes,), jacobian float32 (classes, classes)
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from math import floor, log10
from typing import Any

import streamlit as st

from dlcore.errors import DerinError, EngineAsleep, EngineError
from dlcore.specs.codec import to_dict
from dlcore.specs.fields import Rule, rule_of
from dlcore.specs.neuron import Neuron
from pages.ui import state, words
from pages.ui.explaining import explain
from pages.ui.forms import Form
from pages.ui.language import N_, _, language, number, percent, told
from pages.ui.live import pack
from pages.ui.panels import register
from pages.ui.waking import wait

KNOBS = ("inputs", "weights", "bias", "logits", "temperature")
FAINT, DEAD, WEAK = 0.01, 1e-12, 0.1
FORMULAS = {  # function, its derivative
    "sigmoid": ("1 / (1 + exp(−z))", "a · (1 − a)"), "tanh": ("tanh(z)", "1 − a²"), "relu": ("max(0, z)", "0 | 1"),
    "leaky_relu": ("max(0.01·z, z)", "0.01 | 1"), "gelu": ("z · Φ(z)", "Φ(z) + z · φ(z)"),
    "silu": ("z · σ(z)", "σ(z) + a · (1 − σ(z))"), "elu": ("z | exp(z) − 1", "1 | exp(z)"),
    "softplus": ("ln(1 + exp(z))", "σ(z)"), "step": ("0 | 1", "0"),
}

_neuron = register("neuron", 270)
_softmax = register("softmax", 270)


@st.fragment
def show_neuron(page: str) -> None:
    """Show the neuron with its sliders, its activation function and the derivative; or the softmax."""
    softmax = state.page_spec(page, "neuron").activation == "softmax"
    key = f"{page}.softmax" if softmax else f"{page}.knobs"
    spec = take_knobs(page, key)
    meta, arrays = {}, {}
    try:
        meta, arrays = (_tell_softmax if softmax else _tell_neuron)(spec, ask(spec))
    except EngineAsleep:
        meta = wait()
    except EngineError as error:
        meta = {"waiting": 1.0, "words": _words() | {"waking": told(error)}}
    except DerinError:
        pass
    frame = {"language": language(), "words": _words(), "seq": st.session_state.get(f"_seq.{key}", 0),
             "settings": _settings(spec), "bounds": _bounds()}
    (_softmax if softmax else _neuron)(key=key, data=pack(frame | meta, **arrays), on_knobs_change=_keep)


def edit_sizes(form: Form) -> None:
    """Draw how many inputs or logits there are, and how deep the line of neurons is."""
    st.markdown(f"**{_('Neuron')}**")
    form.press("classes" if form.experiment.activation == "softmax" else "count", _sizes(form.experiment))
    st.markdown(f"**{_('Neurons side by side')}**")
    form.press("line.layers", (1, 2, 3))


def _sizes(spec: Neuron) -> tuple[int, ...]:
    return (3, 4, 5) if spec.activation == "softmax" else (1, 2, 3)


def ask(spec: Neuron) -> dict:
    """Ask the explainer what a neuron does; see dlcore.explain.neuron."""
    return explain({"kind": "neuron", "neuron": to_dict(spec, whole=True)})


def take_knobs(page: str, key: str) -> Neuron:
    """Return the neuron with the sliders as they stand; where the hand has let go, they go into the address."""
    spec, held, seen = state.page_spec(page, "neuron"), st.session_state.get(key), f"_seq.{key}"
    knobs = held.get("knobs") if isinstance(held, Mapping) else None
    if isinstance(knobs, Mapping) and is_newer(knobs.get("seq"), st.session_state.get(seen, 0)):
        st.session_state[seen] = knobs["seq"]
        turned = read_knobs(spec, knobs)
        st.session_state[f"_turned.{key}"] = (spec, turned)
        if knobs.get("settled") is True:
            state.remember(page, turned)
            return turned
    before, turned = st.session_state.get(f"_turned.{key}", (None, None))
    return turned if before == spec else spec


def read_knobs(spec: Neuron, knobs: Mapping) -> Neuron:
    """Return the neuron with the values of some sliders, which came from a visitor; what cannot be is left out."""
    rules, values = _rules(), {}
    for name in KNOBS:
        try:
            values[name] = rules[name].nearest(knobs[name])
        except (KeyError, ValueError, TypeError, OverflowError):
            continue
    return replace(spec, **values)


def is_newer(seq: Any, seen: int) -> bool:
    """Whether what a browser has sent comes after what was seen of it."""
    return isinstance(seq, int) and not isinstance(seq, bool) and seq > seen


def _keep() -> None:
    """Do nothing when a slider moves: it is read in the run that follows."""


def _rules() -> dict[str, Rule]:
    return {declared.name: rule_of(declared) for declared in fields(Neuron) if declared.name in KNOBS}


def _bounds() -> dict[str, list[float]]:
    return {name: [rule.low, rule.high] for name, rule in _rules().items()}


def _settings(spec: Neuron) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in (*KNOBS, "count", "classes")}


def _tell_neuron(spec: Neuron, answer: dict) -> tuple[dict, dict]:
    arrays = {name: answer[name] for name in ("curve", "faint")}
    meta = {name: value for name, value in answer.items() if name not in arrays}
    formulas = [_localise(text) for text in FORMULAS[spec.activation]]
    return {**meta, "function": spec.activation, "name": words.function_name(spec.activation), "formulas": formulas,
            "sentence": say_slope(spec.activation, answer["z"], answer["slope"])}, arrays


def _localise(formula: str) -> str:
    return formula.replace("0.01", number(0.01, 2))


def _tell_softmax(spec: Neuron, answer: dict) -> tuple[dict, dict]:
    top = max(answer["probabilities"])
    return {"sentence": _say_temperature(spec.temperature, top)}, answer


def _say_temperature(temperature: float, top: float) -> str:
    values = {"t": number(temperature, 2), "share": percent(top)}
    if top > 0.99:
        text = N_("At T = {t} the largest probability is {share}: nearly all on one class, and hardly any gradient.")
    elif temperature > 1:
        text = N_("At T = {t} the largest probability is {share}: a temperature above 1 evens the classes out.")
    elif temperature < 1:
        text = N_("At T = {t} the largest probability is {share}: a temperature below 1 sharpens the choice.")
    else:
        text = N_("At T = {t} the largest probability is {share}. More logit for one class takes from all the others.")
    return _(text).format(**values)


def say_slope(function: str, z: float, slope: float) -> str:
    """Return what a derivative means for the gradient on its way back."""
    values = {"z": number(z, 2), "slope": number(slope, 4), "share": percent(abs(slope))}
    if function == "step":
        text = N_("The step's derivative is 0 wherever it has one: nothing ever flows back, so gradient descent cannot "
                  "train through it.")
    elif z == 0 and function in ("relu", "leaky_relu"):
        text = N_("At z = 0 there is a kink and no derivative; PyTorch takes {slope}.")
    elif abs(slope) < DEAD:
        text = N_("At z = {z} the derivative is 0: nothing flows back.")
    elif abs(slope) < FAINT:
        text = N_("At z = {z} the derivative is {slope}: hardly anything flows back.")
        values["slope"] = number(slope, 4) if abs(slope) >= 5e-5 else write_tiny(slope)
    elif slope < 0:
        text = N_("At z = {z} the derivative is {slope}: {share} of the gradient flows back, with its sign turned.")
    elif abs(slope) < WEAK:
        text = N_("At z = {z} the derivative is {slope}: only {share} of the gradient flows back.")
    else:
        text = N_("At z = {z} the derivative is {slope}: {share} of the gradient flows back.")
    return _(text).format(**values)


def write_tiny(value: float) -> str:
    """Write a number that is near zero with a power of ten: 7.9e−5 in English, 7,9e−5 in Turkish."""
    power = floor(log10(abs(value)))
    return f"{number(value / 10**power, 1)}e−{-power}"


def _words() -> dict[str, str]:
    return {
        "input": _("input"), "weight": _("weight"), "bias": _("bias"), "logit": _("logit"),
        "temperature": _("temperature"), "gradient": _("gradient"), "value": _("Activation"),
        "slope": _("Derivative"), "faint": _("gradient near zero"), "waking": _("Waking, {seconds} s"),
        "starting": _("Waking for {seconds} s"),
        "curve": _("{name}: a = {a} at z = {z}"), "derivative": _("Derivative of {name}: {slope} at z = {z}"),
        "probabilities": _("Probabilities"), "jacobian": _("Jacobian"),
        "note": _("how probability i (row) answers to logit j (column)"),
        "bars": _("Probabilities: {values}"), "cells": _("Jacobian, row by row: {values}"),
    }
