"""How far what a network is shown lies from what it has learned from, as a share of the test pictures.

Compared is what its dense layers are given, each layer's numbers scaled to length 1: there a network keeps what it
needs to tell its classes apart. The distance is that to the fifth nearest of 2,000 training pictures, along the 128
main directions of these and to what lies outside them (k nearest neighbours in normalised features, as Sun et al.
2022). It is said as the share of test pictures that are nearer. It is a measure and no proof: what looks like a digit
to the network is near, whatever it was meant to be.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from dlcore.data import images
from dlcore.data.batches import choose_part, generator
from dlcore.explain.pretrained import FOLDER
from dlcore.explain.snapshot import Snapshot

KNOWN = 2_000    # training pictures that are compared with
FIRST = 512      # of them, those that the main directions are found with
DIRECTIONS = 128
NEAREST = 5
MEASURED = 1_000  # test pictures that say which distance is usual
LEAST = 100      # of either: fewer say nothing
BATCH = 25       # pictures at a time, so that a question need not wait
MOST_WAITING = 8
FILE = "digits_reference.safetensors"


@dataclass(frozen=True, eq=False)
class Reference:
    """What a network's dense layers are given for training pictures, and how far test pictures lie from that."""

    middle: Tensor      # (features,): the mean of the training pictures
    directions: Tensor  # (features, directions): the main ones, each of length 1
    known: Tensor       # (pictures, directions): training pictures along them
    usual: Tensor       # (test pictures,): their distances, rising

    def distance(self, features: Tensor) -> Tensor:
        """Return how far features (batch, features) lie from the training pictures (batch,)."""
        off = features - self.middle
        along = off @ self.directions
        outside = (off.square().sum(1) - along.square().sum(1)).clamp(min=0)
        near = torch.cdist(along, self.known).topk(min(NEAREST, len(self.known)), largest=False).values[:, -1]
        return (near.square() + outside).sqrt()

    def share_nearer(self, features: Tensor) -> Tensor:
        """Return the share of test pictures that lie nearer than features (batch, features) do."""
        return torch.searchsorted(self.usual, self.distance(features)) / len(self.usual)


class Measuring:
    """The making of a network's reference, a batch of pictures at a time."""

    def __init__(self, snapshot: Snapshot):
        self.reference: Reference | None = None
        self.finished = False
        self._snapshot = snapshot
        self._work = self._run()

    def advance(self) -> None:
        """Take one step."""
        with torch.inference_mode():
            self.finished = next(self._work, True)

    def _run(self) -> Iterator[bool]:
        train, test = _pictures(self._snapshot)
        if min(len(train), len(test)) < LEAST:
            return
        first: list[Tensor] = []
        yield from self._each(train[:FIRST], first, lambda features: features)
        middle, directions = _main_directions(torch.cat(first))
        known = [(part - middle) @ directions for part in first]
        yield from self._each(train[FIRST:], known, lambda features: (features - middle) @ directions)
        found = Reference(middle, directions, torch.cat(known), torch.empty(0))
        distances: list[Tensor] = []
        yield from self._each(test, distances, found.distance)
        self.reference = replace(found, usual=torch.cat(distances).sort().values)

    def _each(self, pictures: np.ndarray, kept: list[Tensor], take: Callable[[Tensor], Tensor]) -> Iterator[bool]:
        """Keep what is taken from the features of pictures, a batch a step."""
        for start in range(0, len(pictures), BATCH):
            kept.append(take(_features_of(self._snapshot, pictures[start:start + BATCH])))
            yield False


_measured: WeakKeyDictionary[nn.Module, Measuring] = WeakKeyDictionary()


@torch.inference_mode()
def read_and_compare(snapshot: Snapshot, pictures: Tensor) -> tuple[Tensor, float | None, bool]:
    """Return the class scores of uint8 pictures, the share of test pictures that are nearer than the first of them,
    and whether that share is still being measured; None where it cannot be said (yet).
    """
    with _watched(snapshot.module) as given:
        scores = snapshot.read(pictures)
    reference, measuring = reference_of(snapshot)
    if reference is None:
        return scores, None, measuring
    return scores, float(reference.share_nearer(_join(given, 1))), False


def reference_of(snapshot: Snapshot) -> tuple[Reference | None, bool]:
    """Return a network's reference where it is measured, and whether it still is: that goes on in `measure_on`."""
    measuring = _measured.get(snapshot.module)
    if measuring is None:
        _drop_oldest()
        measuring = _measured[snapshot.module] = Measuring(snapshot)
        if (kept := open_reference(snapshot.module)) is not None:
            measuring.reference, measuring.finished = kept, True
    return measuring.reference, not measuring.finished


def _drop_oldest() -> None:
    """Make room: a network that is looked at no more is measured no more."""
    waiting = [module for module, measuring in _measured.items() if not measuring.finished]
    for module in waiting[:len(waiting) - MOST_WAITING + 1]:
        del _measured[module]


def measure_on() -> bool:
    """Take a step of the newest measurement that waits; say whether there was one."""
    waiting = [measuring for measuring in _measured.values() if not measuring.finished]
    if waiting:
        waiting[-1].advance()
    return bool(waiting)


def measure(snapshot: Snapshot) -> Reference:
    """Return a network's reference, measured now."""
    measuring = Measuring(snapshot)
    while not measuring.finished:
        measuring.advance()
    return measuring.reference


# the reference of the network that comes with the project


def keep_reference(reference: Reference, module: nn.Module, folder: Path) -> None:
    """Write the reference of the digits network, with the checksum of the weights that it belongs to."""
    held = {field.name: getattr(reference, field.name) for field in fields(Reference)}
    tensors = {name: (values if name == "usual" else values.half()).contiguous() for name, values in held.items()}
    save_file(tensors, folder / FILE, {"weights": _checksum(module)})


def open_reference(module: nn.Module, folder: Path = FOLDER) -> Reference | None:
    """Return the reference that was kept for this very network; None for any other."""
    try:
        with safe_open(folder / FILE, "pt") as opened:
            if (opened.metadata() or {}).get("weights") != _checksum(module):
                return None
            return Reference(**{name: opened.get_tensor(name).float() for name in opened.keys()})
    except (OSError, SafetensorError, TypeError):
        return None


def _checksum(module: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, values in sorted(module.state_dict().items()):
        digest.update(name.encode() + values.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


# what a network's dense layers are given


@contextmanager
def _watched(module: nn.Module) -> Iterator[list[Tensor]]:
    """Collect what the dense layers (without any, the last layer) are given while a network runs, in their order."""
    layers = [layer for layer in module.children() if isinstance(layer, nn.Linear)] or list(module.children())[-1:]
    given: list[Tensor] = []
    hooks = [layer.register_forward_pre_hook(lambda _layer, inputs: given.append(inputs[0])) for layer in layers]
    try:
        yield given
    finally:
        for hook in hooks:
            hook.remove()


def _join(given: list[Tensor], count: int | None = None) -> Tensor:
    """Return the layers' numbers of the first pictures side by side, each layer's scaled to length 1."""
    return torch.cat([nn.functional.normalize(part[:count].flatten(1).float()) for part in given], 1)


def _features_of(snapshot: Snapshot, pictures: np.ndarray) -> Tensor:
    with _watched(snapshot.module) as given:
        snapshot.module(snapshot.inputs(torch.from_numpy(np.ascontiguousarray(pictures))))
    return _join(given)


def _main_directions(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean of features (pictures, features) and their main directions, by way of the pictures' products."""
    middle = features.mean(0)
    off = features - middle
    sizes, ways = torch.linalg.eigh(off @ off.T)
    kept = sizes > 1e-6 * sizes[-1]
    sizes, ways = sizes[kept][-DIRECTIONS:], ways[:, kept][:, -DIRECTIONS:]
    return middle, off.T @ ways / sizes.sqrt()


def _pictures(snapshot: Snapshot) -> tuple[np.ndarray, np.ndarray]:
    """Return some of the training pictures that the network learned from, and test pictures, evenly spread."""
    experiment = snapshot.experiment
    data = images.load(experiment.data.dataset)
    part = choose_part(experiment.data, len(data.train_labels), experiment.training.seed).numpy()
    part = np.setdiff1d(part, experiment.data.without)
    chosen = part[torch.randperm(len(part), generator=generator(0, "familiar")).numpy()[:KNOWN]]
    count = min(MEASURED, len(data.test_images))
    return data.train_images[chosen], data.test_images[np.arange(count) * len(data.test_images) // max(count, 1)]
