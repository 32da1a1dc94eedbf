"""Attribution: what each pixel has to do with the score of a class, by Captum's methods and by two that go by layers.

Captum's are called on a copy of the network whose layers are separate modules and whose ReLUs are `nn.ReLU`, for it is
silently wrong otherwise. DeepLift and LRP walk along the layers themselves (dlcore.explain.rescale and relevance):
Captum's do not add up over two max pools, and are wrong around a layer that hands on what it is given. Which methods
fit which network says dlcore.specs.saliency.why_not.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from captum import attr
from torch import Tensor

from dlcore.errors import EngineError
from dlcore.explain.folding import fold_norms, plain_layers
from dlcore.explain.least_squares import LeastSquares
from dlcore.explain.question import Question, make_baseline
from dlcore.explain.relevance import hand_back
from dlcore.explain.rescale import rescale
from dlcore.specs.saliency import last_maps, why_not

SEED = 0  # of the methods that draw: the same question has the same answer


def attribute(question: Question, method: str) -> np.ndarray:
    """Return a method's map (side, side), float32, summed over the channels; EngineError where it does not fit."""
    if (reason := why_not(method, question.snapshot.experiment.network)) is not None:
        raise EngineError(reason[0], **reason[1])
    with drawn(SEED), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Captum's, about hooks and requires_grad
        found = METHODS[method](question)
    return found.detach().float().sum(1)[0].numpy()


@contextmanager
def drawn(seed: int) -> Iterator[None]:
    """Seed torch's and numpy's own generators, both of which Captum draws from, and put them back afterwards."""
    held, numpys = torch.get_rng_state(), np.random.get_state()
    torch.default_generator.manual_seed(seed)
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        torch.set_rng_state(held)
        np.random.set_state(numpys)


def gradient(question: Question) -> Tensor:
    """∂f/∂x (arXiv 1312.6034)."""
    return attr.Saliency(question.module).attribute(question.picture, question.target, abs=False)


def input_x_gradient(question: Question) -> Tensor:
    """x · ∂f/∂x (arXiv 1605.01713)."""
    return attr.InputXGradient(question.module).attribute(question.picture, question.target)


def integrated_gradients(question: Question) -> Tensor:
    """(x − x′) · the mean of ∂f/∂x on the way from the baseline x′ to x (arXiv 1703.01365)."""
    return attr.IntegratedGradients(question.module).attribute(
        question.picture, question.baseline, question.target, n_steps=question.settings.steps,
        internal_batch_size=max(question.at_once, 2))


def smooth_grad(question: Question) -> Tensor:
    """The mean of ∂f/∂x over noisy copies (arXiv 1706.03825)."""
    settings = question.settings
    return attr.NoiseTunnel(attr.Saliency(question.module)).attribute(
        question.picture, nt_type="smoothgrad", nt_samples=settings.samples, stdevs=settings.noise * question.range,
        nt_samples_batch_size=min(settings.samples, question.at_once), target=question.target, abs=False)


def guided_backprop(question: Question) -> Tensor:
    """The gradient, its negative parts dropped at every ReLU (arXiv 1412.6806)."""
    return attr.GuidedBackprop(question.module).attribute(question.picture, question.target)


def deconvolution(question: Question) -> Tensor:
    """The gradient, passed through each ReLU by its own sign alone (arXiv 1311.2901)."""
    return attr.Deconvolution(question.module).attribute(question.picture, question.target)


def deep_lift(question: Question) -> Tensor:
    """Differences to the baseline, handed back layer by layer: the Rescale rule (arXiv 1704.02685)."""
    question.rest()
    return rescale(plain_layers(question.snapshot.module), question.picture, question.baseline, question.target)


def gradient_shap(question: Question) -> Tensor:
    """Integrated Gradients at random places, on ways from random training digits (arXiv 1705.07874)."""
    settings = question.settings
    return attr.GradientShap(question.module).attribute(
        question.picture, question.references, settings.samples, settings.noise * question.range, question.target)


def occlusion(question: Question) -> Tensor:
    """How much the score falls when a window is covered, averaged over the windows on a pixel (arXiv 1311.2901)."""
    settings, (_, channels, side, _) = question.settings, question.picture.shape
    window, stride = min(settings.window, side), min(settings.stride, settings.window)
    return attr.Occlusion(question.module).attribute(
        question.picture, (channels, window, window), (channels, stride, stride), question.baseline, question.target,
        perturbations_per_eval=question.at_once)


def feature_ablation(question: Question) -> Tensor:
    """How much the score falls when one square is set to the baseline."""
    found = attr.FeatureAblation(question.module).attribute(
        question.picture, question.baseline, question.target, feature_mask=question.superpixels,
        perturbations_per_eval=question.at_once)
    return spread(found, question.superpixels)


def grad_cam(question: Question) -> Tensor:
    """Σ over the last maps A of (mean of ∂f/∂A) · A, stretched over the picture (arXiv 1610.02391)."""
    layer = question.module.get_submodule(last_maps(question.snapshot.experiment.network))
    small = attr.LayerGradCam(question.module, layer).attribute(
        question.picture, question.target, relu_attributions=question.settings.positive)
    return attr.LayerAttribution.interpolate(small.detach(), question.picture.shape[2:], "bilinear")


def guided_grad_cam(question: Question) -> Tensor:
    """Guided Backprop times Grad-CAM (arXiv 1610.02391)."""
    layer = question.module.get_submodule(last_maps(question.snapshot.experiment.network))
    return attr.GuidedGradCam(question.module, layer).attribute(
        question.picture, question.target, interpolate_mode="bilinear")


def lrp(question: Question) -> Tensor:
    """Relevance handed back layer by layer (10.1371/journal.pone.0130140; see dlcore.explain.relevance)."""
    black, white = (make_baseline(question.snapshot, question.picture, level) for level in ("black", "white"))
    found = []
    for relevance in hand_back(fold_norms(question.snapshot.module), question.picture, black, white, question.target,
                               question.settings.rule):
        found.append(relevance)
        question.rest()
    return found[-1]


def kernel_shap(question: Question) -> Tensor:
    """Shapley values of the squares, by a weighted linear fit over random subsets (arXiv 1705.07874).

    A square that looks like the baseline changes nothing and has the value zero: it is not tried. Where one is left it
    has the whole change.
    """
    differs, players = find_players(question)
    if players.any():
        explainer = attr.KernelShap(question.module)
        explainer.interpretable_model = LeastSquares()
        found = explainer.attribute(
            question.picture, question.baseline, question.target, feature_mask=players,
            n_samples=question.settings.draws, perturbations_per_eval=question.at_once)
    else:
        found = torch.full_like(question.picture, question.promise())
    return torch.where(differs, spread(found, torch.where(differs, players, players.max() + 1)), 0)


def find_players(question: Question) -> tuple[Tensor, Tensor]:
    """Return which pixels lie in squares that differ from the baseline, and these squares numbered from 0.

    The pixels of the others have the number 0 too; both (1, 1, side, side).
    """
    squares = question.superpixels
    changed = (question.picture != question.baseline).any(1, keepdim=True)
    alive = torch.zeros(int(squares.max()) + 1, dtype=torch.bool).index_put((squares[changed],), torch.tensor(True))
    numbers = torch.where(alive, alive.cumsum(0) - 1, 0)
    return alive[squares], numbers[squares]


def spread(found: Tensor, superpixels: Tensor) -> Tensor:
    """Return a map in which the pixels of a square share the square's value evenly, so that they add up to it."""
    return found / (superpixels.flatten().bincount()[superpixels] * found.shape[1])


METHODS: dict[str, Callable[[Question], Tensor]] = {
    "gradient": gradient, "input_x_gradient": input_x_gradient, "integrated_gradients": integrated_gradients,
    "smooth_grad": smooth_grad, "guided_backprop": guided_backprop, "deconvolution": deconvolution,
    "deep_lift": deep_lift, "gradient_shap": gradient_shap, "occlusion": occlusion,
    "feature_ablation": feature_ablation, "grad_cam": grad_cam, "guided_grad_cam": guided_grad_cam, "lrp": lrp,
    "kernel_shap": kernel_shap,
}
