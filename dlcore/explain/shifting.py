"""What becomes of the maps and of the reading when the picture is moved or its pixels change places."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from dlcore.data import images
from dlcore.explain.filter_jobs import unnormalise
from dlcore.explain.layer_walk import array
from dlcore.explain.question import batch_size
from dlcore.explain.snapshot import Snapshot, load
from dlcore.explain.taps import capture
from dlcore.models.build import build
from dlcore.specs.convolution import MOST_SHIFT
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import MLP, Network
from dlcore.specs.receptive import Reach, reaches
from dlcore.specs.training import Training
from dlcore.training.evaluation import Evaluator
from dlcore.training.tasks import scores
from dlcore.training.trainer import Trainer
from dlcore.training.work import Work

SHOWN = 8  # maps of a layer
DIGITS = 6_000
LOOK_DIGITS = 1_000  # held-out digits, the same for all
LOOK_STEPS = 12
LEARNERS = {  # (convolution?, shuffled?)
    "conv": (True, False), "conv_shuffled": (True, True), "dense": (False, False), "dense_shuffled": (False, True)}


def shift(inputs: Tensor, right: int, lower: int, empty: Tensor) -> Tensor:
    """Return pictures (batch, channels, side, side) moved; `empty` (1, channels, 1, 1) fills what comes in."""
    side = inputs.shape[-1]
    moved = empty.expand_as(inputs).clone()
    to, source = (_windows(side, way) for way in ((lower, right), (-lower, -right)))
    moved[..., to[0], to[1]] = inputs[..., source[0], source[1]]
    return moved


def _windows(side: int, way: tuple[int, int]) -> list[slice]:
    """Return the rows and columns to which something moved on a square comes."""
    return [slice(max(by, 0), side + min(by, 0)) for by in way]


def show_shift(snapshot: Snapshot, request: dict) -> dict:
    """Return what a network makes of "image" and of the same picture moved by "right" and "lower" pixels of its input.

    "layers": of each one with maps its name, by how many places its map should move ("moves", None where that is no
    whole number), how far it is from exactly that ("difference", a share of its largest number, over the units that
    see nothing of the edge; None where there are none), and "share", how many units those are. "maps": the first maps
    of "layer" before and after; "pictures" before and after as uint8; "scores" before and after.
    """
    right, lower, chosen = request["right"], request["lower"], request["layer"]
    inputs = snapshot.inputs(torch.from_numpy(np.ascontiguousarray(request["image"][None])))
    black = snapshot.inputs(torch.zeros((1, *request["image"].shape), dtype=torch.uint8))[:, :, :1, :1]
    both = torch.cat([inputs, shift(inputs, right, lower, black)])
    seen = reaches(snapshot.experiment.network, snapshot.experiment.data)
    made = capture(snapshot.module, list(seen), both)
    layers = [{"name": name} | compare(made[name], reach, right, lower, inputs.shape[-1])
              for name, reach in seen.items()]
    chosen = chosen if chosen in seen else next(iter(seen), None)
    return {"layers": layers, "layer": chosen, "pictures": unnormalise(snapshot, both),
            "maps": array(made[chosen][:, :SHOWN]) if chosen else np.zeros((2, 0, 1, 1), np.float32),
            "scores": scores(made[""], snapshot.experiment.training.loss).numpy()}


def compare(maps: Tensor, reach: Reach, right: int, lower: int, side: int) -> dict:
    """Return how maps (2, channels, height, width) of a picture and of the same one moved go together."""
    if right % reach.jump or lower % reach.jump:
        return {"moves": None, "difference": None, "share": 0.0}
    moves, high = (right // reach.jump, lower // reach.jump), maps.shape[-1]
    first = torch.arange(high) * reach.jump + reach.start
    inside = (first >= 0) & (first + reach.size <= side)
    before, after = maps
    moved, there = torch.full_like(before, torch.nan), torch.zeros(high, high, dtype=torch.bool)
    to, source = (_windows(high, way) for way in (moves[::-1], (-moves[1], -moves[0])))
    if all(abs(by) < high for by in moves):
        moved[:, to[0], to[1]] = before[:, source[0], source[1]]
        there[to[0], to[1]] = (inside[:, None] & inside)[source[0], source[1]]
    there &= inside[:, None] & inside
    if not there.any():
        return {"moves": moves, "difference": None, "share": 0.0}
    distance = (after - moved)[:, there].abs().max() / maps.abs().max().clamp(min=1e-12)
    return {"moves": moves, "difference": distance.item(), "share": there.float().mean().item()}


class ShiftScores(Work):
    """The score of each class for the picture moved to every side: "scores" (17, 17, classes), rows downwards."""

    def run(self) -> Iterator[float]:
        """Yield after every few pictures."""
        snapshot, image = load(self.request["model"], self.home), self.request["image"]
        inputs = snapshot.inputs(torch.from_numpy(np.ascontiguousarray(image[None])))
        black = snapshot.inputs(torch.zeros((1, *image.shape), dtype=torch.uint8))[:, :, :1, :1]
        steps = range(-MOST_SHIFT, MOST_SHIFT + 1)
        places = [(lower, right) for lower in steps for right in steps]
        size = min(17, batch_size(snapshot))
        found = np.full((len(places), snapshot.experiment.data.classes), np.nan, np.float32)
        for start in range(0, len(places), size):
            part = places[start:start + size]
            moved = torch.cat([shift(inputs, right, lower, black) for lower, right in part])
            found[start:start + size] = self._read(snapshot, moved)
            self.result = {"scores": found.reshape(len(steps), len(steps), -1)}
            yield (start + len(part)) / len(places)

    @torch.inference_mode()
    def _read(self, snapshot: Snapshot, inputs: Tensor) -> np.ndarray:
        return scores(snapshot.module(inputs), snapshot.experiment.training.loss).numpy()


class Locality(Work):
    """Four trainings side by side: a convolutional and a fully connected network, on pictures and on shuffled ones.

    Its result holds for each of LEARNERS its accuracy on the same 1,000 held-out digits so far, float32 (2, points):
    steps over shares.
    """

    def run(self) -> Iterator[float]:
        """Yield after every step of one of them."""
        trainers = {name: Trainer(locality_experiment(*kind)) for name, kind in LEARNERS.items()}
        points: dict[str, list] = {name: [] for name in LEARNERS}
        total = next(iter(trainers.values())).total_steps
        for step in range(total + 1):
            for name, trainer in trainers.items():
                if step % LOOK_STEPS == 0 or step == total:
                    points[name].append((step, measure(trainer)))
                    self.result = {key: np.array(found, np.float32).reshape(-1, 2).T for key, found in points.items()}
                while trainer.step <= step < total:
                    trainer.advance(0)
                    yield step / (total + 1)
                trainer.take_events()


def measure(trainer: Trainer) -> float:
    """Return the share of LOOK_DIGITS held-out digits that a training's network reads right now."""
    test = images.load(trainer.experiment.data.dataset)
    chosen = images.held_out(len(test.test_labels))[:LOOK_DIGITS]
    pictures, labels = (torch.from_numpy(part[chosen]) for part in (test.test_images, test.test_labels))
    *_parts, found = Evaluator(trainer.experiment, pictures, labels).run(trainer.module, trainer.precision)
    return found.accuracy


def locality_experiment(convolution: bool, shuffled: bool) -> Experiment:
    """Return one of the four experiments: 6,000 digits, three epochs; they differ in nothing else."""
    usual = Experiment(data=ImageData(train_size=DIGITS, shuffled=shuffled),
                       training=Training(epochs=3, learning_rate=0.005))
    return usual if convolution else replace(usual, network=Network(blocks=MLP))


def show_shuffled(snapshot: None, request: dict) -> dict:
    """Return some test digits as they are and shuffled, as the networks of Locality get them: uint8 (n, 28, 28)."""
    test = torch.from_numpy(images.load_test("mnist").test_images[: request.get("count", 6)])
    made = {}
    for name, shuffled in (("before", False), ("after", True)):
        experiment = locality_experiment(True, shuffled)
        snapshot = Snapshot(experiment, build(experiment.network, experiment.data, 0), 0)
        made[name] = unnormalise(snapshot, snapshot.inputs(test))
    return made


QUESTIONS = {"shift": show_shift, "shuffled": show_shuffled}
JOBS = {"shift_scores": ShiftScores, "locality": Locality}
