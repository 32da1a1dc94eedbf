"""What the attribution methods are called, what each measures, and which settings it has."""

import re
from dataclasses import dataclass

from dlcore.specs.datasets import normalisation
from dlcore.specs.experiment import Experiment
from dlcore.specs.saliency import METHODS, Saliency, last_maps
from pages.ui.language import N_, _


@dataclass(frozen=True)
class Method:
    """A method in words: its name, one sentence, a formula in LaTeX, the call, the fields that set it.

    The call is Captum's, or of what `uses` imports: then `net` is a module of this project (dlcore.models.build).
    """

    name: str
    sentence: str
    formula: str
    call: str
    settings: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


TEXTS: dict[str, Method] = {
    "gradient": Method(
        N_("Gradient"), N_("How fast the score rises when a pixel gets a little brighter."),
        r"\frac{\partial f_c}{\partial x_i}", "Saliency(net).attribute(x, target=c, abs=False)"),
    "input_x_gradient": Method(
        N_("Input × gradient"), N_("The gradient times the pixel as the network gets it. Black is not 0 there, so "
                                     "the background counts too."),
        r"x_i \cdot \frac{\partial f_c}{\partial x_i}", "InputXGradient(net).attribute(x, target=c)"),
    "integrated_gradients": Method(
        N_("Integrated gradients"),
        N_("The mean gradient on the way from the baseline to the picture, times the way. The more steps, the nearer "
           "is its sum to the change in score."),
        r"(x_i - x'_i)\int_0^1 \frac{\partial f_c(x' + \alpha(x - x'))}{\partial x_i}\,d\alpha",
        "IntegratedGradients(net).attribute(x, baselines=x0, target=c, n_steps={steps})", ("baseline", "steps")),
    "smooth_grad": Method(
        N_("SmoothGrad"), N_("The mean gradient over noisy copies of the picture: what they have in common stays."),
        r"\frac{1}{n}\sum_{k=1}^{n} \frac{\partial f_c(x + \varepsilon_k)}{\partial x_i},\quad "
        r"\varepsilon_k \sim \mathcal{N}(0, \sigma^2)",
        'NoiseTunnel(Saliency(net)).attribute(x, nt_type="smoothgrad", nt_samples={samples}, '
        "stdevs={noise} / {deviation}, target=c, abs=False)", ("samples", "noise")),
    "guided_backprop": Method(
        N_("Guided backprop"), N_("The gradient, but each ReLU lets only what is positive pass: clear lines, but more "
                                  "about the picture than about the network."),
        r"R^{l}_i = [a^l_i > 0]\,[R^{l+1}_i > 0]\,R^{l+1}_i", "GuidedBackprop(net).attribute(x, target=c)"),
    "deconvolution": Method(
        N_("DeconvNet"), N_("The gradient, but each ReLU lets pass what is positive on the way back, wherever the "
                                "neuron was off."),
        r"R^{l}_i = [R^{l+1}_i > 0]\,R^{l+1}_i", "Deconvolution(net).attribute(x, target=c)"),
    "deep_lift": Method(
        N_("DeepLift"), N_("Compares every neuron with what it does at the baseline and hands the difference back in "
                           "shares. It adds up to the change in score."),
        r"\sum_i m_i\,(x_i - x'_i) = f_c(x) - f_c(x'),\quad m = \frac{\Delta y}{\Delta x}",
        "rescale(plain_layers(net), x, x0, int(c))", ("baseline",),
        ("dlcore.explain.folding import plain_layers", "dlcore.explain.rescale import rescale")),
    "gradient_shap": Method(
        N_("GradientShap"), N_("Integrated gradients at random places, with random training digits as baselines and a "
                               "little noise. It adds up on average only."),
        r"\mathbb{E}_{x',\,\alpha}\left[(x_i - x'_i)\,\frac{\partial f_c(x' + \alpha(x - x'))}{\partial x_i}\right]",
        "GradientShap(net).attribute(x, baselines=digits, n_samples={samples}, stdevs={noise} / {deviation}, target=c)",
        ("samples", "noise")),
    "occlusion": Method(
        N_("Occlusion"), N_("How much the score falls when a window of the picture is covered."),
        r"f_c(x) - f_c(x_{\setminus \text{window}})",
        "Occlusion(net).attribute(x, ({channels}, {window}, {window}), strides=({channels}, {stride}, {stride}), "
        "baselines=x0, target=c)",
        ("baseline", "window", "stride")),
    "feature_ablation": Method(
        N_("Feature ablation"), N_("How much the score falls when one square is set to the baseline, shared among its "
                                   "pixels."),
        r"f_c(x) - f_c(x_{\setminus \text{square}})",
        "FeatureAblation(net).attribute(x, baselines=x0, target=c, feature_mask=squares)", ("baseline", "superpixel")),
    "grad_cam": Method(
        N_("Grad-CAM"), N_("The last convolution's maps, weighted by how much each lifts the score, stretched over the "
                           "picture."),
        r"\mathrm{ReLU}\Big(\sum_k \overline{\frac{\partial f_c}{\partial A^k}}\,A^k\Big)",
        "LayerAttribution.interpolate(LayerGradCam(net, net.{layer}).attribute(x, target=c, "
        'relu_attributions={positive}), x.shape[2:], "bilinear")', ("positive",)),
    "guided_grad_cam": Method(
        N_("Guided Grad-CAM"), N_("Guided backprop times Grad-CAM: fine lines, only where Grad-CAM looks."),
        r"\text{Guided}_i \cdot \text{Grad-CAM}_i",
        'GuidedGradCam(net, net.{layer}).attribute(x, target=c, interpolate_mode="bilinear")'),
    "lrp": Method(
        N_("LRP"),
        N_("Hands the score back from layer to layer, to each input its share of the sum; biases keep theirs. The "
           "pixels have the zᴮ rule, made for what lies between black and white, convolutions the rule that is picked, "
           "other layers ε. With ε everywhere it is input × gradient in a network of ReLUs."),
        r"R_j = \sum_k \frac{q_{jk}}{\sum_{j'} q_{j'k}}\,R_k",
        'list(hand_back(fold_norms(net), x, black, white, int(c), "{rule}"))[-1]', ("rule",),
        ("dlcore.explain.folding import fold_norms", "dlcore.explain.relevance import hand_back")),
    "kernel_shap": Method(
        N_("KernelShap"), N_("The Shapley values of the squares, estimated from random subsets: what a square adds on "
                             "average over all orders."),
        r"\sum_{S \not\ni i} \frac{|S|!\,(M - |S| - 1)!}{M!}\,\big(f_c(S \cup i) - f_c(S)\big)",
        "KernelShap(net).attribute(x, baselines=x0, target=c, feature_mask=squares, n_samples={draws})",
        ("baseline", "superpixel", "draws")),
}

RULES = {"gamma": "γ = 0.25", "epsilon": "ε", "alpha1_beta0": "α1β0"}
PIXELS = r"q^{\text{%s}}_{jk} = x_j w_{jk} - l\,w^+_{jk} - h\,w^-_{jk}"
SHARES = {"gamma": r"a_j w_{jk} + \gamma\,(a_j w_{jk})^+", "epsilon": "a_j w_{jk}", "alpha1_beta0": "(a_j w_{jk})^+"}
BASELINES = {"black": N_("Black"), "mean": N_("Mean grey"), "white": N_("White"), "blurred": N_("Blurred")}
COMPANY = {"none": N_("nothing"), "classes": N_("one of each class"), "mistakes": N_("its mistakes")}


def method_name(method: str) -> str:
    """Return what a method is called."""
    return _(TEXTS[method].name)


def in_order(methods: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Return methods in the order in which the page shows them."""
    return tuple(method for method in METHODS if method in methods)


def print_formula(asked: Saliency) -> str:
    """Return the formula of the picked method in LaTeX, of LRP with what the picked rule shares out."""
    formula = TEXTS[asked.method].formula
    if asked.method != "lrp":
        return formula
    at_pixels = [PIXELS % _("pixels")] if asked.rule != "epsilon" else []
    lines = [formula, "q_{jk} = " + SHARES[asked.rule], *at_pixels]
    return "".join([r"\begin{gathered}", r" \\ ".join(lines), r"\end{gathered}"])


def print_attribution(asked: Saliency, experiment: Experiment) -> str:
    """Return the call that makes the picked map, for a network `net` in eval() and a picture in 0..1."""
    data = experiment.data
    mean, deviation = (_tensor(values) for values in normalisation(data.dataset, data.channels))
    text = TEXTS[asked.method]
    call, uses = text.call, text.uses or (f"captum.attr import {', '.join(_classes(text.call))}",)
    given = {"steps": asked.steps, "samples": asked.samples, "noise": asked.noise,
             "deviation": deviation if data.channels == 1 else f"{deviation}.mean().item()",
             "window": min(asked.window, data.size), "stride": min(asked.stride, asked.window),
             "channels": data.channels, "draws": asked.draws, "positive": asked.positive,
             "rule": asked.rule, "layer": last_maps(experiment.network)}
    lines = ["import torch", *(f"from {what}" for what in uses), "",
             f"x = (picture - {mean}) / {deviation}  # (1, {data.channels}, {data.size}, {data.size})"]
    if "x0" in call:
        level = "1.0" if asked.baseline == "white" else "0.0"
        lines.append({"blurred": f"x0 = (gaussian_blur(picture) - {mean}) / {deviation}",
                      "mean": "x0 = torch.zeros_like(x)"}.get(
                          asked.baseline, f"x0 = (torch.full_like(x, {level}) - {mean}) / {deviation}"))
    if "black" in call:
        lines += [f"{name} = (torch.full_like(picture, {level}) - {mean}) / {deviation}"
                  for name, level in (("black", 0.0), ("white", 1.0))]
    if "squares" in call:
        lines += [f"place = torch.arange({data.size}) // {asked.superpixel}",
                  "squares = (place[:, None] * (place[-1] + 1) + place)[None, None]"]
    target = "net(x).argmax(1)" if asked.target in ("predicted", "true") else asked.target
    lines += [f"c = {target}", f"attribution = {call.format(**given)}"]
    if "squares" in call:
        share = "squares.flatten().bincount()[squares]" + (f" / {data.channels}" if data.channels > 1 else "")
        lines.append(f"attribution = attribution / {share}  # shared among the pixels of a square")
    lines.append("shown = attribution.sum(1)")
    return "\n".join(lines)


def _tensor(values: tuple[float, ...]) -> str:
    return str(values[0]) if len(values) == 1 else f"torch.tensor({list(values)}).view(1, -1, 1, 1)"


def _classes(call: str) -> list[str]:
    return re.findall(r"\b([A-Z]\w+)(?=\(|\.interpolate)", call)
