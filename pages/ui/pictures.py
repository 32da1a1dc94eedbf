"""Which picture a page looks at: a test digit, what is drawn on a pad, or a picture of the visitor's own.

The page's spec is of the kind that is the page's name, and has a `subject` (dlcore/specs/subject.py).
"""

from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.data.drawing import receive
from dlcore.data.images import SIDE, load_test
from dlcore.data.pictures import MOST_BYTES, crop_square, make_digit, read_picture
from dlcore.errors import DataError
from dlcore.specs.subject import Subject, read_pixels, write_pixels
from pages.ui import drawing, state, words
from pages.ui.canvas import Look, drawing_on, pad
from pages.ui.forms import Form, grouped
from pages.ui.language import _, number, told

MOST = MOST_BYTES // 2**20
OWN = "_own_picture"
FINE = 96  # pixels of an own picture in colour, for what needs no network


def subject(page: str) -> Subject:
    """Return what the page's spec says of its subject."""
    return state.page_spec(page, page).subject


def settle(page: str, **changed) -> None:
    """Keep changed fields of the subject, in this session and in the address."""
    spec = state.page_spec(page, page)
    state.remember(page, replace(spec, subject=replace(spec.subject, **changed)))


def choose_picture(page: str, dataset: str):
    """Draw the choice of the picture; returns the place in which `show_pad` draws where one is wanted, else None."""
    shown, form = subject(page), Form(page, kind=page)
    with grouped(_("Picture"), _summary(page, dataset), "picture", page, unfolded=True):
        form.press("subject.picture", format_func=words.picture_source, label_visibility="collapsed")
        if shown.picture == "drawing":
            return st.container(key=f"{page}_pad")
        if shown.picture == "own":
            _offer_upload(page)
        else:
            _choose_digit(page, form, dataset)
    return None


def _summary(page: str, dataset: str) -> str:
    """Return which picture it is; the group is not drawn again with every stroke."""
    shown = subject(page)
    return picture(page, dataset)[2] if shown.picture == "test" else words.picture_source(shown.picture)


def _choose_digit(page: str, form: Form, dataset: str) -> None:
    names, key, labels = words.class_names(dataset), f"{page}.class", load_test(dataset).test_labels
    st.session_state[key] = int(labels[min(subject(page).digit, len(labels) - 1)])
    choice = {"options": range(len(names)), "format_func": names.__getitem__, "key": key, "on_change": _take_class,
              "args": (page, dataset)}
    if max(map(len, names)) <= 2:
        st.pills(_("Class"), required=True, **choice)
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


def _offer_upload(page: str) -> None:
    st.file_uploader(_("Picture"), key=f"{page}.upload", on_change=_take_upload, args=(page,),
                     max_upload_size=MOST, label_visibility="collapsed")
    if refused := st.session_state.get(f"_refused_picture.{page}"):
        st.error(refused)
    st.caption(_("A PNG, JPEG, WebP, GIF, BMP or TIFF file of at most {most} MB. The network gets its middle square as "
                 "28×28 grey pixels, light on dark.").format(most=MOST))


def _take_upload(page: str) -> None:
    uploaded, refused = st.session_state.get(f"{page}.upload"), f"_refused_picture.{page}"
    st.session_state[refused] = None
    if uploaded is None:
        return
    try:
        brought = read_picture(uploaded.getvalue())
    except DataError as error:
        st.session_state[refused] = told(error)
    else:
        st.session_state[OWN] = crop_square(brought, FINE)
        settle(page, picture="own", pixels=write_pixels(make_digit(brought).tobytes()))


def own_picture() -> np.ndarray | None:
    """Return the middle square of the picture that was last uploaded in this session, uint8 (96, 96, 3)."""
    return st.session_state.get(OWN)


def show_pad(page: str, place) -> None:
    """Draw a small pad in the place that `choose_picture` returned; call it in the fragment that shows the answer."""
    if place is not None:
        with place:
            pad(f"{page}.pad", page, look=Look(compact=True, store=drawing.last_store(page)))


def picture(page: str, dataset: str) -> tuple[np.ndarray, int | None, str]:
    """Return the picture, its true class, and what it is in words; a test digit while nothing is drawn or uploaded."""
    shown = subject(page)
    pixels = _drawn(page) if shown.picture == "drawing" else read_pixels(shown.pixels)
    if shown.picture != "test" and pixels:
        title = _("your drawing") if shown.picture == "drawing" else _("your picture")
        return np.frombuffer(pixels, np.uint8).reshape(SIDE, SIDE), None, title
    test = load_test(dataset)
    index = min(shown.digit, len(test.test_labels) - 1)
    label = int(test.test_labels[index])
    title = _("test picture {n}, {name}").format(n=number(index), name=words.class_names(dataset)[label])
    return test.test_images[index], label, title


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
