"""What is behind "look closer" on the Recurrent page."""

from collections.abc import Callable

import streamlit as st

from dlcore.export.recurrent import print_recurrent
from dlcore.specs.recurrent import Recurrent
from dlcore.specs.recurrent_layers import layer_table
from pages.ui import code, learned, state
from pages.ui.language import _, lesson, number
from pages.ui.recurrent import sight
from pages.ui.recurrent.along import show_gradients
from pages.ui.recurrent.changing import show_clamp, show_edit
from pages.ui.recurrent.generating import show_generating
from pages.ui.recurrent.names import cell_name
from pages.ui.recurrent.units import show_units
from pages.ui.recurrent.verdicts import show_verdict


def titles() -> list[str]:
    """Return the titles of the tabs."""
    return [_("About this page"), _("Write"), _("Change a symbol"), _("Hold a gate"), _("Units"),
            _("Gradients"), _("Delays"), _("PyTorch code")]


def panels_of() -> list[Callable[[str], None]]:
    """Return what draws the content of each tab, given the page."""
    return [show_lesson, show_generating, show_edit, show_clamp, show_units, show_gradients, show_verdict, show_code]


def show_code(page: str) -> None:
    """Draw the experiment as PyTorch code, with what was changed by hand noted, and the table of its layers."""
    if learned.problem(state.experiment(page)) is None:
        view = learned.shown(page)
        spec = view.experiment if view is not None else state.experiment(page)
        code.show_code(page, spec, print_recurrent(spec), view, sight.unlearned(spec))
        st.caption(_("The layers, for one sequence and one time step:"))
        st.dataframe(layer_columns(spec), hide_index=True, key=f"{page}.layers", height="content")


def layer_columns(spec: Recurrent) -> dict[str, list]:
    """Return the table of all cells' layers as columns in the visitor's language."""
    rows = [(cell_name(cell), row) for cell in spec.network.cells for row in layer_table(spec, cell)]
    return {
        _("Cell"): [cell for cell, _row in rows], _("Layer"): [row.name for _cell, row in rows],
        _("Output"): [number(row.shape[0]) for _cell, row in rows],
        _("Parameters"): [f"{row.formula} = {number(row.parameters)}" if row.formula else "0" for _cell, row in rows],
        _("Multiply-adds"): [number(row.multiply_adds) for _cell, row in rows],
    }


def show_lesson(page: str) -> None:
    """Draw the page's lesson."""
    st.markdown(lesson(page))
