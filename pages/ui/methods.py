"""What the attribution methods are called, what each measures, and which settings it has."""

import re
from dataclasses import dataclass

from dlcore.specs.datasets import normalisation
from dlcore.specs.experiment import Experiment
from dlcore.specs.saliency import METHODS, Saliency, last_maps
from pages.ui.language import N_, _


@dataclass(frozen=True)
class Method:
    """A method in words: its name, one sentence, a formula in LaTeX, Captum's call, the fields that set it."""

    name: str
    sentence: str
    formula: str
    call: str
    settings: tuple[str, ...] = ()


TEXTS: dict[str, Method] = {
    "gradient": Method(
        N_("Gradient"), N_("How fast the score rises when a pixel gets a little brighter."),
        r"\frac{\partial f_c}{\partial x_i}", "Saliency(net).attribute(x, target=c, abs=False)"),
    "input_x_gradient": Method(
        N_("Input × gradient"), N_("The gradient times what the pixel is: a slope where there is ink."),
        r"x_i \cdot \frac{\partial f_c}{\partial x_i}", "InputXGradient(net).attribute(x, target=c)"),
    "integrated_gradients": Method(
        N_("Integrated gradients"),
        N_("The mean gradient on the way from the baseline to the picture, times the way. It adds up to the change in "
           "score."),
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
        "DeepLift(net).attribute(x, baselines=x0, target=c)", ("baseline",)),
    "gradient_shap": Method(
        N_("GradientShap"), N_("Integrated gradients at random places, with random training digits as baselines and a "
                               "little noise."),
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
        N_("LRP"), N_("Hands the score back from layer to layer, to each input its share of the sum. With the ε rule "
                      "it is input × gradient in a network of ReLUs."),
        r"R_j = \sum_k \frac{a_j\,\rho(w_{jk})}{\sum_{j'} a_{j'}\,\rho(w_{j'k})}\,R_k",
        "LRP(net).attribute(x, target=c)", ("rule",)),
    "kernel_shap": Method(
        N_("KernelShap"), N_("The Shapley values of the squares, estimated from random subsets: what a square adds on "
                             "average over all orders."),
        r"\sum_{S \not\ni i} \frac{|S|!\,(M - |S| - 1)!}{M!}\,\big(f_c(S \cup i) - f_c(S)\big)",
        "KernelShap(net).attribute(x, baselines=x0, target=c, feature_mask=squares, n_samples={draws})",
        ("baseline", "superpixel", "draws")),
}

RULES = {"gamma": "γ = 0.25", "epsilon": "ε", "alpha1_beta0": "α1β0"}
BASELINES = {"black": N_("Black"), "mean": N_("Mean grey"), "white": N_("White"), "blurred": N_("Blurred")}
COMPANY = {"none": N_("nothing"), "classes": N_("one of each class"), "mistakes": N_("its mistakes")}


def method_name(method: str) -> str:
    """Return what a method is called."""
    return _(TEXTS[method].name)


def in_order(methods: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Return methods in the order in which the page shows them."""
    return tuple(method for method in METHODS if method in methods)


def print_attribution(asked: Saliency, experiment: Experiment) -> str:
    """Return the call of Captum's that makes the picked map, for a network `net` in eval() and a picture in 0..1."""
    data = experiment.data
    mean, deviation = (_tensor(values) for values in normalisation(data.dataset, data.channels))
    call = TEXTS[asked.method].call
    given = {"steps": asked.steps, "samples": asked.samples, "noise": asked.noise,
             "deviation": deviation if data.channels == 1 else f"{deviation}.mean().item()",
             "window": min(asked.window, data.size), "stride": min(asked.stride, asked.window),
             "channels": data.channels, "draws": asked.draws, "positive": asked.positive,
             "layer": last_maps(experiment.network)}
    lines = ["import torch", f"from captum.attr import {', '.join(_classes(call))}", "",
             f"x = (picture - {mean}) / {deviation}  # (1, {data.channels}, {data.size}, {data.size})"]
    if "x0" in call:
        level = "1.0" if asked.baseline == "white" else "0.0"
        lines.append({"blurred": f"x0 = (gaussian_blur(picture) - {mean}) / {deviation}",
                      "mean": "x0 = torch.zeros_like(x)"}.get(
                          asked.baseline, f"x0 = (torch.full_like(x, {level}) - {mean}) / {deviation}"))
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
