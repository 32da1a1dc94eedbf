"""What a part of the Diffusion page looks at: a network at a moment of its training."""

from dataclasses import dataclass, replace

import streamlit as st

from dlcore.engine.views import RunView
from dlcore.explain.pretrained import PRETRAINED, read_manifest
from dlcore.specs.codec import from_dict, to_dict
from dlcore.specs.diffusion import Diffusion
from dlcore.specs.learning import same_run
from pages.ui import panels, runs, state
from pages.ui.learned import problem


@dataclass(frozen=True)
class Sight:
    """The network that is looked at: as requests name it, the spec it is of, and when ("live" or rewound)."""

    model: dict
    spec: Diffusion
    view: str = "live"
    step: int | None = None


def shown(page: str) -> RunView | None:
    """Return the run that the page shows, if it learns the data that the page is about."""
    view = runs.shown_run(page)
    if view is None or view.experiment.kind != "diffusion":
        return None
    return view if view.experiment.data == state.experiment(page).data else None


def adopt(page: str) -> None:
    """Take over the experiment of a run where a link names only the run."""
    view = runs.shown_run(page)
    if view is not None and state.parameter(page, "diffusion") is None and view.experiment.kind == "diffusion":
        if not same_run(view.experiment, state.experiment(page)):
            state.remember(page, replace(view.experiment, changes=()))


def look(page: str) -> Sight | None:
    """Return what the page looks at now: its run, or the network before its training; None where it cannot be built."""
    view, spec = shown(page), state.experiment(page)
    step = panels.chosen_step(f"{page}.rewind")
    if view is not None and step is not None and view.snapshots:
        return Sight({"run": view.id, "step": step}, view.experiment, "snapshot", step)
    if view is not None and view.live_step is not None:
        return Sight({"run": view.id, "step": None}, view.experiment, step=view.live_step)
    return None if problem(spec) is not None else unlearned(spec)


def unlearned(spec: Diffusion) -> Sight:
    """Return what is looked at while nothing has been trained: a pretrained network, else this one before training."""
    name = "velocity" if spec.process.target != "flow" else "prompts"
    if not spec.data.on_plane and spec.data.dataset == "mnist" and name in PRETRAINED:
        return Sight({"pretrained": name}, _pretrained(name))
    return Sight({"spec": to_dict(spec, whole=True)}, spec)


@st.cache_resource(show_spinner=False)
def _pretrained(name: str) -> Diffusion:
    return from_dict(read_manifest(name)["experiment"], "diffusion")
