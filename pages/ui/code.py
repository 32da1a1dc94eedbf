"""An experiment as PyTorch code, to copy or to keep, with the weights of the moment that the page shows."""

from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from dlcore.engine.views import RunView
from dlcore.export.weights import PLACES, file_name, open_model, pack, print_loading
from dlcore.specs.learning import Learner, same_run
from pages.ui import panels, state
from pages.ui.language import _, number


def show_code(page: str, spec: Learner, script: str, view: RunView | None, unlearned: Any = None) -> None:
    """Draw the script of a spec, and offer it and the network's weights as files.

    The weights are those of the page's run at the chosen snapshot; without a run, those of the network that the page
    looks at instead (a Sight), where it is the same one.
    """
    st.code(script, language="python", height=420)
    model = _running(page, spec, view) if view is not None else _coming_along(spec, unlearned)
    with st.container(horizontal=True, key=f"{page}.exports"):
        st.download_button(_("Code"), script, f"{PLACES[spec.kind]}.py", "text/x-python", key=f"{page}.script",
                           icon=":material/download:", on_click="ignore")
        st.download_button(_("Weights"), partial(_read, model, state.engine().home), file_name(spec),
                           "application/octet-stream", key=f"{page}.weights", icon=":material/download:",
                           on_click="ignore", disabled=model is None)
    st.caption(_told(view, model))
    if model is not None and spec.kind != "diffusion":  # its script looks for the file by itself
        st.code(print_loading(spec), language="python")


def written(spec: Learner, view: RunView | None) -> Learner:
    """Return the spec that is printed: the run's, with what was changed by hand, unless the settings are others by now.
    """
    return view.experiment if view is not None and same_run(view.experiment, spec) else spec


def _running(page: str, spec: Learner, view: RunView) -> dict | None:
    """Return the run whose weights are offered, as requests name it: that of the printed network."""
    if view.experiment.network != spec.network or not view.snapshots and view.live_step is None:
        return None
    step = panels.chosen_step(f"{page}.rewind")
    return {"run": view.id, "step": step if step in view.snapshots else None}


def _coming_along(spec: Learner, unlearned: Any) -> dict | None:
    """Return the network that comes with the project, where the printed one is the same."""
    if unlearned is None or "pretrained" not in unlearned.model:
        return None
    other = unlearned.spec
    return unlearned.model if (other.network, other.data) == (spec.network, spec.data) else None


def _read(model: dict | None, home: Path) -> bytes:
    return b"" if model is None else pack(open_model(model, home)[1])


def _told(view: RunView | None, model: dict | None) -> str:
    """Return what there is to say of the weights."""
    if model is None:
        return _("There are weights to download once the network has been trained.")
    if view is None:
        return _("The weights are those of the network that comes with the project.")
    if model["step"] is None:
        return _("The weights are those of this moment, as safetensors. Put the file beside the code.")
    return _("The weights are those of step {step}, as safetensors. Snapshots of large networks are kept in half "
             "precision. Put the file beside the code.").format(step=number(model["step"]))
