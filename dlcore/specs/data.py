"""What a run learns from."""

from dataclasses import dataclass, field
from typing import Literal

from dlcore.seeds import derive
from dlcore.specs.datasets import DATASETS, OWN, DataSet, describe
from dlcore.specs.fields import Rule, choice, kind, real, switch, whole

MOST = 124_800       # training pictures
MOST_LEFT_OUT = 100  # so that a link still holds them
MOST_AGAIN = 200


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
    """Pictures of a data set, and how they are given to the network; one with fewer than `train_size` gives all.

    Of these the training pictures whose numbers are in `without` are left out. `shuffled` ones have their pixels in
    another order, the same for every picture: what was side by side no longer is.
    Those whose numbers are in `again` have more weight: they are shown `times` times an epoch.
    """

    kind: Literal["images"] = kind("images")
    dataset: str = choice("mnist", *DATASETS, pattern=OWN.pattern)
    train_size: int = whole(60_000, 500, MOST)
    size: int = choice(28, 20, 24, 28, 32, 40, 48)
    channels: int = choice(1, 1, 3)
    augment: Augment = field(default_factory=Augment)
    shuffled: bool = switch(False)
    without: tuple[int, ...] = field(
        default=(), metadata={"rule": Rule(int, 0, MOST - 1, length=(0, MOST_LEFT_OUT))})
    again: tuple[int, ...] = field(default=(), metadata={"rule": Rule(int, 0, MOST - 1, length=(0, MOST_AGAIN))})
    times: int = whole(10, 2, 50)

    @property
    def told(self) -> DataSet:
        """What is known of the data set."""
        return describe(self.dataset)

    @property
    def classes(self) -> int:
        """The number of classes."""
        return len(self.told.classes)

    @property
    def examples(self) -> int:
        """The number of training pictures, those among them that are left out."""
        return min(self.train_size, self.told.train)

    @property
    def count(self) -> int:
        """The number of training pictures that the network learns from."""
        return self.examples - len(set(self.without))

    @property
    def shown(self) -> int:
        """The number of pictures that an epoch shows: those with more weight come more than once."""
        return self.count + (self.times - 1) * len(set(self.again) - set(self.without))


def shuffle_seed(size: int) -> int:
    """Return the seed of the order in which the pixels of shuffled pictures stand, by the side of the picture."""
    return derive(0, "shuffled pixels", size)
