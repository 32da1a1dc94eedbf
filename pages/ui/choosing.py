"""Pictures that are chosen and not drawn: which one the page looks at, and how the network reads it.

One component (static/js/reader.js) shows the picture and its reading; the channel's "bars" move it while a training
runs. It gets
    meta      channel, language, words, classes, sentences, prediction_class, title, seq, note, remark,
              measuring, topics
    arrays    picture uint8 (1, side, side[, 3]), probabilities float32 (classes,)
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcore.data.images import is_there, load_test
from dlcore.errors import DerinError
from dlcore.specs.datasets import describe
from pages.ui import bringing, drawing, live, moments, panels, remarks, runs, words
from pages.ui.explaining import explain
from pages.ui.foreign import plain
from pages.ui.language import _, language, number
from pages.ui.reader import is_settled

AT_ONCE = 24  # test pictures that are offered at a time
NEAREST = 8

_reader = panels.register("reader", 190)


@dataclass(frozen=True, eq=False)
class Chosen:
    """A picture of a data set that the page looks at; `label` is its true class where that is known."""

    dataset: str
    seq: int
    image: NDArray[np.uint8]
    label: int | None
    title: str


def chosen(page: str, dataset: str) -> Chosen:
    """Return the picture that was chosen last, the data set's first test picture before that."""
    kept = st.session_state.get(f"_chosen.{page}")
    if kept is not None and kept.dataset == dataset:
        return kept
    return choose_test(page, dataset, 0)


def choose_test(page: str, dataset: str, index: int) -> Chosen:
    """Look at a test picture."""
    test = load_test(dataset)
    label = int(test.test_labels[index])
    title = _("{name}, test picture {n}").format(name=words.class_names(dataset)[label], n=number(index))
    return choose(page, dataset, np.array(test.test_images[index]), label, title)


def choose(page: str, dataset: str, image: NDArray[np.uint8], label: int | None, title: str) -> Chosen:
    """Look at a picture, which has the shape of the data set's."""
    before = st.session_state.get(f"_chosen.{page}")
    kept = Chosen(dataset, before.seq + 1 if before else 1, image, label, title)
    st.session_state[f"_chosen.{page}"] = kept
    return kept


def shown_input(page: str) -> tuple[NDArray[np.uint8] | None, int | None]:
    """Return what the page's network reads and its number; None where its data set is not there."""
    if drawing.can_draw(page):
        return drawing.drawn_input(page)
    dataset = drawing.shown_model(page)[1]
    if not is_there(dataset):
        return None, None
    kept = chosen(page, dataset)
    return kept.image, kept.seq


@st.fragment
def show_reader(page: str) -> None:
    """Draw the chosen picture with its reading, and test pictures to choose from."""
    model, dataset = drawing.shown_model(page)
    if not is_there(dataset):
        st.caption(_("The pictures of {name} are not on this machine.").format(name=plain(words.dataset_name(dataset))))
        return
    indices, key = _offered(page, dataset)
    take_pick(page, key, dataset, indices)
    bringing.take(page, lambda brought: choose(page, dataset, brought["picture"], None, _("your picture")))
    kept = chosen(page, dataset)
    drawing.hold_input(page, kept.image, kept.seq)
    _show(page, model, kept)
    bringing.offer(page, describe(dataset).side)
    test = load_test(dataset)
    pictures = {"pictures": test.test_images[indices], "scale": moments.scale_of(test.test_images)}
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{page}_choices"):
        panels.grid(key, page, "tests", title=_("Test pictures"), note=_("choose one to have it read"), cell=38,
                    pictures=pictures, answers=True)
        st.button(_("Others"), key=f"{page}.others", icon=":material/shuffle:", on_click=_turn, args=(page,))


def offer(page: str, key: str, topic: str, dataset: str, indices: NDArray[np.int64], **how: Any) -> None:
    """Draw a grid of test pictures with these indices, one of which can be chosen to be read."""
    panels.grid(key, page, topic, answers=True, **how)
    if take_pick(page, key, dataset, indices):
        st.rerun()


def take_pick(page: str, key: str, dataset: str, indices: NDArray[np.int64]) -> bool:
    """Choose the picture that was picked in a grid since the last look; say whether one was."""
    picked, seen = panels.picked_index(key), f"_seen.{key}"
    if picked is None or picked >= len(indices) or st.session_state.get(seen) == picked:
        return False
    st.session_state[seen] = picked
    choose_test(page, dataset, int(indices[picked]))
    return True


def _offered(page: str, dataset: str) -> tuple[NDArray[np.int64], str]:
    """Return the indices of the test pictures that are offered now, mixed, and the key of their grid."""
    turn, count = st.session_state.get(f"_turn.{page}", 0), len(load_test(dataset).test_labels)
    mixed = np.random.default_rng(0).permutation(count)
    begin = turn * AT_ONCE % count
    return mixed[begin:begin + AT_ONCE], f"{page}.tests_{dataset}_{turn}"


def _turn(page: str) -> None:
    st.session_state[f"_turn.{page}"] = st.session_state.get(f"_turn.{page}", 0) + 1


def _show(page: str, model: dict | None, kept: Chosen) -> None:
    names = words.class_names(kept.dataset)
    meta, arrays = _frame(page, names, kept), {"picture": kept.image[None]}
    scores, step, told = _read(model, kept, is_settled(model, runs.shown_run(page)) if model else False)
    if scores is not None:
        meta |= {"remark": remarks.tell(False, told.get("nearer"), kept.dataset),
                 "measuring": time.monotonic() if told.get("measuring") else 0}
        meta["note"] = _("step {step}").format(step=number(step))
        arrays["probabilities"] = np.asarray(scores, np.float32)
        if topics := _seen_in(page, model, kept):
            meta["topics"], arrays = topics[0], arrays | topics[1]
    _reader(key=f"{page}.reader", data=live.pack(meta, **arrays), on_again_change=_ask_again)
    st.session_state[f"{page}.prediction"] = names[int(np.argmax(scores))] if scores is not None else ""


def _ask_again() -> None:
    """Do nothing when the browser asks for what is still being measured: it is asked for in the run that follows."""


def _read(model: dict | None, kept: Chosen, settled: bool) -> tuple[NDArray | None, int, dict]:
    """Return the class scores of the chosen picture, the step they are of, and all that was told; None where nothing
    can read it yet.
    """
    if model is None:
        return None, 0, {}
    try:
        answer = explain({"kind": "read", "model": model, "compare": settled, "images": kept.image[None]})
    except DerinError:
        return None, 0, {}
    return answer["scores"][0], answer["step"], answer


def _seen_in(page: str, model: dict, kept: Chosen) -> tuple[dict, dict] | None:
    """Return what the first layers see in the picture, while no training that is watched live says so at each tick."""
    view, step = runs.shown_run(page), model.get("step")
    if step is None and view is not None and view.state in runs.ACTIVE:
        return None
    try:
        told = moments.ask_moment(model, kept.image)
    except DerinError:
        return None
    return live.lay_out(moments.picture_topics(told), "live" if step is None else "snapshot", told["step"])


def _frame(page: str, names: list[str], kept: Chosen) -> dict[str, Any]:
    told = {"idle": _("Not trained yet"), "probabilities": _("Probability of each class"), "step": _("step {step}")}
    return {"channel": page, "language": language(), "words": told, "classes": names, "title": kept.title,
            "sentences": [_("It reads: {name}")] * len(names), "seq": kept.seq,
            "prediction_class": f"st-key-{page}-prediction", "note": ""}
