"""The card of the picked method: what it measures, its formula, its settings, and why it is grey where it is."""

import streamlit as st

from dlcore.specs.saliency import BASELINES, RULES, Saliency
from pages.ui.foreign import plain
from pages.ui.forms import Form
from pages.ui.language import _
from pages.ui.methods import BASELINES as BASELINE_NAMES
from pages.ui.methods import RULES as RULE_NAMES
from pages.ui.methods import TEXTS, method_name, print_formula


def show_card(page: str, asked: Saliency, refused: str) -> None:
    """Draw what the picked method is, and what it can be set to."""
    text = TEXTS[asked.method]
    st.markdown(f"**{method_name(asked.method)}**")
    st.caption(plain(refused) or _(text.sentence))
    with st.container(key="saliency_formula"):
        st.latex(print_formula(asked))
    form = Form(page, kind="saliency")
    for name in text.settings:
        _EDITS[name](form)


def _edit_baseline(form: Form) -> None:
    form.choose("baseline", BASELINES, format_func=lambda name: _(BASELINE_NAMES[name]))


def _edit_rule(form: Form) -> None:
    form.press("rule", RULES, format_func=RULE_NAMES.get)


_EDITS = {
    "baseline": _edit_baseline, "rule": _edit_rule,
    "steps": lambda form: form.slide("steps", 1), "samples": lambda form: form.slide("samples", 1),
    "noise": lambda form: form.slide("noise", 0.01), "window": lambda form: form.slide("window", 1),
    "stride": lambda form: form.slide("stride", 1), "superpixel": lambda form: form.slide("superpixel", 1),
    "draws": lambda form: form.slide("draws", 10), "positive": lambda form: form.switch("positive"),
}
