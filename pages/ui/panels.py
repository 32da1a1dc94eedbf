"""The panels that every page reuses: run state, curves, grids of pictures, confusion matrix, rewind slider.

Each is one component whose code is served from static/js. Panels of one page talk in the browser through the channel
they are given (pages/ui/live.py lists the topics): `live` is mounted in the polling fragment and feeds the others,
which are mounted once outside it and never again while a training runs.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from pages.ui.language import _, language
from pages.ui.live import pack, pack_topics
from pages.ui.scripts import PLACE

Topics = Mapping[str, Mapping[str, Any]]
REPEAT = 1.5  # seconds for which a topic is sent again with every tick

# what cannot be loaded or drawn says so in its place: Streamlit would put a box in English with a stack there
LOADER = """
const at = (name) => import(new URL(`{place}/${{name}}.js`, document.baseURI));
const panel = at("{name}"), guard = at("undrawn");
export default (call) => guard.then((undrawn) => undrawn.draw(panel, call));
"""


@dataclass(frozen=True)
class Line:
    """One curve of a chart: its name in the topic "curves", what it is called, and "grey", "blue" or "orange"."""

    name: str
    label: str
    colour: str = "blue"


@dataclass(frozen=True)
class Chart:
    """One chart: its lines and axis; `gap` names the training and held-out lines between which a gap is shaded.

    Without `high` the axis fits the curves; `low` above zero holds once the curves have come near it.
    """

    name: str
    title: str
    lines: tuple[Line, ...]
    unit: str = "number"
    low: float | None = None
    high: float | None = None
    log: bool = False
    gap: tuple[str, str] | None = None
    note: str = ""
    height: int = 130


def register(name: str, height: int = 0) -> Callable:
    """Register the component of static/js/<name>.js; its place is `height` pixels high until it is drawn."""
    html = f'<div class="panel" style="min-height:{height}px">\n</div>'
    js = LOADER.format(name=name, place=PLACE)
    return st.components.v2.component(f"derin_{name}", html=html, js=js)


_live = register("live", 34)
_curves = register("curves", 150)
_grid = register("grid", 40)
_matrix = register("matrix", 200)
_rewind = register("rewind", 36)


def _keep() -> None:
    """Do nothing when a value changes: it is read in the run that follows."""


def live(key: str, channel: str, topics: Topics, *, step: int | None = None, more: Mapping[str, Any] | None = None,
         fleeting: tuple[str, ...] = (), **bar: Any) -> None:
    """Show the run's state and progress and hand the topics of this tick to the other panels of the channel.

    `fleeting` topics are sent once: the next tick brings newer ones. Of the `bar`, `state` is the run's state as the
    engine names it ("" shows none), `text` the words for it; see pages/ui/live.py for them and for `more`: with a
    `line` the panel looks again by itself.
    """
    once = {topic: content for topic, content in topics.items() if topic in fleeting}
    sent = repeat(key, {topic: content for topic, content in topics.items() if topic not in once}) | once
    data = pack_tick(channel, sent, step, bar, {"label": _("Training progress"), **(more or {})})
    _live(key=key, data=data, on_changed_change=_keep)


def pack_tick(channel: str, topics: Topics, step: int | None, bar: Mapping[str, Any], more: Mapping[str, Any]) -> bytes:
    """Return one tick as a message."""
    shown = {"state": {"kind": bar.get("state", ""), "text": bar.get("text", "")}, "left": bar.get("left", ""),
             "right": bar.get("right", ""), "progress": bar.get("progress", 0.0)}
    return pack_topics(topics, step=step, channel=channel, **shown, **more)


def repeat(key: str, topics: Topics) -> dict[str, dict[str, Any]]:
    """Return these topics and those of the last moments: a message that the next one overtakes is never seen."""
    now = time.monotonic()
    sent = st.session_state.get(f"_sent.{key}", {})
    sent = {topic: content for topic, content in sent.items() if now - content["sent"] < REPEAT}
    sent |= {topic: {**content, "sent": now} for topic, content in topics.items()}
    st.session_state[f"_sent.{key}"] = sent
    return sent


def curves(key: str, channel: str, charts: Sequence[Chart], told: Mapping[str, Any] | None = None) -> None:
    """Show charts of the topic "curves", one below the other; the topic comes from elsewhere, or is what is `told`."""
    words = {
        "nan": _("not a number"),
        "log": _("log"),
        "epoch": _("epoch {epoch}"),
        "step": _("step {step}"),
        "reading": _("{chart}: {values} at step {step}"),
    }
    topics = {} if told is None else {"curves": told}
    _curves(key=key, data=pack_topics(topics, **_frame(channel, words), charts=[asdict(chart) for chart in charts]))


def grid(
    key: str,
    channel: str,
    topic: str,
    *,
    title: str = "",
    note: str = "",
    cell: int = 34,
    columns: int | None = None,
    pictures: Mapping[str, Any] | None = None,
    picks: bool = False,
    sends: str | None = None,
    answers: bool = False,
) -> int | None:
    """Show small pictures, each `cell` pixels wide, and return the index of the one picked.

    They come from a topic of the channel, or are given as `pictures` (the same fields). A cell can be clicked where
    `picks` or `sends` is set; sends="digit" hands its picture to the pad, answers=True also runs the page again.
    """
    words = {"picture": _("picture {n} of {count}"), "scale": _("scale")}
    meta = _frame(channel, words) | {
        "topic": topic, "title": title, "note": note, "cell": cell, "columns": columns,
        "picks": picks or sends is not None or answers, "sends": sends, "answers": answers,
    }  # fmt: skip
    data = pack(meta) if pictures is None else pack_topics({topic: pictures}, **meta)
    _grid(key=key, data=data, on_picked_change=_keep)
    return picked_index(key)


def matrix(key: str, channel: str, *, title: str, note: str = "", tall: int = 17,
           place: int | None = None) -> tuple[int, int] | None:
    """Show the topic "matrix" in rows `tall` pixels high; return the chosen cell as (true, read).

    Its place is 200 pixels high, or `place`.
    """
    words = {
        "mistaken": _("{row} read as {column}: {count}"),
        "right": _("{row} read right: {count}"),
    }
    cell = chosen_cell(key)
    data = pack({**_frame(channel, words), "title": title, "note": note, "tall": tall, "cell": cell, "place": place})
    _matrix(key=key, data=data, on_cell_change=_keep)
    return cell


def rewind(key: str, channel: str, answer: Mapping[str, Mapping[str, Any]] | None = None,
           linked: int | None = None, moved: Callable[[], None] = _keep) -> int | None:
    """Show the slider over the topic "snapshots" and return the step the page is rewound to, None when live.

    `answer` holds the topics of the snapshot at chosen_step(key), read before the slider is mounted. `linked` is the
    step at which a slider begins that nobody has moved yet, `moved` is called when it is.
    """
    step = chosen_step(key) if linked is None else linked
    words = {"rewind": _("Rewind"), "live": _("Live"), "step": _("step {step} of {total}")}
    meta = {**_frame(channel, words), "at": step, "linked": linked is not None}
    data = pack(meta) if answer is None else pack_topics(answer, view="snapshot", step=step, **meta)
    _rewind(key=key, data=data, on_at_change=moved)
    return step


def chosen_step(key: str) -> int | None:
    """Return the step at which a rewind slider stands, None when live."""
    step = _value(key, "at")
    return step if _is_index(step) else None


def chosen_cell(key: str) -> tuple[int, int] | None:
    """Return the chosen cell of a matrix as (true, read)."""
    cell = _value(key, "cell")
    if not isinstance(cell, list | tuple) or len(cell) != 2 or not all(map(_is_index, cell)):
        return None
    return cell[0], cell[1]


def picked_index(key: str) -> int | None:
    """Return the index of the picture picked last in a grid."""
    index = _value(key, "picked")
    return index if _is_index(index) else None


def _value(key: str, name: str) -> Any:
    held = st.session_state.get(key)
    return held.get(name) if isinstance(held, Mapping) else None


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _frame(channel: str, words: Mapping[str, str]) -> dict[str, Any]:
    return {"channel": channel, "words": words, "language": language()}
