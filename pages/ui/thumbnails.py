"""Thumbnails of the pictures that wait to become a data set: a Job looks at them as they come (dlcore/data/glance.py).

A picture that cannot be read is told of at once, and does not wait any longer.
"""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcore.data.collecting import leave_upload
from dlcore.data.zips import pack
from dlcore.errors import DerinError
from pages.ui import panels, state
from pages.ui.language import _, told

MOST = 20   # pictures of a class that are shown, the newest
CELL = 38   # pixels of each
PAUSE = 0.2  # seconds between two looks at the Job

Held = dict[str, list[bytes]]


def glance_at(page: str, files: list[tuple[str, bytes]]) -> None:
    """Have new pictures, each with the name of its file, looked at."""
    try:
        packed = pack({"waiting": [content for _name, content in files]})
        request = {"kind": "glance", "path": leave_upload(state.engine().home, packed)}
        job = state.engine().start_job(state.visitor(), request)
    except DerinError:
        return  # they wait without a thumbnail; making the data set will say what is wrong
    _glances(page).append((job, files))


def take_glances(page: str, held: Held) -> list[str]:
    """Take over what has been seen; return which pictures could not be read, and why. They are taken out of `held`."""
    reasons = []
    for glance in list(_glances(page)):
        job, files = glance
        view = state.engine().job(job)
        if view is not None and not view.finished:
            continue
        _glances(page).remove(glance)
        if view is not None and view.error is None:
            reasons += _take(page, held, files, view.result)
    return reasons


def _take(page: str, held: Held, files: list[tuple[str, bytes]], seen: dict) -> list[str]:
    known = _known(page)
    for (_name, content), picture in zip(files, seen["pictures"], strict=True):
        if picture is not None:
            known[hash(content)] = picture
            continue
        for waiting in held.values():
            waiting[:] = [one for one in waiting if one != content]
    _drop_empty(held)
    return [f"`{files[at][0].replace('`', ' ')}`: {told(DerinError(template, **values))}"
            for at, template, values in seen["refused"]]


def take_away(page: str, held: Held) -> None:
    """Take the picture that was clicked out of its class; call it before the thumbnails are drawn."""
    for place, name in enumerate(list(held)):
        picked, shown = panels.picked_index(_key(page, place)), st.session_state.get(f"_shown.{_key(page, place)}", [])
        if picked is not None and picked < len(shown) and shown[picked] in held[name]:
            held[name].remove(shown[picked])
            st.session_state[f"_taken.{page}"] = st.session_state.get(f"_taken.{page}", 0) + 1
            break
    _drop_empty(held)


def show_thumbnails(page: str, name: str, held: Held, place: int) -> None:
    """Draw the newest pictures of a class; one that is clicked is taken away."""
    key, known = _key(page, place), _known(page)
    seen = [content for content in held[name][-MOST:] if hash(content) in known]
    st.session_state[f"_shown.{key}"] = seen
    if seen:
        panels.grid(key, page, f"thumbnails_{place}", cell=CELL, answers=True,
                    pictures={"pictures": np.stack([known[hash(content)] for content in seen]), "scale": "colour"})


def forget(page: str) -> None:
    """Keep no thumbnail any longer."""
    st.session_state[f"_thumbnails.{page}"], st.session_state[f"_glances.{page}"] = {}, []


def await_glances(page: str) -> None:
    """Look again until all pictures that have come were looked at; then say what can be done with them."""
    if _glances(page):
        st.fragment(_look_again, run_every=PAUSE)(page)
    elif _known(page):
        st.caption(_("Click a picture to take it away. Of a class the last {most} are shown.").format(most=MOST))


def _look_again(page: str) -> None:
    views = [state.engine().job(job) for job, _files in _glances(page)]
    if any(view is None or view.finished for view in views):
        st.rerun()
    st.caption(_("Looking at the pictures"))


def _drop_empty(held: Held) -> None:
    for name in [name for name, waiting in held.items() if not waiting]:
        held.pop(name)


def _key(page: str, place: int) -> str:
    """Return the key of a class's thumbnails; a new one once one was taken away, for the click is done with."""
    return f"{page}.thumbnails_{place}_{st.session_state.get(f'_taken.{page}', 0)}"


def _glances(page: str) -> list[tuple[str, list[tuple[str, bytes]]]]:
    return st.session_state.setdefault(f"_glances.{page}", [])


def _known(page: str) -> dict[int, NDArray[np.uint8]]:
    return st.session_state.setdefault(f"_thumbnails.{page}", {})
