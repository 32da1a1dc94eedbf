"""What the first part of the Diffusion page is about: a picture, a noise schedule, and a time between both ends."""

from dataclasses import dataclass, field
from typing import Literal

from dlcore.specs.fields import choice, kind, whole
from dlcore.specs.subject import Subject

STEPS = 1000  # of the way from a picture to noise
SCHEDULES = ("linear", "cosine", "sigmoid", "flow")  # the paths of dlcore.diffusion.schedules


@dataclass(frozen=True)
class Noising:
    """The picture that is noised and how: `t` of the STEPS have been taken, `seed` draws the noise."""

    kind: Literal["noising"] = kind("noising")
    subject: Subject = field(default_factory=Subject)
    schedule: str = choice("cosine", *SCHEDULES)
    t: int = whole(380, 0, STEPS)
    seed: int = whole(0, 0, 2**31 - 1)
