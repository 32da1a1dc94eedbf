"""The data sets of pictures, and what is known of each before its pictures are there.

A visitor's own pictures are a data set too: its name says how many classes and pictures it has, and which they are.
"""

import re
from dataclasses import dataclass

from dlcore.errors import N_, SpecError

GREY = (0.299, 0.587, 0.114)  # what red, green and blue give to a grey picture (ITU-R BT.601, as in Pillow)
OWN = re.compile(r"own-([2-9]|1[0-9]|20)-([1-9][0-9]{0,3})-([1-9][0-9]{0,3})-[0-9a-f]{16}")
OWN_SIDE = 48  # pixels of an own picture as it is kept
MOST_CLASSES = 43
HELD_OUT = 2_000  # test pictures, at most, on which a run is measured while it trains


@dataclass(frozen=True)
class DataSet:
    """A data set: its classes, the side and colours of its pictures, and how many there are to train and to test.

    `mean` and `deviation` are those of the training pictures in 0..1, by colour. `drawn` says that the pictures are
    single light strokes on black, so that a drawing is one too. `megabytes` are those of the archives to fetch.
    """

    classes: tuple[str, ...]
    side: int
    channels: int
    train: int
    test: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    drawn: bool = False
    megabytes: int = 0


FASHION = (N_("T-shirt"), N_("Trouser"), N_("Pullover"), N_("Dress"), N_("Coat"), N_("Sandal"), N_("Shirt"),
           N_("Sneaker"), N_("Bag"), N_("Ankle boot"))
THINGS = (N_("Aeroplane"), N_("Car"), N_("Bird"), N_("Cat"), N_("Deer"), N_("Dog"), N_("Frog"), N_("Horse"), N_("Ship"),
          N_("Lorry"))
SIGNS = (
    *(f"{limit} km/h" for limit in (20, 30, 50, 60, 70, 80)), N_("End of 80 km/h"), "100 km/h", "120 km/h",
    N_("No overtaking"), N_("No overtaking, lorries"), N_("Right of way here"), N_("Priority road"), N_("Give way"),
    N_("Stop sign"), N_("No vehicles"), N_("No lorries"), N_("No entry"), N_("Danger"), N_("Bend to the left"),
    N_("Bend to the right"), N_("Double bend"), N_("Bumpy road"), N_("Slippery road"), N_("Narrows on the right"),
    N_("Road works"), N_("Traffic lights"), N_("Pedestrians"), N_("Children"), N_("Bicycles"), N_("Ice or snow"),
    N_("Wild animals"), N_("End of all limits"), N_("Turn right"), N_("Turn left"), N_("Straight on"),
    N_("Straight or right"), N_("Straight or left"), N_("Keep right"), N_("Keep left"), N_("Roundabout"),
    N_("End of no overtaking"), N_("End of no overtaking, lorries"),
)
_CIFAR = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
_GTSRB = (0.3403, 0.3121, 0.3214), (0.2724, 0.2608, 0.2669)
DATASETS = {
    "mnist": DataSet(tuple("0123456789"), 28, 1, 60_000, 10_000, (0.1307,), (0.3081,), True),
    "fashion_mnist": DataSet(FASHION, 28, 1, 60_000, 10_000, (0.2860,), (0.3530,), True),
    "kmnist": DataSet(("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"), 28, 1, 60_000, 10_000, (0.1918,),
                      (0.3483,), True, 21),
    "emnist_letters": DataSet(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 28, 1, 124_800, 20_800, (0.1722,), (0.3309,), True,
                              562),
    "cifar10": DataSet(THINGS, 32, 3, 50_000, 10_000, *_CIFAR, megabytes=171),
    "gtsrb": DataSet(SIGNS, 48, 3, 26_640, 12_630, *_GTSRB, megabytes=277),
}


def describe(name: str) -> DataSet:
    """Return what is known of a data set; SpecError where there is none of that name."""
    if name in DATASETS:
        return DATASETS[name]
    if isinstance(name, str) and (told := OWN.fullmatch(name)):
        classes, train, test = map(int, told.groups())
        numbered = tuple(map(str, range(1, classes + 1)))
        return DataSet(numbered, OWN_SIDE, 3, train, test, (0.5,) * 3, (0.25,) * 3)
    raise SpecError("data.dataset", N_("There is no data set named {name}. There are {names}."), name=name,
                    names=", ".join(DATASETS))


def is_own(name: str) -> bool:
    """Whether a data set is of a visitor's own pictures."""
    return OWN.fullmatch(name) is not None


def normalisation(name: str, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return what is taken off each channel and what it is divided by, as a network with so many channels gets it."""
    data = describe(name)
    if data.channels == channels:
        return data.mean, data.deviation
    if channels == 1:
        return tuple((round(sum(share * value for share, value in zip(GREY, values, strict=True)), 4),)
                     for values in (data.mean, data.deviation))
    return data.mean * channels, data.deviation * channels
