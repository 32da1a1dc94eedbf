"""The sidebar of the Backpropagation page: its network, its example, and how the weights are updated."""

from dataclasses import replace

import streamlit as st

from dlcore.specs.backprop import LARGEST, MAX_LAYERS, MAX_UNITS, Backprop, fit
from pages.ui import state, words
from pages.ui.forms import Form, grouped
from pages.ui.language import _, number, short

KIND = "backprop"
LEARNING_RATES = [0.001, 0.01, 0.03, 0.1, 0.3, 0.5, 1.0, 3.0, 10.0]
SUBSCRIPTS = "₁₂₃₄"


def spec(page: str) -> Backprop:
    """Return what the page is about."""
    return state.page_spec(page, KIND)


def settle(page: str, changed: Backprop) -> None:
    """Keep a changed spec, with what no longer goes together brought to the nearest that does."""
    state.remember(page, fit(changed))


def edit_small_network(page: str) -> None:
    """Draw all controls; a changed one becomes a new spec in the address."""
    form = Form(page, touched=lambda _path, _value: settle(page, spec(page)), kind=KIND)
    shown = form.experiment
    sizes = "-".join(map(str, shown.sizes))
    with grouped(_("Network"), f"{sizes} · {words.option(shown.activation)}", "network", page):
        _edit_sizes(page, shown)
        form.choose("activation")
        form.choose("loss")
        if shown.loss == "mse":
            form.switch("on_outputs")
    values = ", ".join(number(value, 2) for value in shown.inputs)
    with grouped(_("Example"), values, "example", page):
        _edit_example(page, shown)
    summary = f"{words.option(shown.optimizer)} · {short(shown.learning_rate)}"
    with grouped(_("Update"), summary, "update", page):
        form.choose("optimizer")
        form.pick("learning_rate", LEARNING_RATES, format_func=short)
        if shown.optimizer == "sgd":
            form.slide("momentum", 0.05, max_value=0.999)
        if shown.optimizer == "adamw":
            form.slide("weight_decay", 0.01)
        form.switch("zero_grad", help=_("Switched off, the gradients of all steps pile up."))
    with grouped(_("Weights"), _("seed {seed}").format(seed=shown.seed), "weights", page):
        form.enter("seed")
        _offer_weights(page, shown)


def _edit_sizes(page: str, shown: Backprop) -> None:
    """Draw the number of inputs, hidden layers and outputs, and of the neurons in each layer."""
    _count(page, _("Inputs"), "input_count", len(shown.inputs), MAX_UNITS)
    _count(page, _("Hidden layers"), "layer_count", len(shown.hidden), MAX_LAYERS)
    for layer, (place, units) in enumerate(zip(st.columns(len(shown.hidden)), shown.hidden)):
        with place:
            _count(page, _("Layer {n}").format(n=layer + 1), f"units_{layer}", units, MAX_UNITS)
    least = 2 if shown.loss == "cross_entropy" else 1
    _count(page, _("Outputs"), "output_count", len(shown.targets), MAX_UNITS, least)


def _count(page: str, label: str, name: str, value: int, most: int, least: int = 1) -> None:
    key = f"{page}.{name}"
    st.session_state[key] = value
    st.selectbox(label, range(least, most + 1), key=key, on_change=_take_count, args=(page, name))


def _take_count(page: str, name: str) -> None:
    """Take a number of neurons over; what is new starts with one neuron more of the kind that is there."""
    shown, count = spec(page), st.session_state[f"{page}.{name}"]
    if name == "input_count":
        changed = replace(shown, inputs=_resized(shown.inputs, count, 0.5))
    elif name == "output_count":
        changed = replace(shown, targets=_resized(shown.targets, count, 0.0))
    elif name == "layer_count":
        changed = replace(shown, hidden=_resized(shown.hidden, count, shown.hidden[-1]))
    else:
        layer = int(name.removeprefix("units_"))
        changed = replace(shown, hidden=(*shown.hidden[:layer], count, *shown.hidden[layer + 1:]))
    settle(page, changed)


def _resized(values: tuple, count: int, filled: float) -> tuple:
    return (*values[:count], *[filled] * (count - len(values)))


def _edit_example(page: str, shown: Backprop) -> None:
    """Draw the inputs and the targets; for cross-entropy the true class."""
    for place, index in zip(_places(len(shown.inputs)), range(len(shown.inputs))):
        with place:
            _enter(page, "inputs", f"x{SUBSCRIPTS[index]}", index, shown.inputs[index])
    if shown.loss == "cross_entropy":
        key = f"{page}.true_class"
        st.session_state[key] = shown.targets.index(max(shown.targets)) + 1
        st.selectbox(_("True class"), range(1, len(shown.targets) + 1), key=key, on_change=_take_class, args=(page,))
        return
    low, high = (0.0, 1.0) if shown.loss == "bce" else (-LARGEST, LARGEST)
    for place, index in zip(_places(len(shown.targets)), range(len(shown.targets))):
        with place:
            _enter(page, "targets", f"t{SUBSCRIPTS[index]}", index, shown.targets[index], low, high)


def _places(count: int) -> list:
    return [place for _row in range(-(-count // 2)) for place in st.columns(2)]


def _enter(page: str, name: str, label: str, index: int, value: float, low: float = -LARGEST, high: float = LARGEST):
    key = f"{page}.{name}_{index}"
    st.session_state[key] = float(value)
    st.number_input(label, low, high, step=0.1, format="%.4g", key=key, on_change=_take_entry, args=(page, name, index))


def _take_entry(page: str, name: str, index: int) -> None:
    shown, value = spec(page), st.session_state[f"{page}.{name}_{index}"]
    settle(page, write_entry(shown, name, index, value))


def write_entry(shown: Backprop, name: str, index: int, value: float) -> Backprop:
    """Return the spec with one input or target set; for cross-entropy a target of a half or more is the true class."""
    values = getattr(shown, name)
    if name == "targets" and shown.loss == "cross_entropy":
        true = index if value >= 0.5 else values.index(max(values))
        return replace(shown, targets=tuple(float(place == true) for place in range(len(values))))
    return replace(shown, **{name: (*values[:index], float(value), *values[index + 1:])})


def _take_class(page: str) -> None:
    shown, true = spec(page), st.session_state[f"{page}.true_class"] - 1
    settle(page, replace(shown, targets=tuple(float(index == true) for index in range(len(shown.targets)))))


def _offer_weights(page: str, shown: Backprop) -> None:
    st.button(_("New weights"), key=f"{page}.new_weights", icon=":material/casino:", on_click=_draw_weights,
              args=(page,), width="stretch")
    if shown.weights:
        count = len(shown.weights)
        st.caption(_("Set by hand: {n}").format(n=count))
        st.button(_("Take back what was set by hand"), key=f"{page}.forget_weights", on_click=_forget_weights,
                  args=(page,), width="stretch")


def _draw_weights(page: str) -> None:
    shown = spec(page)
    settle(page, replace(shown, seed=(shown.seed + 1) % 2**31, weights=(), updates=0))


def _forget_weights(page: str) -> None:
    settle(page, replace(spec(page), weights=(), updates=0))
