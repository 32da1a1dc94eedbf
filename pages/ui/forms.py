"""From a spec to widgets and back: a widget shows a field, and a touched widget becomes a new spec in the address."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import streamlit as st

from dlcore.specs.changes import Change
from dlcore.specs.data import Augment
from dlcore.specs.experiment import DROPOUT, LEAST, Experiment, apply_change, learn_from, live_rule
from dlcore.specs.fields import Rule, rule_of
from pages.ui import state, words
from pages.ui.foreign import plain
from pages.ui.language import _, ngettext, number, short

Touched = Callable[[str, Any], None]  # (dotted path, new value)


def read_field(spec: Any, path: str) -> Any:
    """Return a field of a spec by its dotted path; `network.dropout` is that of the first dropout block."""
    if _is_of_blocks(spec, path):
        return next(block.p for block in spec.network.blocks if block.kind == "dropout")
    for name in path.split("."):
        spec = getattr(spec, name)
    return spec


def _is_of_blocks(spec: Any, path: str) -> bool:
    """Whether a path means the dropout blocks of an experiment, all of which have the same share."""
    return path == DROPOUT and spec.kind == "experiment"


def write_field(experiment: Experiment, path: str, value: Any) -> Experiment:
    """Return the experiment with one field set."""
    if _is_of_blocks(experiment, path):
        return apply_change(experiment, Change(0, path, value))
    if path == "data.dataset" and experiment.kind == "experiment":
        return learn_from(experiment, value)
    return _write(experiment, path.split("."), value)


def _write(spec: Any, names: list[str], value: Any) -> Any:
    head, *rest = names
    return replace(spec, **{head: _write(getattr(spec, head), rest, value) if rest else value})


def _rule(spec: Any, path: str) -> Rule:
    if _is_of_blocks(spec, path):
        return live_rule(path)
    *owners, name = path.split(".")
    for owner in owners:
        spec = getattr(spec, owner)
    return next(rule_of(declared) for declared in fields(spec) if declared.name == name)


class Form:
    """The widgets of what one page is about (`kind`); `touched` is told what the visitor changed."""

    def __init__(self, page: str, touched: Touched = lambda path, value: None, locked: bool = False,
                 kind: str = "experiment"):
        self.page, self.touched, self.locked, self.kind = page, touched, locked, kind
        self.experiment = state.page_spec(page, kind)

    def key(self, path: str) -> str:
        """Return a field's widget key, such as "digits.learning_rate"."""
        return f"{self.page}.{path.split('.')[-1]}"

    def choose(self, path: str, options: tuple | None = None, **how: Any) -> None:
        """Draw a field as a choice."""
        options = self._offered(path, options)
        index = options.index(read_field(self.experiment, path))
        st.selectbox(options=options, index=index, **({"format_func": words.option} | how), **self._bind(path))

    def press(self, path: str, options: tuple | None = None, **how: Any) -> None:
        """Draw a field as buttons side by side, one of which is pressed."""
        value = read_field(self.experiment, path)
        st.pills(options=self._offered(path, options), default=value, required=True,
                 **({"format_func": words.option} | how), **self._bind(path))

    def _offered(self, path: str, options: tuple | None) -> list:
        """Return the options of a field; a value from a link that the rule allows takes its place among them."""
        options, value = list(options or _rule(self.experiment, path).options), read_field(self.experiment, path)
        if value in options:
            return options
        return sorted([*options, value]) if isinstance(value, int) else [*options, value]

    def slide(self, path: str, step: float, **how: Any) -> None:
        """Draw a field as a slider between its bounds, or closer ones that reach to the value."""
        rule = _rule(self.experiment, path)
        bounds = {"min_value": rule.type(rule.low), "max_value": rule.type(rule.high)} | how
        value = rule.type(read_field(self.experiment, path))
        bounds |= {"min_value": min(bounds["min_value"], value), "max_value": max(bounds["max_value"], value)}
        st.slider(value=value, step=rule.type(step), format="%g", **bounds, **self._bind(path))

    def pick(self, path: str, options: list, **how: Any) -> None:
        """Draw a number as one of several usual values; a value from a link takes its place among them."""
        value = read_field(self.experiment, path)
        st.select_slider(options=sorted({*options, value}), value=value, **self._bind(path), **how)

    def pick_within(self, path: str, options: list, most: int, **how: Any) -> None:
        """Draw a number as one of several usual values up to the most there can be; more than that is the most."""
        if read_field(self.experiment, path) > most:
            self.experiment = write_field(self.experiment, path, most)
        self.pick(path, [option for option in options if option < most] + [most], **how)

    def enter(self, path: str, **how: Any) -> None:
        """Draw a field as a number to type."""
        rule = _rule(self.experiment, path)
        value = rule.type(read_field(self.experiment, path))
        st.number_input(value=value, min_value=rule.type(rule.low), max_value=rule.type(rule.high), **self._bind(path),
                        **how)

    def write(self, path: str, **how: Any) -> None:
        """Draw a field as a line of text."""
        st.text_input(value=read_field(self.experiment, path), **self._bind(path), **how)

    def switch(self, path: str, **how: Any) -> None:
        """Draw a field as a switch."""
        st.toggle(value=read_field(self.experiment, path), **self._bind(path), **how)

    def _bind(self, path: str) -> dict:
        """Say who the widget is. It is set only where the browser has something else: setting it takes back what the
        visitor has pressed while this run was on its way. A browser that meets it first goes by its default.
        """
        key, value = self.key(path), read_field(self.experiment, path)
        if key in st.session_state and st.session_state[key] != value:
            st.session_state[key] = value
        return {"label": words.field_name(path), "key": key, "on_change": self._take, "args": (path,)}

    def _take(self, path: str) -> None:
        """Take a widget's value over; a browser that meets the widget for the first time only repeats it."""
        value, experiment = st.session_state[self.key(path)], state.page_spec(self.page, self.kind)
        value = value if path == "training.device" else _rule(experiment, path).type(value)
        if value != read_field(experiment, path):
            state.remember(self.page, write_field(experiment, path, value))
            self.touched(path, value)


LEARNING_RATES = [0.0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 5e-3, 8e-3, 0.01, 0.02, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
DECAYS = [0.0, 1e-5, 1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
TRAIN_SIZES = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 60_000]  # and all, up to the data set's own number
BATCHES = [1, 8, 16, 32, 64, 128, 256, 512, 1024]


def edit_data(form: Form, datasets: tuple[str, ...], named: Callable[[str], str],
              below: Callable[[], None]) -> None:
    """Draw what the network learns from: data set (one of some, `named`), how many, size,
    channels, augmentation. `below` draws what stands under the data set.
    """
    data = form.experiment.data
    count = _("{n} pictures").format(n=number(data.count))
    summary = f"{plain(words.dataset_name(data.dataset))} · {count} · {data.size}×{data.size}×{data.channels}"
    with grouped(_("Data"), summary, "data", form.page):
        offered = datasets if data.dataset in datasets else (*datasets, data.dataset)
        form.choose("data.dataset", offered, format_func=named)
        below()
        if data.told.train > LEAST:
            form.pick_within("data.train_size", TRAIN_SIZES, data.told.train, format_func=number)
        if data.without:
            _tell_left_out(form)
        left, right = st.columns(2)
        with left:
            form.choose("data.size")
        with right:
            form.choose("data.channels")
        form.switch("data.shuffled", help=_("Puts the pixels of every picture into the same other order. Try it with "
                                            "and without convolutions."))
    changed = [number(getattr(data.augment, declared.name), 1) for declared in fields(Augment)
               if rule_of(declared) and getattr(data.augment, declared.name)]
    with grouped(_("Augmentation"), " · ".join(changed) or _("none"), "augmentation", form.page):
        form.slide("data.augment.rotation", 1, max_value=45.0)
        form.slide("data.augment.shift", 0.5)
        for name in ("scale", "brightness", "contrast", *(("thickness",) if data.told.drawn else ())):
            form.slide(f"data.augment.{name}", 0.05)


def _tell_left_out(form: Form) -> None:
    """Say that some digits are left out, and offer to take them back."""
    count = len(set(form.experiment.data.without))
    st.caption(ngettext("{n} of them is left out", "{n} of them are left out", count).format(n=number(count)))
    if st.button(_("Take them back"), key=form.key("data.without"), icon=":material/undo:"):
        state.remember(form.page, write_field(form.experiment, "data.without", ()))
        st.rerun()


def edit_training(form: Form, devices: tuple[str, ...]) -> None:
    """Draw how the network learns: optimiser, learning rate, schedule, batch, epochs, loss, device."""
    training = form.experiment.training
    summary = f"{words.option(training.optimizer).split()[0]} · {short(training.learning_rate)} · {training.batch_size}"
    with grouped(_("Training"), summary, "training", form.page):
        form.choose("training.optimizer")
        form.pick("training.learning_rate", LEARNING_RATES, format_func=short)
        form.choose("training.schedule")
        form.pick("training.weight_decay", DECAYS, format_func=short)
        if training.optimizer == "sgd":
            form.slide("training.momentum", 0.01)
        if any(block.kind == "dropout" for block in form.experiment.network.blocks):
            form.slide(DROPOUT, 0.05)
        form.pick("training.batch_size", BATCHES)
        form.enter("training.epochs")
    with grouped(_("More"), f"{words.option(training.loss)} · {training.device}", "more", form.page):
        form.choose("training.loss")
        form.enter("training.seed")
        form.choose("training.device", tuple(dict.fromkeys((*devices, training.device))))
        form.choose("training.precision")
        form.switch("training.reproducible", help=_(words.REPRODUCIBLE))
    calls = {"zero_grad()": training.zero_grad, "eval()": training.eval_mode}
    forgotten = ", ".join(call for call, kept in calls.items() if not kept)
    with grouped(_("Common mistakes"), _("without {call}").format(call=forgotten) if forgotten else "", "mistakes",
                form.page):
        form.switch("training.zero_grad", help=_("Switched off, the gradients of all steps pile up."))
        form.switch("training.eval_mode", help=_("Switched off, dropout stays on while the held-out digits are read."))


def grouped(title: str, values: str, name: str, page: str, unfolded: bool = False):
    """Open a group of the sidebar; folded, it shows its values."""
    label = f"**{title}** :small[:gray[{values}]]" if values else f"**{title}**"
    return st.expander(label, expanded=unfolded or state.found(page)[1] == name, key=f"{page}.{name}_group")
