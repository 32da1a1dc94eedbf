"""What the Saliency page asks: which attribution methods, for which class, with which settings; and which fit."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dlcore.errors import N_
from dlcore.specs.data import ImageData
from dlcore.specs.datasets import MOST_CLASSES
from dlcore.specs.fields import Rule, choice, kind, real, switch, whole
from dlcore.specs.model import Network, named_blocks
from dlcore.specs.shapes import count_multiply_adds
from dlcore.specs.subject import Subject

METHODS = ("gradient", "input_x_gradient", "integrated_gradients", "smooth_grad", "guided_backprop", "deconvolution",
           "deep_lift", "gradient_shap", "occlusion", "feature_ablation", "grad_cam", "guided_grad_cam", "lrp",
           "kernel_shap")
PREDICTED, TRUE = "predicted", "true"
TARGETS = (PREDICTED, TRUE, *map(str, range(MOST_CLASSES)))
BASELINES = ("black", "mean", "white", "blurred")
RULES = ("gamma", "epsilon", "alpha1_beta0")
COMPANY = ("none", "classes", "mistakes")

SLOPES = ("gradient", "smooth_grad", "guided_backprop", "deconvolution")  # say how steep, not how much
EXACT = ("deep_lift", "kernel_shap")  # Σ map = f(x) − f(baseline)
PROMISES = (*EXACT, "integrated_gradients", "gradient_shap")  # in the limit of many steps, of many draws
RELU_ONLY = ("guided_backprop", "deconvolution", "guided_grad_cam")
NEEDS_MAPS = ("grad_cam", "guided_grad_cam")
WITHOUT_RULE = {"lrp": ("sigmoid", "softplus")}  # not 0 at 0: what comes back would be divided by nothing

NO_MAPS = N_("It needs the maps of a convolution, and this network has none.")
NO_RELU = N_("It changes how gradients pass a ReLU, and this network has none: what came out would be the plain "
             "gradient under another name.")
NOT_ONLY_RELU = N_("It changes how gradients pass a ReLU; at {function} it would silently use the plain gradient.")
NO_RULE = N_("It has no rule for {function}; its sums would no longer add up.")

RATE = 2.5e10     # multiply-adds a second of one core
OVERHEAD = 0.002  # seconds of one call of Captum's
DRAWING = 1.2e-4  # seconds that each of KernelShap's subsets costs before the network sees it
QUICK = 0.015     # seconds of one map that follows the pen
FOLLOWING = 0.05  # seconds of all that do


def methods(*default: str) -> Any:
    """Declare a choice of attribution methods."""
    rule = Rule(str, options=METHODS, length=(1, len(METHODS)))
    return field(default=default, metadata={"rule": rule})


@dataclass(frozen=True)
class Saliency:
    """Which methods explain which class of the subject and of what stands beside it, and their settings.

    `company`: nothing, one test digit of each class, or test digits that the network gets wrong; `turn` counts how
    often others were asked for. `method` is the one that is looked at more closely, in column `column`. `absolute`
    shows sizes instead of signs. `steps` are those of Integrated Gradients' path; `samples` what SmoothGrad and
    GradientShap average, with noise of `noise` times the range from black to white; `window` and `stride` are
    Occlusion's; `superpixel` is the side of the squares that Feature Ablation and KernelShap switch, `draws` the
    subsets that KernelShap tries; `positive` keeps only what speaks for the class in Grad-CAM; `rule` is LRP's in the
    convolutions.
    """

    kind: Literal["saliency"] = kind("saliency")
    subject: Subject = field(default_factory=Subject)
    methods: tuple[str, ...] = methods(*METHODS)
    method: str = choice("integrated_gradients", *METHODS)
    column: int = whole(0, 0, MOST_CLASSES)
    company: str = choice("none", *COMPANY)
    turn: int = whole(0, 0, 99)
    target: str = choice(PREDICTED, *TARGETS)
    absolute: bool = switch(False)
    baseline: str = choice("black", *BASELINES)
    steps: int = whole(50, 2, 300)
    samples: int = whole(20, 2, 100)
    noise: float = real(0.15, 0.01, 1)
    window: int = whole(4, 1, 14)
    stride: int = whole(2, 1, 8)
    superpixel: int = whole(4, 2, 14)
    draws: int = whole(200, 20, 1_000)
    positive: bool = switch(True)
    rule: str = choice("gamma", *RULES)


def settings_alone(spec: Saliency) -> Saliency:
    """Return what of a spec a map depends on, the rest as it is by default: equal questions look equal."""
    plain = Saliency()
    return replace(spec, subject=plain.subject, methods=plain.methods, method=plain.method, column=plain.column,
                   company=plain.company, turn=plain.turn, absolute=plain.absolute)


def why_not(method: str, network: Network) -> tuple[str, dict[str, str]] | None:
    """Return why a method does not fit a network, as a template and its values; None where it does."""
    functions = [block.function for block in network.blocks if block.kind == "activation"]
    if method in NEEDS_MAPS and not any(block.kind == "conv" for block in network.blocks):
        return NO_MAPS, {}
    others = [function for function in functions if function != "relu"]
    if method in RELU_ONLY and (others or not functions):
        return (NOT_ONLY_RELU, {"function": others[0]}) if others else (NO_RELU, {})
    unknown = [function for function in functions if function in WITHOUT_RULE.get(method, ())]
    return (NO_RULE, {"function": unknown[0]}) if unknown else None


def fitting(network: Network, wanted: tuple[str, ...] = METHODS) -> tuple[str, ...]:
    """Return those methods that fit a network."""
    return tuple(method for method in wanted if why_not(method, network) is None)


def last_maps(network: Network) -> str:
    """Return the name of the last layer that still has maps of the last convolution: its activation, or itself."""
    name = ""
    for layer, block in named_blocks(network.blocks):
        if block.kind in ("flatten", "linear"):
            break
        if block.kind == "conv" or (block.kind == "activation" and name.startswith("conv")):
            name = layer
    return name


def estimate(methods: tuple[str, ...], settings: Saliency, network: Network, data: ImageData) -> dict[str, float]:
    """Return about how many seconds a map of each method takes on one core, the quickest first.

    It is an estimate, meant for what to do first.
    """
    work = count_multiply_adds(network, data) / RATE
    drawing = {"kernel_shap": DRAWING * settings.draws}
    costs = {method: OVERHEAD + drawing.get(method, 0) + count_passes(method, settings, data.size) * work
             for method in methods}
    return dict(sorted(costs.items(), key=lambda item: item[1]))


def count_passes(method: str, settings: Saliency, side: int) -> int:
    """Return how many pictures a method sends forward, one sent back as well counting three."""
    windows = -(-max(side - settings.window, 0) // settings.stride) + 1
    squares = -(-side // settings.superpixel)
    return {"integrated_gradients": 3 * settings.steps, "smooth_grad": 3 * settings.samples,
            "gradient_shap": 3 * settings.samples, "occlusion": windows**2, "feature_ablation": squares**2,
            "kernel_shap": settings.draws, "deep_lift": 7, "lrp": 9, "guided_grad_cam": 6}.get(method, 3)


def live_methods(settings: Saliency, network: Network, data: ImageData) -> tuple[str, ...]:
    """Return those of the settings' methods that fit and are quick enough to follow the pen, the quickest first."""
    live, spent = [], 0.0
    for method, cost in estimate(fitting(network, settings.methods), settings, network, data).items():
        spent += cost
        if cost <= QUICK and spent <= FOLLOWING:
            live.append(method)
    return tuple(live)
