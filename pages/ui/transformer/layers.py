"""The layer table: every part of the network with its shape, parameters and multiplications."""

import streamlit as st

from dlcore.specs.transformer import Transformer
from dlcore.specs.transformer_table import describe
from pages.ui import learned, state
from pages.ui.language import N_, _, number
from pages.ui.transformer.polling import subject

KINDS = {
    "embedding": N_("Embedding"), "positions": N_("Positions"), "attention": N_("Attention"), "norm": N_("Layer norm"),
    "feed_forward": N_("Feed-forward"), "linear": N_("Linear"),
}
MEGA = 1e6
SHOWN = "shown"


def show_layers(page: str) -> None:
    """Draw the table of a network with its sums: of the one that is shown, or of the settings where they differ."""
    looked, spec = subject(page)["sight"], state.experiment(page)
    if looked is None or learned.problem(spec) is not None:
        st.caption(_("The settings cannot be built: the sidebar says why."))
        return
    if looked.spec.network != spec.network and _choose(page) == SHOWN:
        spec = looked.spec
    told = describe(spec)
    st.markdown("\n".join(_lines(told["layers"])))
    st.caption(_("{parameters} parameters; {work} million multiply-adds for one sequence of most tokens; about "
                 "{memory} MB while it trains.").format(
        parameters=number(told["parameters"]), work=number(told["multiply_adds"] / MEGA, 1),
        memory=number(told["training_memory"] / MEGA)))
    _show_own_counts(spec)


def _choose(page: str) -> str:
    """Draw the choice between the network that is shown and the one of the settings."""
    names = {SHOWN: _("The network that is shown"), "settings": _("Your settings")}
    return st.segmented_control(_("Layers of"), tuple(names), key=f"{page}.layers_of", default=SHOWN, required=True,
                                format_func=names.get, label_visibility="collapsed")


def _lines(rows: list[dict]) -> list[str]:
    titles = (_("part"), "", _("tokens × numbers"), _("parameters"), "", _("multiply-adds"))
    return [f"| {' | '.join(titles)} |", "|---|---|---:|---:|---|---:|", *map(_line, rows)]


def _line(row: dict) -> str:
    length, width = row["shape"]
    name = KINDS.get(row["kind"])
    kind = _(name) if name else row["kind"]
    return (f"| `{row['name']}` | {kind} | {number(length)} × {number(width)} | {number(row['parameters'])} | "
            f"{row['formula'] or '—'} | {number(row['multiply_adds']) if row['multiply_adds'] else '—'} |")


def _show_own_counts(spec: Transformer) -> None:
    if spec.network.positions in ("sinusoidal", "rotary"):
        st.caption(_("Sinusoidal and rotary positions are computed, so they have no parameters."))
