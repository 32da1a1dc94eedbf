"""Which picture a page looks at: a test digit, what is drawn on a pad, or a picture of the visitor's own.

The page's spec is of the kind that is the page's name, and has a `subject` (dlcore/specs/subject.py).
"""

from dataclasses import replace

import numpy as np
import streamlit as st
from PIL import Image

from dlcore.data.drawing import receive
from dlcore.data.images import SIDE, load_test
from dlcore.data.pictures import crop_square
from dlcore.specs.data import ImageData
from dlcore.specs.datasets import describe
from dlcore.specs.subject import Subject, read_pixels, write_pixels
from pages.ui import bringing, drawing, state, words
from pages.ui.canvas import Look, drawing_on, pad
from pages.ui.foreign import plain
from pages.ui.forms import Form, grouped
from pages.ui.language import N_, _, number

OWN = "_own_picture"  # the picture brought last in this session, and how it stands in links
KEPT = 336  # pixels of its side: a multiple of what networks and digits need
WAYS = {"digit": N_("Like a drawing"), "plain": N_("As it is")}


def subject(page: str) -> Subject:
    """Return what the page's spec says of its subject."""
    return state.page_spec(page, page).subject


def settle(page: str, **changed) -> None:
    """Keep changed fields of the subject, in this session and in the address."""
    spec = state.page_spec(page, page)
    state.remember(page, replace(spec, subject=replace(spec.subject, **changed)))


def choose_picture(page: str, data: ImageData):
    """Draw the choice of the picture; returns the place in which `show_pad` draws where one is wanted, else None."""
    bringing.take(page, lambda brought: _take_own(page, brought, data))
    shown, form = subject(page), Form(page, kind=page)
    with grouped(_("Picture"), _summary(page, data), "picture", page, unfolded=True):
        form.press("subject.picture", format_func=words.picture_source, label_visibility="collapsed")
        if shown.picture == "drawing":
            return st.container(key=f"{page}_pad")
        if shown.picture == "own":
            _bring_own(page, form, data)
        else:
            _choose_digit(page, form, data.dataset)
    return None


def _summary(page: str, data: ImageData) -> str:
    """Return which picture it is; the group is not drawn again with every stroke."""
    shown = subject(page)
    return plain(picture(page, data)[2]) if shown.picture == "test" else words.picture_source(shown.picture)


def _choose_digit(page: str, form: Form, dataset: str) -> None:
    names, key, labels = words.class_names(dataset), f"{page}.class", load_test(dataset).test_labels
    st.session_state[key] = int(labels[min(subject(page).digit, len(labels) - 1)])
    choice = {"options": range(len(names)), "format_func": names.__getitem__, "key": key, "on_change": _take_class,
              "args": (page, dataset)}
    if max(map(len, names)) <= 2:
        st.pills(_("Class"), required=True, **choice | {"format_func": lambda label: plain(names[label])})
    else:
        st.selectbox(_("Class"), **choice)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        form.enter("subject.digit")
        st.button(_("Another"), key=f"{page}.another", icon=":material/skip_next:", on_click=_take_another,
                  args=(page, dataset))


def _take_class(page: str, dataset: str) -> None:
    found = np.flatnonzero(load_test(dataset).test_labels == st.session_state[f"{page}.class"])
    if len(found):
        settle(page, digit=int(found[0]))


def _take_another(page: str, dataset: str) -> None:
    """Take the next test digit of the same class; after the last comes the first."""
    labels = load_test(dataset).test_labels
    now = min(subject(page).digit, len(labels) - 1)
    same = np.flatnonzero(labels == labels[now])
    settle(page, digit=int(same[(np.searchsorted(same, now) + 1) % len(same)]))


def _bring_own(page: str, form: Form, data: ImageData) -> None:
    bringing.draw_inputs(page, KEPT)
    bringing.draw_state(page)
    if own_picture(page, KEPT) is None:
        if subject(page).pixels:
            st.caption(_("This is what a link holds of a picture: 28×28 grey pixels. Bring the picture itself to have "
                         "it in colour."))
        return
    if describe(data.dataset).drawn:
        form.press("subject.own_way", format_func=lambda way: _(WAYS[way]), label_visibility="collapsed")
    st.caption(_("The ink is found, cut out and centred, light on dark, like the digits that the network learned "
                 "from.") if _as_digit(page, data) else _in_words(data))


def _in_words(data: ImageData) -> str:
    text = _("The network gets its middle square in colour, at {side}×{side} pixels.") if data.channels == 3 else \
        _("The network gets its middle square in grey, at {side}×{side} pixels.")
    return text.format(side=data.size)


def _take_own(page: str, brought: dict, data: ImageData) -> None:
    """Look at the picture that was brought; without ink in it there is no digit to look at."""
    digit, square = brought["digit"], brought["picture"]
    if digit is None and _as_digit(page, data):
        return bringing.refuse(page, *brought["why"])
    if digit is None:
        digit = np.array(Image.fromarray(crop_square(square, SIDE)).convert("L"))
    pixels = write_pixels(digit.tobytes())
    st.session_state[OWN] = pixels, square
    settle(page, picture="own", pixels=pixels)


def own_picture(page: str, side: int) -> np.ndarray | None:
    """Return the page's own picture in colour, uint8 (side, side, 3); None where only a link's grey pixels are left."""
    pixels, brought = st.session_state.get(OWN, ("", None))
    return crop_square(brought, side) if pixels and pixels == subject(page).pixels else None


def _as_digit(page: str, data: ImageData) -> bool:
    """Whether the network gets an own picture as if it were one of the digits that it learned from."""
    return describe(data.dataset).drawn and subject(page).own_way == "digit"


def show_pad(page: str, place) -> None:
    """Draw a small pad in the place that `choose_picture` returned; call it in the fragment that shows the answer."""
    if place is not None:
        with place:
            pad(f"{page}.pad", page, look=Look(compact=True, store=drawing.last_store(page)))


def picture(page: str, data: ImageData) -> tuple[np.ndarray, int | None, str]:
    """Return the picture, its true class, and what it is in words; a test digit while nothing is drawn or uploaded."""
    shown = subject(page)
    if shown.picture != "test" and (found := _own_or_drawn(page, data)) is not None:
        return found, None, _("your drawing") if shown.picture == "drawing" else _("your picture")
    test = load_test(data.dataset)
    index = min(shown.digit, len(test.test_labels) - 1)
    label = int(test.test_labels[index])
    title = _("test picture {n}, {name}").format(n=number(index), name=words.class_names(data.dataset)[label])
    return test.test_images[index], label, title


def _own_or_drawn(page: str, data: ImageData) -> np.ndarray | None:
    """Return what was drawn, (28, 28), or brought: like a drawing (28, 28), or in colour at the network's size."""
    shown = subject(page)
    if shown.picture == "own" and not _as_digit(page, data) and \
            (own := own_picture(page, data.size)) is not None:
        return own if data.channels == 3 else np.array(Image.fromarray(own).convert("L"))
    pixels = _drawn(page) if shown.picture == "drawing" else read_pixels(shown.pixels)
    return np.frombuffer(pixels, np.uint8).reshape(SIDE, SIDE) if pixels else None


def _drawn(page: str) -> bytes:
    """Return what the network receives of the drawing; once the pen rests it is kept in the link.

    What a link holds stays until something new is drawn here.
    """
    drawn, kept = drawing_on(f"{page}.pad"), read_pixels(subject(page).pixels)
    if drawn is None or (drawn.recalled and kept):
        return kept
    received = receive(drawn.picture, drawn.steps)
    pixels = received.pixels.tobytes() if received else b""
    if drawn.resting and pixels != kept:
        settle(page, pixels=write_pixels(pixels) if pixels else "")
    return pixels
