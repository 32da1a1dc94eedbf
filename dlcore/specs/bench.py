"""The kernel bench: a stamp of one's own, and how it is moved over a picture."""

from dataclasses import dataclass, field
from typing import Any, Literal

from dlcore.errors import N_, SpecError
from dlcore.specs.fields import Rule, choice, kind, real, switch, whole

SIDES = (1, 2, 3, 4, 5, 6, 7)
LARGEST = 99.0
_BLUR = (1, 4, 6, 4, 1)
PRESETS: dict[str, tuple[float, ...]] = {
    "edge": (-1, -1, -1, -1, 8, -1, -1, -1, -1), "vertical": (-1, 0, 1, -2, 0, 2, -1, 0, 1),
    "horizontal": (-1, -2, -1, 0, 0, 0, 1, 2, 1), "blur": tuple(round(a * b / 256, 4) for a in _BLUR for b in _BLUR),
    "mean": (0.1111,) * 9, "sharpen": (0, -1, 0, -1, 5, -1, 0, -1, 0), "emboss": (-2, -1, 0, -1, 1, 1, 0, 1, 2),
    "same": (0, 0, 0, 0, 1, 0, 0, 0, 0),
}


class _Kernel(Rule):
    """A square of numbers, row by row."""

    def nearest(self, value: Any) -> tuple[float, ...]:
        if not isinstance(value, list | tuple) or round(len(value) ** 0.5) not in SIDES:
            raise ValueError(value)
        if round(len(value) ** 0.5) ** 2 != len(value):
            raise ValueError(value)
        return tuple(Rule(float, -LARGEST, LARGEST).nearest(number) for number in value)


@dataclass(frozen=True)
class Bench:
    """A kernel (row by row) and how it is moved; `colour` gives a grey picture three equal channels.

    `groups` "one" adds all channels up to one map, "each" gives every channel a map of its own.
    """

    kind: Literal["bench"] = kind("bench")
    kernel: tuple[float, ...] = field(default=PRESETS["vertical"], metadata={"rule": _Kernel(tuple)})
    bias: float = real(0.0, -LARGEST, LARGEST)
    stride: int = whole(1, 1, 4)
    padding: int = whole(1, 0, 6)
    dilation: int = whole(1, 1, 4)
    groups: str = choice("one", "one", "each")
    colour: bool = switch(False)

    @property
    def size(self) -> int:
        """The side of the kernel."""
        return round(len(self.kernel) ** 0.5)


def resize_kernel(kernel: tuple[float, ...], size: int) -> tuple[float, ...]:
    """Return a kernel of another side: cut off around its middle, or with zeros around it."""
    before = round(len(kernel) ** 0.5)
    shift = (size - before) // 2
    return tuple(kernel[(row - shift) * before + column - shift]
                 if 0 <= row - shift < before and 0 <= column - shift < before else 0.0
                 for row in range(size) for column in range(size))


def check_bench(bench: Bench, side: int) -> None:
    """Raise SpecError where the stamp does not fit on a picture with that side, with what would help."""
    span, room = bench.dilation * (bench.size - 1) + 1, side + 2 * bench.padding
    if span > room:
        raise SpecError("bench.kernel", N_("The stamp covers {span} pixels, but the picture with its padding has only "
                                           "{room}. Use a smaller kernel, less dilation or more padding."),
                        span=span, room=room)
