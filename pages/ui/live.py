"""One tick: what a running training shows, as one binary message to one component.

A message is a little-endian uint32 (the header's length), a JSON header padded with spaces to a multiple of four, then
the arrays' bytes, each at an offset that is a multiple of four:

    header = {"meta": {...}, "arrays": {name: [dtype, shape, byte offset from the start of the message]}}

Data types are float32, uint8 and uint32 (little-endian, C order). `static/js/tick.js` decodes it.

A tick's meta holds what the live panel shows and the topics for the other panels of its channel (`static/js/bus.js`):

    channel   "digits"
    state     {"kind": "queued" | "starting" | "running" | "paused" | "finished" | "interrupted" | "failed",
               "text": the same in words}
    progress  0 to 1          left   "epoch 1.32 of 2"          right   "14,020 digits/s · 2.9 s left"
    topics    {topic: {...fields, "arrays": [names]}}; an array travels as "topic.name"
    line      where the live panel asks for the next ticks (pages/ui/lines.py): the question is {"known": that of the
              last tick, "at": the step to which the page is rewound or null}
    every     the seconds until it asks again, or null          known   {name: what of it the browser knows now}
    mark      what changes with what the page's script has to show: the panel has it run then

Topics, with their arrays and fields (an omitted topic keeps what it last showed; of those that come from a script,
panels.live sends each again for a second and a half, with `sent`, the time by which a panel knows it):

    curves     <line>: float32 (2, points), steps over values, at most 400 points (dlcore.plots.curves.thin)
               step, total_steps, steps_per_epoch, marks [{"step", "text"}], gap {"step", "text"} or None,
               notes {chart: text}
    snapshots  steps: uint32 (n,), rising          run, step, total_steps, marks [{"step", "text"}]; another run is
               shown live, also where the page was rewound
    matrix     counts: uint32 (true, read)         classes [text]
    bars       probabilities: float32 (classes,)   classes [text], title
    any grid   pictures: uint8 (n, height, width) or (n, height, width, 3)
               scale "diverging" (zero is 128) | "sequential" | "grey" | "colour", limit (the value at 255),
               labels [text], note

Topics other than curves and snapshots are about one moment of the network and carry view "live" or
"snapshot" and their step; while the page is rewound the bus holds live ones back. Topics that panels publish by
themselves: "state", "moment" {"step": n or None} (the step the page is rewound to), "picked" {"topic", "index"} and
"digit" {"pixels": Uint8Array, "height", "width", "label"} (a picture that was sent to the pad).
"""

import json
import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pages.ui.foreign import write_out

WHOLE_RUN = ("curves", "snapshots")
_ALIGNMENT = 4


def pack(meta: Mapping[str, Any], **arrays: ArrayLike) -> bytes:
    """Return one message; arrays become float32, uint8 (also switches) or uint32, numbers that are not finite None."""
    columns = {name: _narrow(np.asarray(values)) for name, values in arrays.items()}
    header = _header(meta, columns)
    parts = [struct.pack("<I", len(header)), header]
    for values in columns.values():
        parts += [values.tobytes(), bytes(-values.nbytes % _ALIGNMENT)]
    return b"".join(parts)


def pack_topics(
    topics: Mapping[str, Mapping[str, Any]], *, view: str = "live", step: int | None = None, **meta: Any
) -> bytes:
    """Return one message of topics: in each topic numpy arrays travel as arrays, everything else as its fields.

    `view` and `step` say which moment of the network is shown; they are added to all but the topics of a whole run.
    """
    fields, arrays = lay_out(topics, view, step)
    return pack({**meta, "topics": fields}, **arrays)


def lay_out(topics: Mapping[str, Mapping[str, Any]], view: str, step: int | None) -> tuple[dict, dict[str, NDArray]]:
    """Return the header's entry "topics" and the arrays that go with it, for a message that also says other things."""
    moment = {"view": view, "step": step}
    fields, arrays = {}, {}
    for topic, content in topics.items():
        own = {name: value for name, value in content.items() if isinstance(value, np.ndarray)}
        rest = {name: value for name, value in content.items() if name not in own}
        fields[topic] = {**({} if topic in WHOLE_RUN else moment), **rest, "arrays": list(own)}
        arrays |= {f"{topic}.{name}": values for name, values in own.items()}
    return fields, arrays


def _header(meta: Mapping[str, Any], columns: Mapping[str, NDArray]) -> bytes:
    """Return the header; offsets are counted from the message's start, so its length is found first."""
    table = {name: [values.dtype.name, list(values.shape), 0] for name, values in columns.items()}
    text = write_out(_to_json(meta))
    start = 4 + len(_join(text, table)) + 16 * len(table)
    start += -start % _ALIGNMENT
    offset = start
    for name, values in columns.items():
        table[name][2] = offset
        offset += values.nbytes + -values.nbytes % _ALIGNMENT
    return _join(text, table).ljust(start - 4)


def _join(meta: str, table: Mapping[str, list]) -> bytes:
    return f'{{"meta":{meta},"arrays":{json.dumps(table, separators=(",", ":"))}}}'.encode()


def _narrow(values: NDArray) -> NDArray:
    if values.dtype.kind == "f":
        return np.ascontiguousarray(values, "<f4")
    if values.dtype.kind == "b" or values.dtype == np.uint8:
        return np.ascontiguousarray(values, np.uint8)
    if values.dtype.kind in "iu" and (not values.size or 0 <= values.min() <= values.max() < 2**32):
        return np.ascontiguousarray(values, "<u4")
    raise TypeError(f"A message holds numbers, not {values.dtype} (whole numbers from zero).")


def _to_json(meta: Mapping[str, Any]) -> str:
    try:
        return json.dumps(meta, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)
    except ValueError:
        return json.dumps(_finite(meta), ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    """Return what a number or an array of numpy holds as plain Python."""
    if isinstance(value, (np.ndarray, np.generic)):
        return _finite(value.tolist())
    raise TypeError(f"A message's header cannot hold {type(value).__name__}.")


def _finite(value: Any) -> Any:
    """Return the same structure with None for numbers that JSON cannot say."""
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
