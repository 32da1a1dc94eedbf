"""What the Convolution page is about: a network and a picture, and the place in it that is looked at."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from dlcore.specs.bench import Bench
from dlcore.specs.fields import Rule, choice, kind, whole
from dlcore.specs.subject import Subject

LAYER = re.compile(r"[a-z_]{2,12}[0-9]{0,2}")
MOST_CHANNELS = 4096
MOST_OFF = 64
ANYWHERE = -1
VIEWS = ("layers", "bench", "filters", "shift", "locality")
MOST_SHIFT = 8


class _Layer(Rule):
    """The name of a layer."""

    def nearest(self, value: Any) -> str:
        if isinstance(value, str) and LAYER.fullmatch(value):
            return value
        raise ValueError(value)


class _Filters(Rule):
    """Pairs of a convolution's name and a channel; what is not such a pair is left out."""

    def nearest(self, value: Any) -> tuple[tuple[str, int], ...]:
        kept = []
        for pair in value if isinstance(value, list | tuple) else ():
            match pair:
                case [str(name), int(channel)] if LAYER.fullmatch(name) and 0 <= channel < MOST_CHANNELS:
                    kept.append((name, channel))
        return tuple(sorted(set(kept)))[:MOST_OFF]


@dataclass(frozen=True)
class Convolution:
    """The subject of the Convolution page and what is looked at in it.

    `down` and `across` are the place in the map of `layer` and `channel`, -1 the strongest. `off` are the filters that
    are switched off, as (convolution, channel). `draw` 0 is the network in eval(), a larger number one in train(): the
    number of its draw. `view` is the part of the page that is shown; `bench` is its kernel bench; `right` and `lower`
    are the pixels by which the picture is shifted.
    """

    kind: Literal["convolution"] = kind("convolution")
    subject: Subject = field(default_factory=Subject)
    layer: str = field(default="conv1", metadata={"rule": _Layer(str)})
    channel: int = whole(0, 0, MOST_CHANNELS - 1)
    down: int = whole(ANYWHERE, ANYWHERE, 255)
    across: int = whole(ANYWHERE, ANYWHERE, 255)
    off: tuple[tuple[str, int], ...] = field(default=(), metadata={"rule": _Filters(tuple)})
    draw: int = whole(0, 0, 9999)
    view: str = choice("layers", *VIEWS)
    bench: Bench = field(default_factory=Bench)
    right: int = whole(0, -MOST_SHIFT, MOST_SHIFT)
    lower: int = whole(0, -MOST_SHIFT, MOST_SHIFT)
