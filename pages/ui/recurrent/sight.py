"""What the Recurrent page looks at: cells of a run at a moment, a sequence that they read, and the place pointed at."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dlcore.data.text import vocabulary
from dlcore.explain.pretrained import PRETRAINED, read_manifest
from dlcore.specs.codec import from_dict, to_dict
from dlcore.specs.recurrent import CELLS, Recurrent
from pages.ui import panels, state
from pages.ui.learned import problem, shown

ANCHOR = "unroll"  # the component that says where one points
FIRST = "lstm"     # the cell that is shown first
TEXTS = {
    "names": "christopher", "shakespeare": "ROMEO. But, soft! what light through yonder window breaks?",
    "en": "the cats that chase the dog sleep on the", "tr": "kediler köpeği gördükten sonra bugün",
}


@dataclass(frozen=True)
class Sight:
    """The cells that are looked at: the `model` of the requests, the spec they are of, and when ("live" or rewound).

    `chosen` are those of the model's cells that the visitor wants to see; none means all.
    """

    model: dict
    spec: Recurrent
    view: str = "live"
    step: int | None = None
    chosen: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells that are shown."""
        there = self.spec.network.cells
        return tuple(cell for cell in there if cell in self.chosen) or there


@dataclass(frozen=True)
class Place:
    """Where one points: a cell, a layer, a time step (None is the last), and a unit."""

    cell: str | None = None
    layer: int = 0
    step: int | None = None
    unit: int = 0


def look(page: str) -> Sight | None:
    """Return what the page looks at now: its run, the pretrained cells, or cells before their training.

    None where there is nothing to look at, because the settings cannot be built.
    """
    view, spec = shown(page), state.experiment(page)
    step = panels.chosen_step(f"{page}.rewind")
    if view is not None and step is not None and view.snapshots:
        return Sight({"run": view.id, "step": step}, view.experiment, "snapshot", step)
    if view is not None and view.live_step is not None:
        return Sight({"run": view.id, "step": None}, view.experiment, step=view.live_step)
    return None if problem(spec) is not None else unlearned(spec)


def unlearned(spec: Recurrent) -> Sight:
    """Return what is looked at while nothing has been trained: pretrained cells, else these before their training."""
    name = {"names": "names", "shakespeare": "plays", "grammar": f"sentences_{spec.data.language}"}.get(spec.data.task)
    if name in PRETRAINED:
        return Sight({"pretrained": name}, _pretrained(name), chosen=spec.network.cells)
    return Sight({"spec": to_dict(spec, whole=True)}, spec)


@st.cache_resource(show_spinner=False)
def _pretrained(name: str) -> Recurrent:
    return from_dict(read_manifest(name)["experiment"], Recurrent().kind)


# the sequence

def default_text(spec: Recurrent) -> str:
    """Return the text that is read until the visitor types one."""
    return TEXTS[spec.data.language if spec.data.task == "grammar" else spec.data.task]


def typed(page: str) -> str:
    """Return the text that the cells read."""
    kept, spec = state.parameter(page, "text"), state.experiment(page)
    return default_text(spec) if kept is None else kept


def example(page: str) -> int:
    """Return the number of the held-out sequence that the cells read."""
    kept = st.session_state.get(f"_example.{page}", 0)
    return kept if isinstance(kept, int) else 0


def sequence(page: str) -> dict[str, Any]:
    """Return the sequence as requests name it."""
    if state.experiment(page).data.is_text:
        return {"text": typed(page)}
    return {"example": example(page)}


def steps(page: str, sight: Sight) -> int:
    """Return the time steps of the sequence: a text has one more than symbols, for what stands before it."""
    data = sight.spec.data
    return 1 + len(vocabulary(data).split(typed(page))) if data.is_text else data.length


# the place

def place(page: str, sight: Sight) -> Place:
    """Return where one points, put right for the cells that are there."""
    held = st.session_state.get(f"{page}.{ANCHOR}") or {}
    found = read_place(held.get("at"))
    cell = next(cell for cell in (found.cell, FIRST, sight.cells[0]) if cell in sight.cells)
    network = sight.spec.network
    last = max(0, steps(page, sight) - 1)
    return replace(found, cell=cell, layer=min(found.layer, network.layers - 1),
                   step=None if found.step is None else min(found.step, last), unit=min(found.unit, network.hidden - 1))


def read_place(text: object) -> Place:
    """Return the place that a text from the browser means, "lstm/0/7/12"; step "" is the last one."""
    parts = text.split("/") if isinstance(text, str) else []
    if len(parts) != 4 or not all(part.isdecimal() for part in (parts[1], parts[2] or "0", parts[3])):
        return Place()
    cell, layer, step, unit = parts
    numbers = [min(int(part), 10_000) if part else None for part in (layer, step, unit)]
    return Place(cell if cell in CELLS else None, numbers[0] or 0, numbers[1], numbers[2] or 0)
