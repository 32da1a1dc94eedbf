"""Beginning with a picture: noised only so far and drawn anew, or with a part that was erased and is filled in."""

from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcore.specs.codec import to_dict
from pages.ui import pictures, shell
from pages.ui.diffusion import asking, components, film, forward, sight
from pages.ui.diffusion.erasing import erased, show_eraser
from pages.ui.diffusion.work import drawing
from pages.ui.language import _, language
from pages.ui.live import pack_topics
from pages.ui.working import show_working

OF = forward.PART  # the picture is that of the first part


def show_beginning(page: str) -> None:
    """Draw the picture with what is erased of it, how far it is noised, and the way from there."""
    looked = sight.look(page)
    if looked is None:
        return
    given, way = st.columns([34, 66], gap="medium")
    with given:
        pictures.show_pad(OF, pictures.choose_picture(OF, forward.DATA))
        shell.show_notices(OF)
        picture = pictures.picture(OF, forward.DATA)[0]
        show_eraser(f"{page}.eraser", page, picture)
        mask = erased(f"{page}.eraser")
        strength = 1.0 if mask is not None else st.slider(_("Share of noise"), 0.05, 1.0, 0.6, 0.05,
                                                          key=f"{page}.strength")
    with way:
        st.markdown(_("What is erased is drawn anew out of noise alone; the rest is put back at every step.")
                    if mask is not None else
                    _("The picture is noised so far, and led back to what is asked for above."))
        _show_way(page, looked, _request(looked, picture, mask, float(strength)))


def _request(looked: sight.Sight, picture: NDArray[np.uint8], mask: NDArray[np.bool_] | None, strength: float) -> dict:
    """Return what is to be worked on, with its pictures as lists: two requests can be compared."""
    sampling = to_dict(replace(asking.settled(looked.spec), count=1, strength=strength))
    request = {"kind": "diffusion_walk", "model": looked.model, "image": picture.tolist(), "sampling": sampling}
    return request if mask is None else request | {"mask": mask.tolist()}


def _show_way(page: str, looked: sight.Sight, request: dict) -> None:
    found = drawing(page, "beginning")
    found.follow(request, looked.step)
    topics = {"film": film.film_topic(found.result, looked.spec)} if found.result else {}
    components.denoise(key=f"{page}.beginning_film", data=pack_topics(
        topics, channel=f"{page}.beginning", language=language(), words=film.film_words()))
    if found.view is not None:
        show_working(f"{page}.beginning_working", found.view, _("Drawing the way"))
    if found.message:
        st.warning(found.message)
