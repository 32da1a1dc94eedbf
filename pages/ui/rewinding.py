"""The slider over the snapshots, and beside it the offer to train on from the one that it is at."""

import streamlit as st

from dlcore.engine.views import RunView
from dlcore.errors import RecordingError
from dlcore.training.recording import Recording
from pages.ui import panels, runs, state
from pages.ui.language import told
from pages.ui.panels import Topics

RUNS = "runs"
BUTTON = 216  # pixels of the place for the button: it is kept, so that the slider does not move under the hand


def show_rewind(page: str, view: RunView | None, step: int | None, answer: Topics | None) -> None:
    """Draw the slider with what was answered for its step, and the button where it stands at a snapshot of a run."""
    say_damage(page, view, step)
    with st.container(horizontal=True, vertical_alignment="center", key=f"{page}_rewinding"):
        panels.rewind(f"{page}.rewind", page, answer)
        with st.container(width=BUTTON):
            if step is not None and view is not None:
                runs.offer_train_on(page, view, step)


def say_damage(page: str, view: RunView | None, step: int | None) -> None:
    """Say where the snapshot at which the slider stands cannot be read: the page then shows what it showed before."""
    if view is None or step is None:
        return
    kept = st.session_state.get(f"_readable.{page}")
    if kept is None or kept[0] != (view.id, step):
        kept = st.session_state[f"_readable.{page}"] = (view.id, step), _damage(view.id, step)
    if kept[1]:
        st.warning(kept[1])


def _damage(run_id: str, step: int) -> str:
    try:
        Recording(state.engine().home / RUNS / run_id).weights(step)
    except RecordingError as error:
        return told(error)
    return ""


def has_moved(page: str, step: int | None) -> bool:
    """Whether the slider stands elsewhere than when this was asked last."""
    before = st.session_state.get(f"_rewound.{page}")
    st.session_state[f"_rewound.{page}"] = step
    return step != before
