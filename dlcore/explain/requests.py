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
from dlcore.explain.backprop import explain_backprop
from dlcore.explain.convolution import QUESTIONS as CONVOLUTION
from dlcore.explain.diffusion import DIFFUSION
from dlcore.explain.familiarity import read_and_compare
from dlcore.explain.feature_maps import convolution_maps, first_filters
from dlcore.explain.gradient_health import measure_gradients
from dlcore.explain.neighbours import find_neighbours
from dlcore.explain.neuron import see_neuron, see_planes, see_softmax
from dlcore.explain.plane import show_frame, show_map, show_points
from dlcore.explain.recurrent import RECURRENT
from dlcore.explain.saliency_jobs import QUESTIONS
from dlcore.explain.shifting import QUESTIONS as SHIFTING
from dlcore.explain.snapshot import Snapshot
from dlcore.explain.transformer.requests import TRANSFORMER
from dlcore.specs import codec

Answer = dict


def read_pictures(snapshot: Snapshot, request: dict) -> Answer:
    """Return class scores for "images", uint8 (pictures, side, side) or (pictures, side, side, 3).

    With "compare" also the share of test pictures that are "nearer" to what was learned than the first of them (None
    where that cannot be said), and whether it is still "measuring" that: ask again.
    """
    if not request.get("compare"):
        return {"scores": _read(snapshot, request["images"]), "step": snapshot.step}
    pictures = torch.from_numpy(np.ascontiguousarray(request["images"]))
    scores, nearer, measuring = read_and_compare(snapshot, pictures)
    return {"scores": scores.numpy(), "step": snapshot.step, "nearer": nearer, "measuring": measuring}


def show_moment(snapshot: Snapshot, request: dict) -> Answer:
    """Return what a snapshot makes of "image", a uint8 picture: scores, first filters, first layers' maps."""
    image = request["image"]
    return {"scores": _read(snapshot, image[None])[0], "step": snapshot.step, "filters": first_filters(snapshot),
            "maps": convolution_maps(snapshot, image)}


def augment_samples(snapshot: None, request: dict) -> Answer:
    """Return training pictures before and after the augmentation of "spec" (a plain Experiment), as uint8."""
    spec = codec.from_dict(request["spec"]).data
    pictures = images.load(spec.dataset).train_images
    before = pictures[(np.arange(request.get("count", 8)) * 7 + 1) % len(pictures)]
    after = augment(pictures_of(torch.from_numpy(before)), spec.augment, before.shape[-1],
                    generator(request.get("seed", 0), "augment samples"))
    return {"before": before, "after": (_as_images(after) * 255).round().byte().numpy()}


def show_neighbours(snapshot: None, request: dict) -> Answer:
    """Return the "count" training pictures of "dataset" nearest to "image": indices, distances, labels, pictures."""
    return asdict(find_neighbours(request["image"], request["dataset"], request["count"]))


def walk_backprop(snapshot: None, request: dict) -> Answer:
    """Return all numbers of a pass through the network of "spec" (a plain Backprop); "checked" adds the comparison."""
    return explain_backprop(codec.from_dict(request["spec"], "backprop"), request.get("checked", False))


def show_gradient_health(snapshot: None, request: dict) -> Answer:
    """Return the size of the gradient in each layer of the stack of sigmoids, and with the "cure"."""
    seed = request.get("seed", 0)
    return {"plain": measure_gradients("none", seed), "cured": measure_gradients(request["cure"], seed)}


def show_neuron(snapshot: None, request: dict) -> Answer:
    """Return what "neuron" (a plain specs.neuron.Neuron) does with its inputs, or a softmax with its logits."""
    spec = codec.from_dict(request["neuron"], "neuron")
    return see_softmax(spec) if spec.activation == "softmax" else see_neuron(spec)


def show_planes(snapshot: None, request: dict) -> Answer:
    """Return what "neuron" answers over the plane of its two inputs with each of "functions"."""
    return {"planes": see_planes(codec.from_dict(request["neuron"], "neuron"), tuple(request["functions"]))}


def _as_images(pictures: torch.Tensor) -> torch.Tensor:
    """Return pictures (batch, colours, side, side) as (batch, side, side) or (batch, side, side, 3)."""
    return pictures[:, 0] if pictures.shape[1] == 1 else pictures.permute(0, 2, 3, 1)


def _read(snapshot: Snapshot, pictures: np.ndarray) -> np.ndarray:
    return snapshot.read(torch.from_numpy(np.ascontiguousarray(pictures))).numpy()


REQUESTS: dict[str, Callable[[Snapshot | None, dict], Answer]] = {
    "read": read_pictures, "moment": show_moment, "augmented": augment_samples,
    "neighbours": show_neighbours, "backprop": walk_backprop, "gradient_health": show_gradient_health,
    "neuron": show_neuron, "neuron_planes": show_planes, **QUESTIONS,
    "plane_frame": show_frame, "plane_map": show_map, "plane_points": show_points,
    **RECURRENT, **CONVOLUTION, **SHIFTING, **TRANSFORMER, **DIFFUSION,
}
