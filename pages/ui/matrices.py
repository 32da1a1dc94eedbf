"""Why a stack of linear layers stays a line: its matrices, multiplied."""

import numpy as np
import streamlit as st

from pages.ui import fitting, state
from pages.ui.language import _, language, number

SHOWN = 4  # rows or columns of a matrix before the rest becomes dots


def show_product(page: str) -> None:
    """Show, of a trained line without activations, the product of its matrices beside the slope of its output."""
    line = state.page_spec(page, "neuron").line
    fit = fitting.found(page).get(line.neurons)
    if not line.linear or fit is None or "product" not in fit:
        return
    (slope, intercept), (measured, at_zero) = fit["product"], fit["straight"]
    names = _names(len(fit["matrices"]))
    st.markdown(_("**Without an activation function the layers collapse into one line**, however many neurons and "
                  "layers there are: the product of the weight matrices is the slope, and the biases carried through "
                  "them are the intercept."))
    with st.container(key="neuron_product"):
        st.latex(rf"{names} = {_product(fit['matrices'])} = {_write(slope)}")
        st.latex(rf"y = {_write(slope)}\,x {_signed(intercept)}")
    st.caption(_("Read off the network's own output: slope {slope}, intercept {intercept}.").format(
        slope=number(measured, 4), intercept=number(at_zero, 4)))


def _names(layers: int) -> str:
    return r"\,".join(f"W_{{{layer}}}" for layer in range(layers, 0, -1))


def _product(matrices: list[tuple[np.ndarray, np.ndarray]]) -> str:
    return r"\,".join(_matrix(weight) for weight, _bias in reversed(matrices))


def _matrix(weight: np.ndarray) -> str:
    rows = [" & ".join(_shorten([_write(value) for value in row], r"\cdots")) for row in weight]
    body = r" \\ ".join(_shorten(rows, r"\vdots"))
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def _shorten(items: list[str], dots: str) -> list[str]:
    return items if len(items) <= SHOWN + 1 else [*items[: SHOWN - 1], dots, items[-1]]


def _signed(value: float) -> str:
    return f"+ {_write(abs(value))}" if round(value, 4) >= 0 else f"- {_write(-value)}"


def _write(value: float) -> str:
    """Write a number with four decimals for LaTeX, in which a bare comma would make a gap."""
    written = number(value, 4)
    return written.replace(",", "{,}") if language() == "tr" else written
