"""The kernel bench: a stamp of one's own on the picture, with its size, its movement and its result.

The kernel is a component (static/js/kernel.js): the browser sets its state "kernel" {seq, values}, and gets meta
language, words, seq, values. The result is shown by the microscope (pages/ui/microscope.py).
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import streamlit as st

from dlcore.errors import DerinError, EngineAsleep, EngineError, SpecError
from dlcore.specs.bench import PRESETS, SIDES, Bench, resize_kernel
from dlcore.specs.codec import to_dict
from dlcore.specs.fields import Rule, walk
from pages.ui import panels, pictures, state, subject, words
from pages.ui.explaining import explain
from pages.ui.forms import Form
from pages.ui.language import _, language, told
from pages.ui.layer_words import write_size
from pages.ui.live import pack
from pages.ui.microscope import busy, frame, show_scope
from pages.ui.waking import wait

NAME = "bench"
FINE = 96  # pixels of an own picture, for it needs no network here

_kernel = panels.register("kernel", 140)


def show_bench(page: str, pad) -> None:
    """Show the bench; it follows the drawing."""
    st.fragment(_show)(page, pad)


def _show(page: str, pad) -> None:
    take_kernel(page)
    subject.show_pad(page, pad)
    form = Form(page, kind=page)
    bench: Bench = state.page_spec(page, page).bench
    _choose_preset(page, bench)
    left, right = st.columns([30, 70], gap="medium")
    with left:
        _edit_kernel(page, bench)
    image = bench_picture(page)
    with right:
        _edit_movement(page, form, bench, image)
    _show_result(page, bench, image)


def bench_picture(page: str) -> np.ndarray:
    """Return the picture on the bench: an own one of this session in colour and finer, else what the network gets."""
    own = pictures.own_picture(page, FINE) if subject.subject(page).picture == "own" else None
    return subject.look(page).image if own is None else own


def _choose_preset(page: str, bench: Bench) -> None:
    key, now = f"{page}.preset", next((name for name, kernel in PRESETS.items() if kernel == bench.kernel), None)
    st.session_state[key] = now
    st.pills(_("Preset"), list(PRESETS), key=key, format_func=words.kernel_name, on_change=_take_preset, args=(page,),
             label_visibility="collapsed")


def _take_preset(page: str) -> None:
    if (name := st.session_state[f"{page}.preset"]) in PRESETS:
        settle(page, kernel=PRESETS[name])


def settle(page: str, **changed) -> None:
    """Keep changed fields of the bench, in this session and in the address."""
    spec = state.page_spec(page, page)
    state.remember(page, replace(spec, bench=replace(spec.bench, **changed)))


def _edit_kernel(page: str, bench: Bench) -> None:
    meta = {"language": language(), "words": _kernel_words(), "values": list(bench.kernel),
            "seq": st.session_state.get(f"_seq.{page}.kernel", 0)}
    _kernel(key=f"{page}.kernel", data=pack(meta), on_kernel_change=_keep)


def _edit_movement(page: str, form: Form, bench: Bench, image: np.ndarray) -> None:
    sizes, movement, channels = st.columns(3)
    with sizes:
        key = f"{page}.kernel_size"
        st.session_state[key] = bench.size
        st.select_slider(_("Kernel size"), SIDES, key=key, format_func=lambda side: f"{side}×{side}",
                         on_change=_take_size, args=(page,))
        form.slide("bench.stride", 1)
    with movement:
        form.slide("bench.padding", 1)
        form.slide("bench.dilation", 1)
    with channels:
        form.enter("bench.bias", step=0.1, format="%.4g")
        if image.ndim == 2:
            form.switch("bench.colour")
        if image.ndim == 3 or bench.colour:
            form.press("bench.groups", format_func=words.groups_name)


def _take_size(page: str) -> None:
    bench = state.page_spec(page, page).bench
    settle(page, kernel=resize_kernel(bench.kernel, st.session_state[f"{page}.kernel_size"]))


def take_kernel(page: str) -> None:
    """Take over the kernel that the visitor has typed or painted since the last run; nonsense is left alone."""
    held, seen = st.session_state.get(f"{page}.kernel"), f"_seq.{page}.kernel"
    typed = held.get("kernel") if isinstance(held, Mapping) else None
    if not isinstance(typed, Mapping) or not isinstance(typed.get("seq"), int):
        return
    if typed["seq"] <= st.session_state.get(seen, 0):
        return
    st.session_state[seen] = typed["seq"]
    try:
        settle(page, kernel=_kernel_rule().nearest(typed.get("values")))
    except (ValueError, TypeError, OverflowError):
        return


def _kernel_rule() -> Rule:
    return next(rule for path, _value, rule in walk(Bench()) if path == "kernel")


def _show_result(page: str, bench: Bench, image: np.ndarray) -> None:
    shown = f"{page}.bench_scope"
    asked = take_place(shown)
    try:
        answer = explain({
            "kind": "bench", "bench": to_dict(bench), "image": image, "channel": asked.get("channel", 0)})
        meta, arrays = _tell(bench, answer)
    except SpecError as error:
        st.error(told(error))
        return
    except EngineAsleep:
        meta, arrays = wait(), {}
    except EngineError as error:
        meta, arrays = busy(error), {}
    except DerinError:
        meta, arrays = {}, {}
    show_scope(shown, frame(page, asked) | meta, arrays)


def take_place(key: str) -> dict:
    """Return what the browser last asked of the microscope on the bench, as far as it can be."""
    held = st.session_state.get(key)
    asked = held.get("asked") if isinstance(held, Mapping) else None
    if not isinstance(asked, Mapping) or not isinstance(asked.get("seq"), int):
        return {}
    channel = asked.get("channel", st.session_state.get(f"_channel.{key}", 0))
    st.session_state[f"_channel.{key}"] = channel = channel if channel in (0, 1, 2) else 0
    return {"seq": asked["seq"], "channel": channel}


def _tell(bench: Bench, answer: dict) -> tuple[dict, dict]:
    given, made = answer["layers"]
    side, high = given["shape"][-1], made["shape"][-1]
    walked = dict(answer["walk"])
    arrays = {name: walked.pop(name) for name in list(walked) if isinstance(walked[name], np.ndarray)}
    size = write_size(side, bench.size, bench.stride, bench.padding, bench.dilation)
    walked |= {"before": "input", "off": False, "size_formula": size}
    span = min(bench.dilation * (bench.size - 1) + 1, side)
    layers = [given | _row(given, "1×1", [(at, at + 1) for at in range(side)]),
              made | _row(made, f"{span}×{span}", _spans(bench, side, high))]
    return {"key": str(hash(answer["sheet"].tobytes())), "layers": layers, "walk": walked, "place": [-1, -1],
            "fixed": True}, arrays | {"sheet": answer["sheet"]}


def _row(layer: dict, sees: str, spans: list) -> dict:
    label = _("Input") if layer["kind"] == "input" else _("Convolution")
    return {"label": label, "size": "×".join(map(str, layer["shape"])), "parameters": "", "sees": sees, "spans": spans}


def _spans(bench: Bench, side: int, units: int) -> list[tuple[int, int]]:
    """Return the first pixel that each unit sees and the one after the last."""
    starts = [unit * bench.stride - bench.padding for unit in range(units)]
    taps = [[at for tap in range(bench.size) if 0 <= (at := start + tap * bench.dilation) < side] for start in starts]
    return [(seen[0], seen[-1] + 1) if seen else (0, 0) for seen in taps]


def _keep() -> None:
    """Do nothing when the kernel changes: it is read in the run that follows."""


def _kernel_words() -> dict[str, str]:
    return {"title": _("Kernel"), "weight": _("weight in row {row}, column {column}"),
            "sum": _("sum of the weights: {sum}"), "brush": _("Paint this number into the cells"),
            "wrong": _("Type a number from −99 to 99.")}
