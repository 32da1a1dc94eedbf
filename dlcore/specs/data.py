"""What a run learns from."""

from dataclasses import dataclass, field
from typing import Literal

from dlcore.specs.fields import Rule, choice, kind, real, whole

CLASSES = 10
DATASETS = ("mnist", "fashion_mnist")
DIGITS = 60_000        # training pictures of each data set
MOST_LEFT_OUT = 100    # so that a link still holds them


@dataclass(frozen=True)
class Augment:
    """How each training picture is changed, anew in every epoch; 0 leaves it alone."""

    kind: Literal["augment"] = kind("augment")
    rotation: float = real(0.0, 0, 45, unit="°")
    brightness: float = real(0.0, 0, 0.9)
    contrast: float = real(0.0, 0, 0.9)
    shift: float = real(0.0, 0, 8, unit="px")
    scale: float = real(0.0, 0, 0.5)
    thickness: float = real(0.0, 0, 1)

    @property
    def active(self) -> bool:
        """Whether anything is changed at all."""
        return self != Augment()


@dataclass(frozen=True)
class ImageData:
    """Pictures with ten classes, and how they are given to the network.

    Of the `train_size` training pictures those whose numbers are in `without` are left out.
    """

    kind: Literal["images"] = kind("images")
    dataset: str = choice("mnist", *DATASETS)
    train_size: int = whole(DIGITS, 500, DIGITS)
    size: int = choice(28, 20, 24, 28, 32, 40, 48)
    channels: int = choice(1, 1, 3)
    augment: Augment = field(default_factory=Augment)
    without: tuple[int, ...] = field(
        default=(), metadata={"rule": Rule(int, 0, DIGITS - 1, length=(0, MOST_LEFT_OUT))})

    @property
    def count(self) -> int:
        """How many training pictures the network learns from."""
        return self.train_size - len(set(self.without))
