"""The charts of dlcore.plots.charts on a page: for what changes on a click, never for what changes while it learns.

Pointing at a chart says its numbers; its toolbar shows them as a table, saves the chart as PNG and makes it large.
"""

from collections.abc import Callable, Hashable
from copy import deepcopy

import altair as alt
import streamlit as st

from dlcore.plots.charts import Axis, finish
from pages.ui.language import language, number, percent


def show_chart(key: str, draw: Callable[..., alt.TopLevelMixin], *given, about: Hashable, title: str,
               text: str) -> None:
    """Show a chart of what is given under a title, and say its `text` to whoever cannot see it.

    It is drawn anew where it is about something else than before: that takes longer than to show it again.
    """
    kept, asked = st.session_state.get(f"_chart.{key}"), (about, title, language())
    if kept is None or kept[0] != asked:
        kept = asked, finish(draw(*given), language(), title).to_dict(validate=False)
        st.session_state[f"_chart.{key}"] = kept
    st.vega_lite_chart(deepcopy(kept[1]), key=key, alt=text, width="stretch")


def count_axis(title: str, low: float | None = 0, high: float | None = None, **how) -> Axis:
    """Return an axis of whole numbers."""
    return Axis(title, number, low, high, **how)


def share_axis(title: str, low: float = 0, high: float = 1, **how) -> Axis:
    """Return an axis of shares, written in hundredths."""
    return Axis(title, percent, low, high, share=language(), **how)
