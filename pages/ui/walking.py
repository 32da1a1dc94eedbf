"""The walk through a small network and back: one component (static/js/backprop.js), fed with all steps at once.

The browser asks through its state "asked" {seq, do, ...}: do "pick" (name), "set" (name, text), "check", "update".
What it asks changes the spec in the address, or says why it cannot; the answer comes with the run that follows.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from dlcore.errors import DerinError, EngineError
from dlcore.specs.backprop import MAX_UPDATES, Backprop, check, check_number, set_weight
from dlcore.specs.codec import to_dict, to_link
from pages.ui import panels, state, words
from pages.ui.explaining import explain
from pages.ui.language import _, language, told
from pages.ui.live import pack_topics
from pages.ui.small_network import settle, spec, write_entry
from pages.ui.walk_words import walk_words

_walk = panels.register("backprop", 420)


def take_wish(page: str) -> None:
    """Do what the browser has asked for since the last run; call it before anything of the page is drawn."""
    asked = (st.session_state.get(f"{page}.walk") or {}).get("asked")
    if not isinstance(asked, Mapping) or asked.get("seq") == st.session_state.get(f"_asked.{page}"):
        return
    st.session_state[f"_asked.{page}"] = asked.get("seq")
    st.session_state[f"_refused.{page}"] = None
    try:
        _grant(page, asked)
    except DerinError as error:
        st.session_state[f"_refused.{page}"] = {"name": str(asked.get("name")), "text": told(error, markdown=False)}


def _grant(page: str, asked: Mapping[str, Any]) -> None:
    shown = spec(page)
    match asked.get("do"):
        case "pick":
            changed = replace(shown, picked=str(asked.get("name")))
            check(changed)
            state.remember(page, changed)
        case "set":
            state.remember(page, _set(shown, str(asked.get("name")), _number(asked.get("text"))))
        case "update":
            make_updates(page, 1)
        case "check":
            st.session_state[f"_checked.{page}"] = to_link(shown)


def _number(text: Any) -> float:
    """Return the number that was typed, or the text itself, which the check will refuse."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


def _set(shown: Backprop, name: str, value: float) -> Backprop:
    """Return the spec with a weight, an input or a target set; the updates begin again."""
    shown = replace(shown, updates=0)
    if name[:1] not in ("x", "t"):
        return set_weight(shown, name, value)
    check_number(name, value)
    field = "inputs" if name[0] == "x" else "targets"
    index = int(name[1:]) - 1 if name[1:].isdecimal() else -1
    if not 0 <= index < len(getattr(shown, field)):
        return shown
    changed = write_entry(shown, field, index, value)
    check(changed)
    return changed


def make_updates(page: str, count: int) -> None:
    """Make more updates, or with a negative count take some back."""
    shown, (_key, answer) = spec(page), st.session_state.get(f"_answer.{page}", ("", None))
    made = answer["update"] if answer and answer["diverged"] else shown.updates
    settle(page, replace(shown, updates=min(max(made + count, 0), MAX_UPDATES)))


def ask_walk(page: str) -> dict:
    """Return all numbers of the page, asked once for each setting; EngineError or SpecError."""
    shown = spec(page)
    link = to_link(shown)
    checked = st.session_state.get(f"_checked.{page}") == link
    key, (kept, answer) = f"{link}|{checked}", st.session_state.get(f"_answer.{page}", ("", None))
    if key != kept:
        request = {"kind": "backprop", "spec": to_dict(shown), "checked": checked}
        answer = explain(request) | {"key": key}
        st.session_state[f"_answer.{page}"] = key, answer
    return answer


def show_walk(page: str, answer: dict) -> None:
    """Show the network, the step, the picked weight, and hand the losses to the curve."""
    shown = spec(page)
    meta = {
        "channel": page, "language": language(),
        "words": walk_words() | {"optimizer": words.option(shown.optimizer)},
        "answer": answer | {"rate": shown.learning_rate}, "refused": st.session_state.get(f"_refused.{page}"),
    }  # fmt: skip
    _walk(key=f"{page}.walk", data=pack_topics({"curves": losses_topic(answer)}, **meta), on_asked_change=_keep)


def losses_topic(answer: dict) -> dict:
    """Return the topic "curves": the loss before each update so far."""
    losses = np.array(answer["losses"], np.float32)
    made = len(losses) - 1
    return {"loss": np.stack([np.arange(made + 1, dtype=np.float32), losses]), "step": made,
            "total_steps": max(made, 10), "steps_per_epoch": None, "marks": [], "gap": None, "notes": {}}


def _keep() -> None:
    """Do nothing when something is asked: it is granted in the run that follows."""


def is_waking(error: DerinError) -> bool:
    """Whether the engine will answer later."""
    return isinstance(error, EngineError) and not state.engine().status().ready


def show_receipt(answer: dict) -> None:
    """Say how exactly the scalars on the page add up to what the nodes returned."""
    difference = answer["difference"]
    st.caption(_("Every sum here was compared with what PyTorch's own node returned: the largest difference is "
                 "{difference} of what is added up.").format(difference=f"{difference:.0e}" if difference else "0"))


def show_notes(page: str, answer: dict) -> None:
    """Say what holds for the whole pass: a loss that ran away, gradients that pile up."""
    shown = spec(page)
    if answer["diverged"]:
        st.warning(_("With this learning rate the loss grows without limit: after update {n} it is no longer a usable "
                     "number. Use a smaller learning rate.").format(n=answer["update"]))
    if not shown.zero_grad:
        st.info(_("zero_grad() is not called: the optimiser gets this pass's gradients plus those of all {n} passes "
                  "before.").format(n=answer["update"]))
