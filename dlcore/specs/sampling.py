"""What the Diffusion page has drawn out of noise: of what, by which sampler, in how many steps, from which noise."""

from dataclasses import dataclass, field
from typing import Any, Literal

from dlcore.specs.fields import Rule, choice, kind, real, whole

SAMPLERS = ("euler", "heun", "ddim", "ddpm", "dpm_solver")
COUNTS = (1, 4, 16)
MOST_LETTERS = 200


class _Text(Rule):
    """A text of at most MOST_LETTERS letters, without what would break a line."""

    def nearest(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(value)
        return " ".join(value.split())[:MOST_LETTERS]


@dataclass(frozen=True)
class Sampling:
    """What is asked of a denoiser: `digit` where it knows classes (10 is any), `prompt` where it reads words.

    `guidance` 1 is the condition alone; `against` is a negative prompt; `seed` draws the noise that it begins with.
    """

    kind: Literal["sampling"] = kind("sampling")
    digit: int = whole(7, 0, 10)
    prompt: str = field(default="a thick right slanted seven", metadata={"rule": _Text(str)})
    against: str = field(default="", metadata={"rule": _Text(str)})
    sampler: str = choice("euler", *SAMPLERS)
    steps: int = whole(20, 1, 1000)
    guidance: float = real(2.0, 0, 10)
    eta: float = real(0.0, 0, 1)
    pictures: int = choice(4, *COUNTS)
    seed: int = whole(0, 0, 2**31 - 1)
