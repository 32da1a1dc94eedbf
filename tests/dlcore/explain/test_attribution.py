"""Attribution maps, against plain torch where there is a formula, else against Captum called by hand."""

import itertools
import math
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from captum import attr
from torch import nn

from dlcore.errors import EngineError
from dlcore.explain.attribution import METHODS, SEED, attribute, drawn
from dlcore.explain.folding import NORMS, fold_norms
from dlcore.explain.question import pose
from dlcore.specs import saliency
from dlcore.specs.data import ImageData
from dlcore.specs.model import Activation, BatchNorm, Conv, Dropout, Flatten, Linear, Pool
from dlcore.specs.saliency import Saliency
from tests.dlcore.explain.small_nets import CONVOLUTIONS, RELU, SEVEN, snapshot, without_convolution

warnings.filterwarnings("ignore", module="captum")
SNAPSHOT = snapshot()
LINEAR = snapshot(Flatten(), Linear(features=10))


def ask(snapshot=SNAPSHOT, target="3", **settings):
    return pose(snapshot, SEVEN, Saliency(target=target, **settings))


def slope(module, pictures, target):
    """Return ∂f/∂x by torch alone."""
    pictures = pictures.clone().requires_grad_()
    return torch.autograd.grad(module(pictures)[:, target].sum(), pictures)[0]


def flat(attributions):
    return attributions.detach().sum(1)[0].numpy()


def test_the_gradient_is_torchs_own():
    asked = ask()
    assert np.allclose(attribute(asked, "gradient"), flat(slope(SNAPSHOT.module, asked.picture, 3)), atol=1e-7)


def test_input_x_gradient_is_their_product_summed_over_the_channels():
    colour = snapshot(data=ImageData(size=32, channels=3))
    asked = ask(colour)
    wanted = flat(asked.picture * slope(colour.module, asked.picture, 3))
    assert wanted.shape == (32, 32)
    assert np.allclose(attribute(asked, "input_x_gradient"), wanted, atol=1e-6)


@pytest.mark.parametrize("baseline", saliency.BASELINES)
def test_integrated_gradients_are_the_riemann_sum_along_the_straight_way(baseline):
    asked = ask(baseline=baseline, steps=300)
    shares = (torch.arange(4000) + 0.5) / 4000
    way = asked.baseline + shares[:, None, None, None] * (asked.picture - asked.baseline)
    mean = torch.cat([slope(SNAPSHOT.module, part, 3) for part in way.split(500)]).mean(0, keepdim=True)
    wanted = flat((asked.picture - asked.baseline) * mean)
    assert np.allclose(attribute(asked, "integrated_gradients"), wanted, atol=0.01 * np.abs(wanted).max())


TWO_POOLS = snapshot(Conv(channels=6), BatchNorm(), RELU, Pool(), Conv(channels=6), Activation("gelu"),
                     Pool(size=3, stride=2), Conv(channels=6), BatchNorm(), RELU, Pool(size=2, stride=1), Flatten(),
                     Linear(features=10))


@pytest.mark.parametrize("baseline", saliency.BASELINES)
@pytest.mark.parametrize("method", saliency.EXACT)
@pytest.mark.parametrize("network", [SNAPSHOT, TWO_POOLS], ids=["small", "two pools"])
def test_maps_that_promise_it_add_up_to_the_change_in_score_with_the_settings_of_the_page(network, method, baseline):
    asked = ask(network, baseline=baseline)
    change = (network.module(asked.picture)[0, 3] - network.module(asked.baseline)[0, 3]).item()
    assert asked.promise() == pytest.approx(change, abs=1e-5)
    assert attribute(asked, method).sum() == pytest.approx(change, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("baseline", saliency.BASELINES)
def test_the_sum_of_integrated_gradients_comes_nearer_to_the_change_in_score_with_more_steps(baseline):
    gaps = []
    for steps in (5, 50, 300):
        asked = ask(TWO_POOLS, baseline=baseline, steps=steps)
        gaps.append(abs(attribute(asked, "integrated_gradients").sum() - asked.promise()) / abs(asked.promise()))
    assert gaps[-1] < 0.02 and gaps[-1] < max(gaps)


def test_smooth_grad_is_the_mean_gradient_of_noisy_copies():
    asked = ask(samples=5, noise=0.2)
    with drawn(SEED):
        noisy = torch.normal(asked.picture.repeat_interleave(5, 0), 0.2 / 0.3081)
    assert np.allclose(attribute(asked, "smooth_grad"), flat(slope(SNAPSHOT.module, noisy, 3).mean(0, keepdim=True)),
                       atol=1e-6)


def test_smooth_grad_of_a_linear_network_is_its_gradient():
    assert np.allclose(attribute(ask(LINEAR), "smooth_grad"), attribute(ask(LINEAR), "gradient"), atol=1e-6)


class Guided(torch.autograd.Function):
    """A ReLU whose gradient loses its negative parts, and with `blind` does not look at what came in."""

    blind = False

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return x.relu()

    @staticmethod
    def backward(context, received):
        return received.relu() if Guided.blind else received.relu() * (context.saved_tensors[0] > 0)


class GuidedLayer(nn.Module):
    def forward(self, x):
        return Guided.apply(x)


@pytest.mark.parametrize("method, blind", [("guided_backprop", False), ("deconvolution", True)])
def test_the_guided_methods_change_the_gradient_at_every_relu(method, blind, monkeypatch):
    monkeypatch.setattr(Guided, "blind", blind)
    changed = snapshot().module
    for name, layer in list(changed.named_children()):
        if isinstance(layer, nn.ReLU):
            setattr(changed, name, GuidedLayer())
    asked = ask()
    wanted = flat(slope(changed, asked.picture, 3))
    assert np.allclose(attribute(asked, method), wanted, atol=1e-6)
    assert not np.allclose(wanted, attribute(asked, "gradient"), atol=1e-3 * np.abs(wanted).max())


@pytest.mark.parametrize("baseline", ["black", "blurred"])
def test_deep_lift_is_captums_without_max_pools_and_for_a_linear_network_weight_times_difference(baseline):
    smooth = snapshot(Conv(channels=4), BatchNorm(), RELU, Pool(mode="avg"), Flatten(), Linear(features=10))
    asked = ask(smooth, baseline=baseline)
    wanted = attr.DeepLift(asked.module).attribute(asked.picture, asked.baseline, target=3)
    assert np.allclose(attribute(asked, "deep_lift"), flat(wanted), atol=1e-6)
    asked = ask(LINEAR, baseline=baseline)
    weights = LINEAR.module.fc1.weight[3].detach().reshape(28, 28)
    assert np.allclose(attribute(asked, "deep_lift"), weights * (asked.picture - asked.baseline)[0, 0], atol=1e-5)


def test_gradient_shap_of_a_linear_network_is_weight_times_distance_from_the_references():
    asked = ask(LINEAR, samples=100, noise=0.01)
    weights = LINEAR.module.fc1.weight[3].detach().reshape(28, 28)
    wanted = (weights * (asked.picture - asked.references.mean(0))[0, 0]).numpy()
    assert np.corrcoef(attribute(asked, "gradient_shap").ravel(), wanted.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("window, stride", [(4, 2), (5, 5), (3, 1)])
def test_occlusion_is_a_loop_over_covered_windows(window, stride):
    asked = ask(window=window, stride=stride)
    fall, seen = np.zeros((28, 28)), np.zeros((28, 28))
    starts = [min(at, 28 - window) if at + window > 28 else at for at in range(0, 28 - window + stride, stride)]
    for top, left in itertools.product(starts, starts):
        covered, place = asked.picture.clone(), np.s_[top:top + window, left:left + window]
        top_place = (0, slice(None), *place)
        covered[top_place] = asked.baseline[top_place]
        fall[place] += (asked.scores(asked.picture) - asked.scores(covered)).item()
        seen[place] += 1
    interior = np.s_[:starts[-2], :starts[-2]]  # where the last window is cut off, Captum's lies elsewhere
    assert np.allclose(attribute(asked, "occlusion")[interior], (fall / seen)[interior], atol=1e-5)


def test_feature_ablation_is_a_loop_over_squares_that_share_their_value():
    asked = ask(superpixel=7)
    found = attribute(asked, "feature_ablation")
    for top, left in itertools.product(range(0, 28, 7), range(0, 28, 7)):
        covered = asked.picture.clone()
        covered[..., top:top + 7, left:left + 7] = asked.baseline[..., top:top + 7, left:left + 7]
        fall = (asked.scores(asked.picture) - asked.scores(covered)).item()
        assert np.allclose(found[top:top + 7, left:left + 7], fall / 49, atol=1e-6)


def by_formula(module, name, picture, target):
    """Return Grad-CAM by its formula: the maps weighted by the mean of their gradients."""
    held = {}
    handle = module.get_submodule(name).register_forward_hook(lambda _layer, _inputs, made: held.update(made=made))
    score = module(picture)[0, target]
    handle.remove()
    slopes = torch.autograd.grad(score, held["made"])[0]
    return (slopes.mean((2, 3), keepdim=True) * held["made"]).sum(1, keepdim=True)


@pytest.mark.parametrize("positive", [True, False])
def test_grad_cam_is_its_formula(positive):
    asked = ask(positive=positive)
    small = by_formula(SNAPSHOT.module, "relu2", asked.picture, 3)
    wanted = F.interpolate(small.relu() if positive else small, (28, 28), mode="bilinear")
    assert saliency.last_maps(SNAPSHOT.experiment.network) == "relu2"
    assert np.allclose(attribute(asked, "grad_cam"), flat(wanted), atol=1e-7)


def test_guided_grad_cam_is_the_product_of_the_two():
    asked = ask()
    wanted = attribute(asked, "guided_backprop") * attribute(asked, "grad_cam")
    assert np.allclose(attribute(asked, "guided_grad_cam"), wanted, atol=1e-7)


def test_lrp_with_the_epsilon_rule_is_input_x_gradient_in_a_relu_network():
    """arXiv 1711.06104, proposition 1. Of noise, for where two pixels are equal a max pool is free to choose."""
    noise = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    asked = pose(SNAPSHOT, noise, Saliency(target="3", rule="epsilon"))
    wanted = attribute(asked, "input_x_gradient")
    assert np.allclose(attribute(asked, "lrp"), wanted, atol=1e-3 * np.abs(wanted).max())


def shapley(asked, side):
    """Return the Shapley values of four squares by their definition, over all sixteen subsets."""
    squares = [(top, left) for top in (0, side) for left in (0, side)]

    def score(kept):
        mixed = asked.baseline.clone()
        for top, left in kept:
            mixed[..., top:top + side, left:left + side] = asked.picture[..., top:top + side, left:left + side]
        return asked.scores(mixed).item()

    values = []
    for square in squares:
        others = [other for other in squares if other != square]
        subsets = [kept for size in range(4) for kept in itertools.combinations(others, size)]
        weights = [math.factorial(len(kept)) * math.factorial(3 - len(kept)) / 24 for kept in subsets]
        values.append(sum(weight * (score((*kept, square)) - score(kept)) for weight, kept in zip(weights, subsets)))
    return values


def test_kernel_shap_finds_the_shapley_values_of_the_squares():
    asked = ask(superpixel=14, draws=1000)
    found = attribute(asked, "kernel_shap")
    totals = [found[top:top + 14, left:left + 14].sum() for top in (0, 14) for left in (0, 14)]
    wanted = shapley(asked, 14)
    assert totals == pytest.approx(wanted, abs=0.05 * max(map(abs, wanted)))


@pytest.mark.parametrize("size", [4, 14])
def test_a_picture_with_ink_in_one_square_alone_gives_it_the_whole_change(size):
    dot = np.zeros((28, 28), np.uint8)
    dot[13, 12] = 255
    asked = pose(SNAPSHOT, dot, Saliency(target="3", superpixel=size))
    found = attribute(asked, "kernel_shap")
    square = np.s_[12 // size * size:12 // size * size + size]
    assert np.allclose(found[square, square], asked.promise() / size**2) and asked.promise() != 0
    assert found.sum() == pytest.approx(asked.promise(), rel=1e-4)


def test_squares_that_look_like_the_baseline_have_the_shapley_value_zero():
    asked = ask(superpixel=4)
    found = attribute(asked, "kernel_shap")
    squares = (SEVEN.reshape(7, 4, 7, 4).max((1, 3)) > 0).repeat(4, 0).repeat(4, 1)
    assert np.array_equal(found != 0, squares)
    assert not attribute(pose(SNAPSHOT, np.zeros((28, 28), np.uint8), Saliency()), "kernel_shap").any()


def run(layers, picture):
    for layer in layers:
        picture = layer(picture)
    return picture


def has_norm(layers):
    return any(isinstance(layer, NORMS) for layer in layers)


def test_folding_the_batch_norms_and_leaving_out_what_does_nothing_changes_no_output():
    for network in (SNAPSHOT, snapshot(Dropout(), Conv(channels=4), Dropout(), Pool(mode="avg"), BatchNorm(), RELU,
                                       Flatten(), Linear(features=8), BatchNorm(), RELU, Linear(features=10),
                                       Dropout())):
        folded, asked = fold_norms(network.module), ask(network)
        assert not has_norm(folded) and not any(isinstance(layer, nn.Dropout | nn.Identity) for layer in folded)
        assert torch.allclose(run(folded, asked.picture), network.module(asked.picture), atol=1e-5)


def test_a_batch_norm_that_turns_the_order_round_is_not_folded_over_a_max_pool():
    turned = snapshot()
    turned.module.norm2.weight.data[0] = -1.0
    folded = fold_norms(turned.module)
    assert [layer for layer in folded if isinstance(layer, NORMS)] == [turned.module.norm2]
    assert torch.allclose(run(folded, ask().picture), turned.module(ask().picture), atol=1e-5)


@pytest.mark.parametrize("method", saliency.METHODS)
def test_every_method_leaves_the_network_the_generators_and_the_answer_as_they_were(method):
    before = {name: value.clone() for name, value in SNAPSHOT.module.state_dict().items()}
    torch.manual_seed(5)
    np.random.seed(5)
    first = attribute(ask(draws=50), method)
    drawn_torch, drawn_numpy = torch.rand(1).item(), np.random.rand()
    torch.manual_seed(5)
    np.random.seed(5)
    assert (drawn_torch, drawn_numpy) == (torch.rand(1).item(), np.random.rand())
    assert np.array_equal(first, attribute(ask(draws=50), method))
    assert all(torch.equal(value, before[name]) for name, value in SNAPSHOT.module.state_dict().items())
    assert not any(layer._forward_hooks or layer._backward_hooks or layer._forward_pre_hooks
                   for layer in SNAPSHOT.module.modules())


def test_the_class_is_the_one_read_the_true_one_or_any_other():
    read = int(SNAPSHOT.read(torch.from_numpy(SEVEN)[None]).argmax())
    assert pose(SNAPSHOT, SEVEN, Saliency(), label=4).target == read
    assert pose(SNAPSHOT, SEVEN, Saliency(target="true"), label=4).target == 4
    assert pose(SNAPSHOT, SEVEN, Saliency(target="true")).target == read
    assert pose(SNAPSHOT, SEVEN, Saliency(target="9"), label=4).target == 9


def silent(method, module, asked):
    """Return what Captum gives back where a method does not fit, without a word."""
    kinds = {"guided_backprop": attr.GuidedBackprop, "deconvolution": attr.Deconvolution}
    return flat(kinds[method](module).attribute(asked.picture, 3))


@pytest.mark.parametrize("function", ["tanh", "gelu", "silu", "leaky_relu"])
@pytest.mark.parametrize("method", ["guided_backprop", "deconvolution"])
def test_a_method_is_refused_where_captum_would_silently_return_the_plain_gradient(method, function):
    asked = ask(without_convolution(function))
    with pytest.raises(EngineError, match=function):
        attribute(asked, method)
    assert np.allclose(silent(method, asked.module, asked), attribute(asked, "gradient"))


@pytest.mark.parametrize("function", ["sigmoid", "softplus"])
def test_lrp_is_refused_where_a_function_gives_something_for_nothing(function):
    with pytest.raises(EngineError, match=function):
        attribute(ask(without_convolution(function)), "lrp")


def test_what_fits_runs_and_what_does_not_is_refused_on_every_kind_of_network():
    networks = [without_convolution(function) for function in ("relu", "leaky_relu", "elu", "sigmoid", "softplus")]
    networks += [LINEAR, SNAPSHOT, snapshot(*CONVOLUTIONS, data=ImageData(size=20, channels=3)),
                 snapshot(Conv(channels=4), Activation("tanh"), Pool(mode="avg", size=3, stride=2), Flatten(),
                          BatchNorm(), Linear(features=10)),
                 snapshot(Conv(channels=4), RELU, Pool(size=3, stride=2), Flatten(), Linear(features=10))]
    for network in networks:
        fits = saliency.fitting(network.experiment.network)
        for method in METHODS:
            asked = ask(network, draws=30, steps=10, samples=3)
            if method in fits:
                assert np.isfinite(attribute(asked, method)).all()
            else:
                with pytest.raises(EngineError):
                    attribute(asked, method)
