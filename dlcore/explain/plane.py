"""The pictures of a playground's network: what the page shows of one moment, live or rewound, in one form.

A frame is {"step", "epoch", "sizes", "weights", "maps", "limits", "surface", "metrics"}:

    sizes     (features, neurons of each hidden layer ..., outputs)
    weights   float32 (parameters,), in the order of dlcore.specs.plane_network.parameter_names
    maps      uint8 (hidden neurons, side, side), layer by layer: what each neuron gives over the plane, behind its
              activation function; signed: 128 is zero, 255 is the neuron's limit, 1 its negative
    limits    float32 (hidden neurons,): the largest size in each neuron's map
    surface   uint8 (outputs, 100, 100). One output: signed, 128 is p = 1/2 (with cross-entropy: 255 is p = 1 of class
              1), or the output 0 (with squared error: 255 is +1 and more). More outputs: each class's score, 255 is 1
    metrics   {"train_loss", "test_loss"} and, for classes, {"train_accuracy", "test_accuracy"} in 0..1, else
              {"train_r2", "test_r2", "train_rmse", "test_rmse"}; None where there are no points, or no finite number

Pictures stand as on the screen: row 0 is the top (x2 near 6), column 0 the left (x1 near -6); a pixel is the mean over
its square. `map_side` tells the side. While a run is watched its worker sends frames, about ten a second at most; a
RunView's `frame` is the latest (None before the first), with three entries more:

    number    counts the run's frames: another number is another picture (a weight set by hand changes no step)
    gear      "kernel" or "autograd": what trains
    why       None, or why the kernel does not: {"template": a text to translate, "values": {...}}

The explainer answers (the "model" is {"run": id, "step": step, or None for live}, or {"spec": a plain spec} for the
network before its training):

    plane_frame   a frame
    plane_map     "neuron" ("2.3"), "side" (100): {"step", "map": uint8 (side, side) signed, "limit"}
    plane_points  {"step", "classes": names (() for numbers), "train": part, "test": part}, a part being {"points":
                  float32 (n, 2), "targets": uint8 classes or float32 numbers (n,), "scores": float32 (n, classes) that
                  add up to 1 with cross-entropy, or (n, 1) for numbers, "confusion": uint32 (true, read), for classes}
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dlcore.data.toy import features_of, grid
from dlcore.errors import N_, EngineError
from dlcore.models.plane import PlaneNet, build_plane
from dlcore.specs.learning import in_effect
from dlcore.specs.plane_network import neuron_names
from dlcore.specs.playground import Playground
from dlcore.training.evaluation import mode
from dlcore.training.files import Weights
from dlcore.training.plane_task import Part, PlaneTask, choose_class, scores_of
from dlcore.training.recording import Recording
from dlcore.training.report import count_confusions
from dlcore.training.state import load_weights

SURFACE = 100         # pixels along a side of the plane
SIDES = (50, 25, 20)  # of a small map; each divides SURFACE
MAP_BYTES = 52_000    # of all small maps together
MOST_SIDE = 200       # of a map that is asked for


def map_side(neurons: int) -> int:
    """Return the pixels along a side of the small maps of so many hidden neurons."""
    return next((side for side in SIDES if neurons * side * side <= MAP_BYTES), SIDES[-1])


@torch.inference_mode()
def draw_frame(net: PlaneNet, spec: Playground, step: int, epoch: float, metrics: dict) -> dict:
    """Return the frame of a network as it is now."""
    *hidden, outputs = _over_plane(net, spec, SURFACE)
    neurons = sum(map(len, hidden))
    maps, limits = _small_maps(hidden, map_side(neurons)) if hidden else _no_maps()
    weights = net.flat[: sum((inputs + 1) * outputs for inputs, outputs in zip(spec.sizes, spec.sizes[1:]))]
    return {"step": step, "epoch": epoch, "sizes": spec.sizes, "weights": weights.cpu().numpy().copy(), "maps": maps,
            "limits": limits, "surface": _surface(outputs, spec), "metrics": metrics}


def _over_plane(net: PlaneNet, spec: Playground, side: int) -> list[Tensor]:
    """Return what each layer gives (neurons, side·side) over the plane."""
    with mode(net, training=False):
        return net.trace_rows(_plane(spec.network.features, side).to(net.flat.device))


@lru_cache(maxsize=8)
def _plane(features: tuple[str, ...], side: int) -> Tensor:
    """Return the features (features, side·side) of the middles of all pixels."""
    return torch.from_numpy(features_of(grid(side), features)).T.contiguous()


def _small_maps(hidden: list[Tensor], side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return signed maps (neurons, side, side) of layers (their neurons, SURFACE·SURFACE), and the maps' limits."""
    small = torch.cat([_shrink(given, side) for given in hidden])
    limits = small.nan_to_num().abs().amax((1, 2))
    return _signed(small, limits[:, None, None]), limits.cpu().numpy()


def _shrink(given: Tensor, side: int) -> Tensor:
    """Return the means (neurons, side, side) over squares of the plane."""
    step = SURFACE // side
    rows = given.view(-1, side, step, SURFACE).sum(2)  # (neurons, side, SURFACE)
    return rows.view(-1, side, side, step).sum(3) / step**2


def _no_maps() -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((0, SIDES[0], SIDES[0]), np.uint8), np.zeros(0, np.float32)


def _signed(values: Tensor, limit: Tensor | float) -> np.ndarray:
    """Return numbers as bytes: 128 is zero (and what is no number), 255 the limit."""
    share = (values / torch.as_tensor(limit).clamp(min=1e-30)).nan_to_num().clamp(-1, 1)
    return (share * 127 + 128).round().byte().cpu().numpy()


def _surface(outputs: Tensor, spec: Playground) -> np.ndarray:
    if spec.outputs > 1:
        shares = scores_of(outputs.T, spec).nan_to_num()
        return (shares.T * 255).round().byte().cpu().numpy().reshape(-1, SURFACE, SURFACE)
    signed = 2 * outputs.sigmoid() - 1 if spec.loss == "cross_entropy" else outputs
    return _signed(signed.reshape(1, SURFACE, SURFACE), 1.0)


# what the explainer answers

@dataclass(frozen=True)
class PlaneSnapshot:
    """The network of one moment, and the spec as it stood then."""

    spec: Playground
    module: PlaneNet
    step: int
    task: PlaneTask

    @property
    def epoch(self) -> float:
        """The epochs done, with their fraction."""
        return self.step / -(-len(self.task.train.x) // self.spec.training.batch_size)


def open_snapshot(spec: Playground, weights: Weights | None, step: int, home: Path, recording: Recording | None
                  ) -> PlaneSnapshot:
    """Return the network of a spec with some weights, or (None) its initial ones."""
    if recording is not None:
        spec = in_effect(replace(spec, changes=recording.changes()), step)
    spec = replace(spec, training=replace(spec.training, device="cpu"))
    net = build_plane(spec).eval()
    if weights is not None:
        load_weights(net, weights)
    return PlaneSnapshot(spec, net, step, PlaneTask(spec, home))


def show_frame(snapshot: PlaneSnapshot, request: dict) -> dict:
    """Return the frame of a moment."""
    metrics = snapshot.task.measure(snapshot.module)
    return draw_frame(snapshot.module, snapshot.spec, snapshot.step, snapshot.epoch, metrics)


@torch.inference_mode()
def show_map(snapshot: PlaneSnapshot, request: dict) -> dict:
    """Return the map of one "neuron", "side" pixels along a side."""
    spec, side = snapshot.spec, min(int(request.get("side", SURFACE)), MOST_SIDE)
    names = neuron_names(spec.sizes, outputs=True)
    if request["neuron"] not in names:
        raise EngineError(N_("The network has no {name} there."), name=str(request["neuron"])[:20])
    given = torch.cat(_over_plane(snapshot.module, spec, side))[names.index(request["neuron"])]
    limit = given.nan_to_num().abs().max()
    return {"step": snapshot.step, "map": _signed(given.reshape(side, side), limit), "limit": limit.item()}


@torch.inference_mode()
def show_points(snapshot: PlaneSnapshot, request: dict) -> dict:
    """Return what the network makes of the points, trained on and kept back."""
    task = snapshot.task
    parts = {"train": _points(snapshot, task.train), "test": _points(snapshot, task.test)}
    return {"step": snapshot.step, "classes": task.classes, **parts}


def _points(snapshot: PlaneSnapshot, part: Part) -> dict:
    outputs = snapshot.module(part.x)
    told = {"points": part.points, "targets": part.told, "scores": scores_of(outputs, snapshot.spec).numpy()}
    if snapshot.spec.data.regression:
        return told
    read = choose_class(outputs).numpy()
    return told | {"confusion": count_confusions(part.told, read, len(snapshot.task.classes)).astype(np.uint32)}
