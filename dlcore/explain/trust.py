"""How far a map can be trusted: does it need the trained network, does it foretell the score, does it add up?"""

import copy
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from captum.metrics import infidelity, sensitivity_max
from torch import Tensor

from dlcore.errors import EngineError
from dlcore.explain.attribution import SEED, attribute, drawn
from dlcore.explain.question import Question
from dlcore.explain.sheet import attribute_in_turns
from dlcore.explain.snapshot import Snapshot
from dlcore.seeds import derive
from dlcore.specs.model import Network, named_blocks
from dlcore.specs.saliency import PROMISES, SLOPES

DRAWS = 3            # times that the layers are randomised, each with other weights
SAMPLES = 200        # random removals by which a map is tested, and noisy copies of a picture
NUDGES = 6           # nearby pictures
RADIUS = 0.02        # how far they are, of the range from black to white
SOBEL = ((1.0, 0.0, -1.0), (2.0, 0.0, -2.0), (1.0, 0.0, -1.0))


@dataclass(frozen=True, eq=False)
class Stage:
    """A map after some layers were randomised: which draw, how many layers from the top, and what it became."""

    draw: int
    depth: int
    values: np.ndarray


def layers_from_top(network: Network) -> list[tuple[str, ...]]:
    """Return the layers with weights from the last to the first, each with the batch norms that follow it."""
    groups: list[list[str]] = []
    for name, block in named_blocks(network.blocks):
        if block.kind in ("conv", "linear"):
            groups.append([name])
        elif block.kind == "batch_norm":
            groups.append([name]) if not groups else groups[-1].append(name)
    return [tuple(group) for group in reversed(groups)]


def randomise_cascade(question: Question, method: str, draws: int = DRAWS) -> Iterator[Stage | None]:
    """Yield the map again and again while the layers are randomised one after the other, from the top; None between.

    Each layer gets weights as a new network would have, and all above it stay random (arXiv 1810.03292). A map that
    does not fit the random network any more is all zero.
    """
    groups = layers_from_top(question.snapshot.experiment.network)
    for draw in range(draws):
        own = question.snapshot
        module = copy.deepcopy(own.module)
        for depth, names in enumerate(groups, start=1):
            with drawn(derive(SEED, "cascade", draw, depth)):
                for name in names:
                    module.get_submodule(name).reset_parameters()
            random = replace(question, snapshot=Snapshot(own.experiment, module, own.step))
            values = yield from map_or_nothing(random, method)
            yield Stage(draw, depth, values)


def map_or_nothing(question: Question, method: str) -> Generator[None, None, np.ndarray]:
    """Return a method's map, all zero where it does not fit the weights; what takes long yields in between."""
    try:
        return np.nan_to_num((yield from attribute_in_turns(question, method)))
    except EngineError:
        return np.zeros(question.picture.shape[2:], np.float32)


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return Spearman's rank correlation of two maps, equal values sharing their mean rank; 0 where one is even."""
    ranks = [_rank(values.ravel()) for values in (one, other)]
    ranks = [rank - rank.mean() for rank in ranks]
    length = np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum())
    return float(ranks[0] @ ranks[1] / length) if length > 0 else 0.0


def _rank(values: np.ndarray) -> np.ndarray:
    _distinct, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    return ((last - counts + last - 1) / 2)[places]


def find_edges(question: Question) -> np.ndarray:
    """Return how steep the picture itself is at each pixel (Sobel), which no network has anything to do with."""
    kernel = torch.tensor(SOBEL)
    pair = torch.stack([kernel, kernel.T])[:, None]
    slopes = F.conv2d(F.pad(question.picture.mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate"), pair)
    return slopes.square().sum(1).sqrt()[0].numpy()


def check_sum(question: Question, method: str, values: np.ndarray) -> dict | None:
    """Return what a map adds up to beside what it promises, and the method; None where it promises nothing.

    GradientShap goes from digits to noisy copies of the picture: it promises the mean change between those.
    """
    if method not in PROMISES:
        return None
    promise = promise_of_noise(question) if method == "gradient_shap" else question.promise()
    return {"method": method, "sum": float(values.sum()), "promise": promise}


def promise_of_noise(question: Question) -> float:
    """Return the mean score of noisy copies of the picture, without that of the training digits compared with."""
    with drawn(derive(SEED, "noise")):
        noisy = torch.normal(question.picture.expand(SAMPLES, -1, -1, -1), question.settings.noise * question.range)
    return (question.scores(noisy).mean() - question.scores(question.references).mean()).item()


def measure_infidelity(question: Question, method: str, values: np.ndarray) -> float:
    """Return the mean squared error with which a map foretells how the score changes when random squares are removed.

    The map's scale is free (arXiv 1901.09392); for a map of zeros it is the mean squared change itself.
    """
    channels = question.picture.shape[1]
    shares = torch.from_numpy(values)[None, None].expand_as(question.picture) / channels
    squares, amount = question.superpixels, int(question.superpixels.max()) + 1

    def remove(pictures: Tensor, baselines: Tensor) -> tuple[Tensor, Tensor]:
        taken = torch.rand(len(pictures), amount) < 0.5
        gone = taken[:, squares[0, 0]][:, None].expand_as(pictures)
        removed = torch.where(gone, baselines, pictures)
        return (pictures - removed if method in SLOPES else gone.float()), removed

    with drawn(SEED), torch.no_grad():
        found = infidelity(question.snapshot.module, remove, question.picture, shares, question.baseline,
                           target=question.target, n_perturb_samples=SAMPLES,
                           max_examples_per_batch=min(question.at_once, SAMPLES), normalize=bool(values.any()))
    return float(found)


def measure_sensitivity(question: Question, method: str) -> float:
    """Return how much the map changes at most, relative to its size, for pictures that look the same to the eye.

    arXiv 1901.09392; of NUDGES pictures, each pixel moved by at most RADIUS of the range.
    """
    def explain(pictures: Tensor | tuple[Tensor, ...]) -> Tensor:
        picture = pictures[0] if isinstance(pictures, tuple) else pictures
        return torch.from_numpy(attribute(replace(question, picture=picture), method))[None, None]

    with drawn(SEED):
        found = sensitivity_max(explain, question.picture, perturb_radius=RADIUS * question.range,
                                n_perturb_samples=NUDGES, max_examples_per_batch=1)
    return float(torch.nan_to_num(found, posinf=0.0))
