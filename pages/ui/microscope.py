"""The microscope: every layer of a network as a row of maps, and the arithmetic of one map, number by number.

One component (static/js/microscope.js), mounted in a fragment. Moving the stamp needs nobody: the numbers are there.
What needs the network is asked by the browser's state "asked", at most one on its way at a time:

    asked      seq, have (the key of the maps that the browser holds), and what is changed: layer, channel, down,
               across, off (whether this filter is switched off), draw (0 is eval())
    message    meta      channel, language, words, seq, key, place [down, across], step, reading, waiting; layers
                         [{name, kind, label, shape, scale, limit, count, size, parameters, sees, spans}];
                         walk (the plain values of dlcore.explain.layer_walk, and `before`, `off`, `size_formula`)
               arrays    sheet uint8 (left out where the browser has it); of the walk: in, kernel, parts, out, mask,
                         weights, mean, variance, gamma, beta
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import streamlit as st

from dlcore.errors import DerinError, EngineAsleep, EngineError
from dlcore.specs.convolution import ANYWHERE, Convolution
from dlcore.specs.fields import rule_of
from pages.ui import state, subject, words
from pages.ui.explaining import explain
from pages.ui.language import _, language, percent, told
from pages.ui.layer_words import describe_layers, size_formula, walk_words
from pages.ui.live import pack
from pages.ui.panels import register
from pages.ui.subject import Sight
from pages.ui.waking import wait

PLACE = ("layer", "channel", "down", "across", "draw")

_microscope = register("microscope", 420)


def show_microscope(page: str, pad) -> None:
    """Show the microscope, and the pad in the place for it; it follows the drawing, and a network that is learning."""
    st.fragment(_look, run_every=subject.pause(page))(page, pad, subject.drawn_for(page))


def _look(page: str, pad, before: tuple) -> None:
    held = take_wish(page)
    subject.show_pad(page, pad)
    sight, spec = subject.look(page), state.page_spec(page, page)
    if before != subject.drawn_for(page):
        st.rerun()
    try:
        answer = ask_inside(page, sight, spec)
        meta, arrays = _tell(sight, spec, answer, held.get("have"))
    except EngineAsleep:
        meta, arrays = wait(), {}
    except EngineError as error:
        meta, arrays = busy(error), {}
    except DerinError:
        meta, arrays = {}, {}  # the snapshot is gone: the next run asks
    show_scope(f"{page}.microscope", frame(page, held) | meta, arrays)


def frame(page: str, asked: Mapping) -> dict:
    """Return what every message to the microscope holds; `asked` is what the browser asked for last."""
    return {"channel": page, "language": language(), "words": walk_words(), "seq": asked.get("seq", 0)}


def busy(error: EngineError) -> dict:
    """Return what a message holds while there is no answer: why, which the microscope says and asks again."""
    return {"waiting": 0.0, "words": walk_words() | {"waiting": told(error)}}


def show_scope(key: str, meta: dict, arrays: dict) -> None:
    """Show a walk and the layers around it, or how long the engine still needs."""
    _microscope(key=key, data=pack(meta, **arrays), on_asked_change=_keep)


def ask_inside(page: str, sight: Sight, spec: Convolution) -> dict:
    """Return what the network makes of the picture (dlcore.explain.convolution), asked once for each setting."""
    now = sight.view.live_step if sight.view and sight.model["step"] is None else None
    request = {"kind": "inside", "model": sight.model, "image": sight.image, "layer": spec.layer,
               "channel": spec.channel, "off": [list(pair) for pair in spec.off], "draw": spec.draw or None}
    key = str((sight.model, now, hash(sight.image.tobytes()), spec.off, spec.draw))
    seen = (key, spec.layer, spec.channel)
    kept, answer = st.session_state.get(f"_inside.{page}", (None, None))
    if kept != seen:
        answer = explain(request) | {"key": key}
        st.session_state[f"_inside.{page}"] = seen, answer
    return answer


def _tell(sight: Sight, spec: Convolution, answer: dict, has: Any) -> tuple[dict, dict]:
    """Return the fields and the arrays of a message."""
    layers, walk = describe_layers(sight.experiment, answer["layers"]), dict(answer["walk"])
    arrays = {name: walk.pop(name) for name in list(walk) if isinstance(walk[name], np.ndarray)}
    at = [layer["name"] for layer in layers].index(walk["layer"])
    walk |= {"before": layers[at - 1]["name"], "off": (walk["layer"], walk["channel"]) in spec.off,
             "size_formula": size_formula(sight.experiment, walk)}
    meta = {"key": answer["key"], "layers": layers, "walk": walk, "place": [spec.down, spec.across],
            "draw": spec.draw, "off": [list(pair) for pair in spec.off], "step": answer["step"],
            "reading": _say_reading(sight, answer["scores"])}
    return meta, arrays if has == answer["key"] else arrays | {"sheet": answer["sheet"]}


def _say_reading(sight: Sight, scores: np.ndarray) -> str:
    name = words.class_names(sight.experiment.data.dataset)[int(scores.argmax())]
    return _("reads {name}, {share}").format(name=name, share=percent(float(scores.max())))


# what the browser asks for


def take_wish(page: str) -> dict:
    """Take over what the browser has asked for since the last run; returns the whole of what it last asked."""
    held = st.session_state.get(f"{page}.microscope")
    asked = held.get("asked") if isinstance(held, Mapping) else None
    if not isinstance(asked, Mapping) or not isinstance(asked.get("seq"), int):
        return {}
    if asked["seq"] != st.session_state.get(f"_asked.{page}"):
        st.session_state[f"_asked.{page}"] = asked["seq"]
        state.remember(page, grant(state.page_spec(page, page), asked))
    return dict(asked)


def grant(spec: Convolution, asked: Mapping) -> Convolution:
    """Return the spec with what a browser asks for; what cannot be is left out."""
    rules, changed = {declared.name: rule_of(declared) for declared in fields(Convolution)}, {}
    for name in PLACE:
        try:
            changed[name] = rules[name].nearest(asked[name])
        except (KeyError, ValueError, TypeError, OverflowError):
            continue
    if (changed.get("layer"), changed.get("channel")) != (spec.layer, spec.channel) and "down" not in asked:
        changed |= {"down": ANYWHERE, "across": ANYWHERE}
    spec = replace(spec, **changed)
    if isinstance(asked.get("off"), bool):
        others = {pair for pair in spec.off if pair != (spec.layer, spec.channel)}
        spec = replace(spec, off=tuple(sorted(others | ({(spec.layer, spec.channel)} if asked["off"] else set()))))
    return spec


def _keep() -> None:
    """Do nothing when something is asked: it is granted in the run that follows."""
