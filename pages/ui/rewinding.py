"""The slider over the snapshots, and beside it the offer to train on from the one that it is at."""

import streamlit as st

from dlcore.engine.views import RunView
from pages.ui import panels, runs
from pages.ui.panels import Topics

BUTTON = 216  # pixels of the place for the button: it is kept, so that the slider does not move under the hand


def show_rewind(page: str, view: RunView | None, step: int | None, answer: Topics | None) -> None:
    """Draw the slider with what was answered for its step, and the button where it stands at a snapshot of a run."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"{page}_rewinding"):
        panels.rewind(f"{page}.rewind", page, answer)
        with st.container(width=BUTTON):
            if step is not None and view is not None:
                runs.offer_train_on(page, view, step)


def has_moved(page: str, step: int | None) -> bool:
    """Whether the slider stands elsewhere than when this was asked last."""
    before = st.session_state.get(f"_rewound.{page}")
    st.session_state[f"_rewound.{page}"] = step
    return step != before
