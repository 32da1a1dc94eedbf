"""The drawing pad: it reads the digit being drawn and shows what the network receives of it.

One component (static/js/pad.js, mounted in a fragment). While the stroke is in progress the browser asks on a direct
line (pages.ui.lines) what it reads as, many times a second, and for the details a few times:

    question   image (as below), at (the step to which the page is rewound, or null)
    answer     of the message below what is "of the answer" (without seq), waiting and topics; or again: it was busy

Once the pen rests, and now and then before, it sets its state "image", and Python answers in the same run. Without a
line it does so all the time, at most one on its way:

    image      seq, side (112), pixels (base64 of side·side grey bytes), strokes, empty, detail (whether the slower
               parts are wanted too), off [steps left out], samples (the set of sample digits that the browser has),
               busy (whether the pen is down), recalled (whether it stands there from before)
    message    meta      channel, language, words, classes, sentences, steps, prediction_class, details, neighbours (how
                         many), sample_set, compact, store, line (its address); of the answer: seq, top, note, remark
                         (see pages.ui.remarks, or null), measuring, mass, near [{index, label, distance}], otherwise
                         {step: {top, probability}}; waiting; topics
               arrays    probabilities float32 (classes,), stages uint8 (4, 56, 56), neighbours uint8 (count, 28, 28),
                         samples uint8 (classes, turns, 28, 28)

The drawing itself is kept by the browser (sessionStorage, by `store`) and sent again when the pad is mounted.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcore.data.drawing import PAD, STEPS, Received, Steps
from dlcore.data.images import load_test
from pages.ui.language import N_, _, language
from pages.ui.live import pack
from pages.ui.panels import register

NEIGHBOURS = 8
TURNS = 4  # sample digits of each class; asking again brings the next
TEXT_LENGTH = 4 * -(-PAD * PAD // 3)
MOST = 2**53  # whole numbers up to here are exact in a browser

_pad = register("pad", 350)


@dataclass(frozen=True, eq=False)
class Drawing:
    """What stands on a pad: picture uint8 (112, 112) white on black; `seq` numbers what the browser has sent.

    `resting` is whether the pen is up, `recalled` whether it was drawn before the pad was shown.
    """

    seq: int
    picture: NDArray[np.uint8]
    steps: Steps = Steps()
    detail: bool = False
    samples: str = ""
    resting: bool = True
    recalled: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing is drawn."""
        return not self.picture.any()


@dataclass(frozen=True, eq=False)
class Answer:
    """What a network makes of a drawing; what is left None stays on screen as it was.

    `remark` is what the network itself cannot say (pages.ui.remarks); `measuring` whether there will be more to say.
    `otherwise` holds the scores when one step is taken the other way, by step; `neighbours` anything with indices,
    distances, labels and pictures, nearest first.
    """

    drawing: Drawing
    scores: Sequence[float]
    note: str = ""
    received: Received | None = None
    otherwise: Mapping[str, Sequence[float]] | None = None
    neighbours: Any = None
    remark: Mapping[str, Any] | None = None
    measuring: bool = False


@dataclass(frozen=True)
class Look:
    """How a pad is shown: for which data set, with what class for the prediction, with the slower parts or without.

    A `compact` one has no samples and reads nothing. `store` names the drawing where it is not the page's own.
    """

    dataset: str = "mnist"
    classes: Sequence[str] = field(default_factory=lambda: tuple("0123456789"))
    details: bool = True
    compact: bool = False
    store: str = ""


def pad(key: str, channel: str, answer: Answer | None = None, *, look: Look | None = None,
        waiting: Mapping[str, float] | None = None, topics: tuple[dict, dict] | None = None, line: str | None = None
        ) -> Drawing | None:
    """Show the pad with an answer to what stands on it, and return that (None before anything was drawn).

    `waiting`: how long the engine still sleeps (pages.ui.waking.wait); the pad says so and asks again by itself.
    `topics`: what else follows the drawing, for the other panels of the channel (pages.ui.live.lay_out). `line`: where
    the pad may ask at once.
    """
    look, drawn = look or Look(), drawing_on(key)
    meta, arrays = _frame(key, channel, look) | {"line": line}, {}
    if drawn is not None:
        meta["seq"] = drawn.seq
    if answer is not None:
        told, arrays = _tell(answer)
        meta |= told
    if topics is not None:
        meta["topics"], arrays = topics[0], arrays | topics[1]
    if drawn is None or drawn.samples != look.dataset:
        arrays["samples"] = sample_digits(look.dataset)
    _pad(key=key, data=pack({**meta, "waiting": None, **(waiting or {})}, **arrays), on_image_change=_keep)
    return drawn


def pack_answer(answer: Answer, topics: tuple[dict, dict] | None = None) -> bytes:
    """Return an answer as it is given on a pad's line, with what else follows the drawing."""
    meta, arrays = _tell(answer)
    fields, more = topics or ({}, {})
    return pack(meta | ({"topics": fields} if fields else {}), **arrays, **more)


def drawing_on(key: str) -> Drawing | None:
    """Return what stands on a pad, as the browser last sent it; read it before the pad is shown."""
    return read_pad(st.session_state.get(key))


def read_pad(value: Any) -> Drawing | None:
    """Return the drawing in a pad's value, which came from a visitor; None where anything in it is wrong."""
    image = value.get("image") if isinstance(value, Mapping) else None
    if not isinstance(image, Mapping) or not _is_count(image.get("seq")) or image.get("side") != PAD:
        return None
    picture, left_out = _read_pixels(image.get("pixels")), image.get("off", [])
    if picture is None or not isinstance(left_out, list | tuple):
        return None
    steps = Steps(**{name: False for name in STEPS if name in left_out})
    held = image.get("samples")
    return Drawing(image["seq"], picture, steps, image.get("detail") is True, held if isinstance(held, str) else "",
                   image.get("busy") is not True, image.get("recalled") is True)


def _read_pixels(text: Any) -> NDArray[np.uint8] | None:
    if text == "":
        return np.zeros((PAD, PAD), np.uint8)
    if not isinstance(text, str) or len(text) != TEXT_LENGTH:
        return None
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return np.frombuffer(content, np.uint8).reshape(PAD, PAD) if len(content) == PAD * PAD else None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST


def _keep() -> None:
    """Do nothing when a drawing comes: it is read in the run that follows."""


@cache
def sample_digits(dataset: str) -> NDArray[np.uint8]:
    """Return the first test pictures of each class, uint8 (classes, turns, 28, 28)."""
    test = load_test(dataset)
    return np.stack([test.test_images[np.flatnonzero(test.test_labels == label)[:TURNS]]
                     for label in range(len(test.classes))])


def _tell(answer: Answer) -> tuple[dict[str, Any], dict[str, NDArray]]:
    """Return the fields and the arrays of an answer."""
    scores = np.asarray(answer.scores, np.float32)
    meta: dict[str, Any] = {"seq": answer.drawing.seq, "top": int(scores.argmax()), "note": answer.note,
                            "remark": answer.remark, "measuring": answer.measuring}
    arrays = {"probabilities": scores}
    if answer.received is not None:
        meta["mass"], arrays["stages"] = answer.received.mass, answer.received.stages
    if answer.otherwise is not None:
        meta["otherwise"] = {name: {"top": int(np.argmax(other)), "probability": float(np.max(other))}
                             for name, other in answer.otherwise.items()}
    if (near := answer.neighbours) is not None:
        meta["near"] = [{"index": int(index), "label": int(label), "distance": float(distance)}
                        for index, label, distance in zip(near.indices, near.labels, near.distances)]
        arrays["neighbours"] = near.pictures
    return meta, arrays


def _frame(key: str, channel: str, look: Look) -> dict[str, Any]:
    """Return what the pad needs in every message: words, classes, steps."""
    prediction = f"{key.rsplit('.', 1)[0]}.prediction".replace(".", "-")
    return {
        "channel": channel, "language": language(), "words": _words(look.dataset), "classes": list(look.classes),
        "sentences": [_sentence(name) for name in look.classes], "steps": _steps(), "details": look.details,
        "neighbours": NEIGHBOURS, "prediction_class": f"st-key-{prediction}", "sample_set": look.dataset,
        "compact": look.compact, "store": look.store or channel,
    }


def _sentence(name: str) -> str:
    """Return the sentence in which a class is put: an 8, a 7, an F."""
    return _("It reads an {name}") if name in SPOKEN or name[:1] in ("8", *"AEIO") else _("It reads a {name}")


SPOKEN = tuple("FHLMNRSX")  # letters whose names begin with a vowel

STEP_TEXTS = {  # label, and what the step does
    "strokes": (N_("strokes"), N_("Strokes are made as wide as those of the training digits.")),
    "crop": (N_("crop"), N_("The digit is cut out and scaled to 20 pixels.")),
    "centre": (N_("centre"), N_("The centre of mass is moved to the middle.")),
    "smooth": (N_("28×28"), N_("Each of the 28×28 pixels is the mean of the area it covers.")),
}


def _steps() -> list[dict[str, str]]:
    return [{"name": name, "label": _(STEP_TEXTS[name][0]), "title": _(STEP_TEXTS[name][1])} for name in STEPS]


def _words(dataset: str) -> dict[str, Any]:
    digits = dataset == "mnist"
    return {
        "idle": _("Draw a digit") if digits else _("Draw something"),
        "waking": _("Waking, {seconds} s"), "starting": _("Waking for {seconds} s"), "busy": _("Busy, one moment"),
        "step": _("step {step}"), "here": _("draw here"),
        "undo": _("Undo"), "clear": _("Clear"), "brush": _("Brush"),
        "brushes": [_("thin brush"), _("medium brush"), _("thick brush")],
        "samples": _("Sample digits"), "sample": _("sample: {name}"), "probabilities": _("Probability of each class"),
        "received": _("What the network receives"),
        "neighbours": _("Nearest training digits") if digits else _("Nearest training pictures"),
        "neighbour": _("{name}, training picture {n}, {distance} away"),
        "distance": _("The distance is that between the pixels: the root of the summed squared differences."),
        "off": _("off: {name}"), "on": _("on: {name}"), "without": _("Without it: {name}, {share}."),
        "with": _("With it: {name}, {share}."),
        "pad": _("Drawing pad. Draw with mouse, pen or finger. Keys: arrows move, Space puts the pen down and lifts "
                 "it, Z undoes, Delete clears, 0 to 9 place a sample digit."),
    }
