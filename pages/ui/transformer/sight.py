"""What the Transformer page looks at: a network at one moment, the text that it reads, and the heads switched off."""

from dataclasses import dataclass, replace
from functools import cache

import streamlit as st

from dlcore.explain.pretrained import PRETRAINED, read_manifest
from dlcore.specs.codec import from_dict, to_dict
from dlcore.specs.transformer import Transformer
from pages.ui import panels, state
from pages.ui.learned import problem, shown

ANCHOR = "onehead"  # the component that says which head and token are kept
KIND = Transformer().kind
Head = tuple[str, int, int]  # part, layer, head
PLAYS = "ROMEO. But, soft! what light through yonder window breaks?"
TEXTS = {"numbers": "two thousand twenty six", "dates": "12 March 1998", "reverse": "attention", "sort": "attention",
         "plays": PLAYS, "bpe": PLAYS, "own": "", "repeat": "qKzRmTqKzRmTqKzR"}


@dataclass(frozen=True)
class Sight:
    """A network (the `model` of the requests), the spec it is of, when ("live" or "snapshot"), and what it reads.

    The `target` is what a translator's decoder reads, None for the network's own answer.
    """

    model: dict
    spec: Transformer
    text: str = ""
    target: str | None = None
    off: tuple[Head, ...] = ()
    view: str = "live"
    step: int | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What a moment depends on, to know it again."""
        return str(self.model), str(self.step), self.text, str(self.off), str(self.target)

    @property
    def translates(self) -> bool:
        """Whether an encoder reads a source."""
        return self.spec.data.translates

    @property
    def joint(self) -> str:
        """What stands between two tokens of an answer that is written as a text."""
        return " " if self.spec.data.task == "numbers" else ""


@dataclass(frozen=True)
class Place:
    """Where one points: a part ("encoder", "decoder", "cross"), a layer, a head, a token that looks (None: none)."""

    part: str
    layer: int = 0
    head: int = 0
    row: int | None = None


def look(page: str) -> Sight | None:
    """Return what the page looks at now: its run, a pretrained network, or the network before its training.

    None where there is nothing to look at, because the settings cannot be built.
    """
    view, spec = shown(page), state.experiment(page)
    step = panels.chosen_step(f"{page}.rewind")
    if view is not None and step is not None and view.snapshots:
        found = Sight({"run": view.id, "step": step}, view.experiment, view="snapshot", step=step)
    elif view is not None and view.live_step is not None:
        found = Sight({"run": view.id, "step": None}, view.experiment, step=view.live_step)
    elif problem(spec) is not None:
        return None
    else:
        found = unlearned(spec)
    return replace(reading(found, typed(page), off(page)), target=given(page))


def reading(sight: Sight, text: str, heads: tuple[Head, ...] = ()) -> Sight:
    """Return the same network with a text, and with heads switched off as far as it has them."""
    return replace(sight, text=text, off=there(heads, sight.spec))


def unlearned(spec: Transformer) -> Sight:
    """Return what is looked at while nothing has been trained: a pretrained network, else this one as it begins."""
    name = pretrained_name(spec.data.task)
    if name is not None:
        return Sight({"pretrained": name}, _pretrained(name))
    return Sight({"spec": to_dict(spec, whole=True)}, spec)


@cache
def pretrained_name(task: str) -> str | None:
    """Return the network that was trained before on a task, if there is one."""
    return next((name for name in PRETRAINED if _is_of(name, task)), None)


def _is_of(name: str, task: str) -> bool:
    found = read_manifest(name).get("experiment", {})
    return found.get("kind") == KIND and _pretrained(name).data.task == task


@st.cache_resource(show_spinner=False)
def _pretrained(name: str) -> Transformer:
    return from_dict(read_manifest(name)["experiment"], KIND)


# the text

def typed(page: str) -> str:
    """Return the text that the network reads."""
    kept = state.parameter(page, "text")
    return default_text(state.experiment(page)) if kept is None else kept


def given(page: str) -> str | None:
    """Return the answer that the visitor gives a translator's decoder to read, None for the network's own."""
    return state.parameter(page, "target") if state.experiment(page).data.translates else None


def forget_texts(page: str) -> None:
    """Read the default text of a task again, and the network's own answer."""
    state.remember_parameter(page, "text", None)
    state.remember_parameter(page, "target", None)


def default_text(spec: Transformer) -> str:
    """Return the text that is read until the visitor types one."""
    text = TEXTS[spec.data.task]
    if spec.data.task in ("reverse", "sort"):
        return text[: spec.data.length]
    return text if spec.data.translates else text[: spec.network.context]


# heads that are switched off

def off(page: str) -> tuple[Head, ...]:
    """Return the heads that the visitor has switched off."""
    return st.session_state.get(f"_off.{page}", ())


def there(heads: tuple[Head, ...], spec: Transformer) -> tuple[Head, ...]:
    """Return those of the heads that a network has."""
    network = spec.network
    return tuple(head for head in heads if head[0] in parts_of(spec) and head[1] < network.layers
                 and head[2] < network.heads)


def parts_of(spec: Transformer) -> tuple[str, ...]:
    """Return the parts of a network that attend."""
    return ("encoder", "decoder", "cross") if spec.data.translates else ("decoder",)


# the place

def place(page: str, looked: Sight) -> Place:
    """Return where one points, put right for the network that is there."""
    held = (st.session_state.get(f"{page}.{ANCHOR}") or {}).get("at")
    found = read_place(held)
    network, part = looked.spec.network, found.part
    if part not in parts_of(looked.spec):
        part = first_part(looked.spec)
    return replace(found, part=part, layer=min(found.layer, network.layers - 1),
                   head=min(found.head, network.heads - 1))


def first_part(spec: Transformer) -> str:
    """Return the part that is shown first: of a translator, how the answer looks at the source."""
    return "cross" if spec.data.translates else "decoder"


def read_place(text: object) -> Place:
    """Return the place that a text from the browser means, "cross/0/7/3": part, layer, token, head."""
    parts = text.split("/") if isinstance(text, str) else []
    if len(parts) != 4 or not all(part.isdecimal() for part in (parts[1], parts[2] or "0", parts[3])):
        return Place("")
    part, layer, row, head = parts
    numbers = [min(int(one), 10_000) if one else None for one in (layer, row, head)]
    return Place(part, numbers[0] or 0, numbers[2] or 0, numbers[1])
