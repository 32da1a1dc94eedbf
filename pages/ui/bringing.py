"""A picture of the visitor's own to be read: uploaded, or taken with the camera; a Job decodes it."""

from collections.abc import Callable

import streamlit as st

from dlcore.data.collecting import leave_upload
from dlcore.data.pictures import MOST_BYTES, MOST_PIXELS
from dlcore.errors import DerinError
from pages.ui import state
from pages.ui.collecting import ENDINGS, PAUSE
from pages.ui.language import _, told


def offer(page: str, side: int) -> None:
    """Draw what takes a picture of the visitor's own; the network gets its middle square at `side` pixels."""
    with st.popover(_("Your own picture"), icon=":material/add_a_photo:", key=f"{page}.bring"):
        draw_inputs(page, side)
        st.caption(_("The network gets the middle square at {side}×{side} pixels; the picture is not kept.").format(
            side=side))
    draw_state(page)


def draw_inputs(page: str, side: int) -> None:
    """Draw what takes a file or a photograph, whose middle square will be `side` pixels wide, and say the limits."""
    st.file_uploader(_("Picture"), type=ENDINGS, key=f"{page}.brought", max_upload_size=MOST_BYTES // 2**20,
                     on_change=_begin, args=(page, f"{page}.brought", side), label_visibility="collapsed")
    if st.toggle(_("Camera"), key=f"{page}.bring_camera"):
        st.camera_input(_("Camera"), key=f"{page}.snapped", on_change=_begin, args=(page, f"{page}.snapped", side),
                        label_visibility="collapsed")
    st.caption(_("At most {most} MB and {pixels} million pixels.").format(
        most=MOST_BYTES // 2**20, pixels=MOST_PIXELS // 10**6))


def draw_state(page: str) -> None:
    """Say that a picture is being read, or why it could not be."""
    if failure := st.session_state.get(f"_unbrought.{page}"):
        st.error(failure)
    if job := st.session_state.get(f"_bringing.{page}"):
        st.fragment(_wait, run_every=PAUSE)(job)


def refuse(page: str, template: str, values: dict) -> None:
    """Say why the picture that was brought is not taken."""
    st.session_state[f"_unbrought.{page}"] = _(template).format(**values)


def _begin(page: str, key: str, side: int) -> None:
    brought, st.session_state[f"_unbrought.{page}"] = st.session_state.get(key), ""
    if brought is None:
        return
    try:
        request = {"kind": "open_picture", "path": leave_upload(state.engine().home, brought.getvalue()), "side": side}
        st.session_state[f"_bringing.{page}"] = state.engine().start_job(state.visitor(), request)
    except DerinError as error:
        st.session_state[f"_unbrought.{page}"] = told(error)


def _wait(job: str) -> None:
    view = state.engine().job(job)
    if view is None or view.finished:
        st.rerun()
    st.caption(_("Reading the picture"))


def take(page: str, choose: Callable[[dict], object]) -> None:
    """Hand over the picture that was brought, once it is read: what dlcore.data.collecting.OpenPicture says of it."""
    job = st.session_state.get(f"_bringing.{page}")
    view = state.engine().job(job) if job else None
    if job is None or (view is not None and not view.finished):
        return
    st.session_state[f"_bringing.{page}"] = None
    if view is not None and view.error is None:
        choose(view.result)
    elif view is not None:
        st.session_state[f"_unbrought.{page}"] = told(view.error)
