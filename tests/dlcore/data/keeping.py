"""Small data sets of our own making: every class has its pattern, so that a network can learn them at once."""

from dataclasses import replace

import numpy as np

from dlcore.data import images, shelf
from dlcore.specs import datasets


def make_arrays(dataset: str, train: int, test: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Return pictures of one pattern a class, with noise."""
    told, rng, arrays = datasets.describe(dataset), np.random.default_rng(seed), {}
    shape = (told.side, told.side, 3) if told.channels == 3 else (told.side, told.side)
    patterns = np.random.default_rng(5).integers(30, 226, (len(told.classes), *shape))
    for half, count in (("train", train), ("test", test)):
        labels = (np.arange(count) % len(told.classes)).astype(np.uint8)
        noisy = patterns[labels] + rng.integers(-20, 21, (count, *shape))
        arrays |= {f"{half}_images": noisy.astype(np.uint8), f"{half}_labels": labels}
    return arrays


def keep(monkeypatch, home, dataset: str, train: int, test: int) -> dict[str, np.ndarray]:
    """Put a small data set into a home that `images` then reads, under a name that has more pictures elsewhere."""
    images.keep_in(home)
    if dataset in datasets.DATASETS:
        monkeypatch.setitem(datasets.DATASETS, dataset, replace(datasets.DATASETS[dataset], train=train, test=test))
    arrays = make_arrays(dataset, train, test)
    shelf.put(dataset, arrays)
    return arrays
