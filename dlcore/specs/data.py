"""What a run learns from."""

from dataclasses import dataclass, field
from typing import Literal

from dlcore.specs.fields import choice, kind, real, whole

CLASSES = 10
DATASETS = ("mnist", "fashion_mnist")


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
    """Pictures with ten classes, and how they are given to the network."""

    kind: Literal["images"] = kind("images")
    dataset: str = choice("mnist", *DATASETS)
    train_size: int = whole(60_000, 500, 60_000)
    size: int = choice(28, 20, 24, 28, 32, 40, 48)
    channels: int = choice(1, 1, 3)
    augment: Augment = field(default_factory=Augment)
