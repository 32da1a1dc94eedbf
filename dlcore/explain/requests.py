"""What the explainer answers: short questions about a snapshot, with plain values and arrays.

A request is a dict: its "kind" names the function here, its "model" the snapshot (see dlcore.explain.snapshot.load);
the rest is the function's own. Kinds without a "model" get None.
"""

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import torch

from dlcore.data import images
from dlcore.data.augment import augment
from dlcore.data.batches import generator, pictures_of
from dlcore.explain.feature_maps import convolution_maps, first_filters
from dlcore.explain.neighbours import find_neighbours
from dlcore.explain.snapshot import Snapshot
from dlcore.specs import codec

Answer = dict


def read_pictures(snapshot: Snapshot, request: dict) -> Answer:
    """Return class scores for "images", uint8 (pictures, 28, 28)."""
    return {"scores": _read(snapshot, request["images"]), "step": snapshot.step}


def show_moment(snapshot: Snapshot, request: dict) -> Answer:
    """Return what a snapshot makes of "image", uint8 (28, 28): scores, first filters and the first layers' maps."""
    image = request["image"]
    return {"scores": _read(snapshot, image[None])[0], "step": snapshot.step, "filters": first_filters(snapshot),
            "maps": convolution_maps(snapshot, image)}


def augment_samples(snapshot: None, request: dict) -> Answer:
    """Return training pictures before and after the augmentation of "data" (a plain ImageData), as uint8."""
    spec = codec.from_dict({"data": request["data"]}).data
    chosen = np.arange(request.get("count", 8)) * 7 + 1
    before = images.load(spec.dataset).train_images[chosen]
    after = augment(pictures_of(torch.from_numpy(before)), spec.augment, before.shape[-1],
                    generator(request.get("seed", 0), "augment samples"))
    return {"before": before, "after": (after[:, 0] * 255).round().byte().numpy()}


def show_neighbours(snapshot: None, request: dict) -> Answer:
    """Return the "count" training pictures of "dataset" nearest to "image": indices, distances, labels, pictures."""
    return asdict(find_neighbours(request["image"], request["dataset"], request["count"]))


def _read(snapshot: Snapshot, pictures: np.ndarray) -> np.ndarray:
    return snapshot.read(torch.from_numpy(np.ascontiguousarray(pictures))).numpy()


REQUESTS: dict[str, Callable[[Snapshot | None, dict], Answer]] = {
    "read": read_pictures, "moment": show_moment, "augmented": augment_samples,
    "neighbours": show_neighbours,
}
