"""What the Convolution page is about: a network and a picture, and the place in it that is looked at."""

from dataclasses import dataclass, field
from typing import Literal

from dlcore.specs.fields import kind
from dlcore.specs.subject import Subject


@dataclass(frozen=True)
class Convolution:
    """The subject of the Convolution page and what is looked at in it."""

    kind: Literal["convolution"] = kind("convolution")
    subject: Subject = field(default_factory=Subject)
