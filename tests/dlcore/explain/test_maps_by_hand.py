"""Each of the fourteen methods against the same map worked out by hand in float64, on networks of every kind."""

import copy
import itertools
import warnings
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Categorical

from dlcore.errors import NetworkError
from dlcore.explain.attribution import SEED, attribute, drawn
from dlcore.explain.folding import fold_norms
from dlcore.explain.question import Question, make_baseline, pose
from dlcore.explain.relevance import hand_back
from dlcore.explain.snapshot import Snapshot, load
from dlcore.specs import saliency
from dlcore.specs.data import ImageData
from dlcore.specs.model import Activation, BatchNorm, Conv, Dropout, Flatten, Linear, Network, Pool
from dlcore.specs.saliency import METHODS, Saliency, fitting
from tests.dlcore.explain.by_hand import ByHand
from tests.dlcore.explain.small_nets import RELU, SEVEN, snapshot

warnings.filterwarnings("ignore", module="captum")
TARGET, MEAN, DEVIATION = 8, 0.1307, 0.3081
NETWORKS = {
    "colour, batch norm and dropout everywhere": ((
        Dropout(), Conv(channels=5, kernel=5, stride=2, padding=2), Dropout(), BatchNorm(), Dropout(), RELU, Dropout(),
        Conv(channels=4, padding=0), Dropout(), Pool(size=3, stride=2), Dropout(), BatchNorm(), RELU, Flatten(),
        Dropout(), Linear(features=9), BatchNorm(), Dropout(), RELU, Linear(features=10), Dropout()),
        {"size": 24, "channels": 3}),
    "tanh and average pools": ((
        Conv(channels=4, kernel=5, padding=1), Dropout(0.2), Activation("tanh"), Pool(mode="avg"),
        Conv(channels=5, padding=0), BatchNorm(), Activation("tanh"), Pool("avg", 3, 2), Flatten(),
        Linear(features=8), Activation("tanh"), Linear(features=10)), {}),
    "a single dense layer": ((Flatten(), Dropout(), Linear(features=10)), {}),
    "deep, norms behind activations, pools of all kinds": ((
        Conv(channels=3, kernel=3, dilation=2), RELU, BatchNorm(), Pool(), Dropout(), Conv(channels=4), RELU,
        Dropout(), Conv(channels=4), Dropout(), Pool("avg", 2, 2), BatchNorm(), RELU, Conv(channels=6, kernel=1),
        RELU, Pool(size=2, stride=1), BatchNorm(), Conv(channels=5), RELU, Flatten(), Linear(features=7), RELU,
        BatchNorm(), Linear(features=6), RELU, Linear(features=10)), {}),
    "smooth functions and a pool before the first layer": ((
        Pool("avg", 2, 2), Conv(channels=4), Activation("gelu"), Conv(channels=4, stride=2), BatchNorm(),
        Activation("silu"), Pool(), Flatten(), Linear(features=8), Activation("elu"), Linear(features=8),
        Activation("leaky_relu"), Linear(features=10)), {"size": 32, "channels": 3}),
}
ODD = {
    "functions that are not zero at zero": ((
        Conv(channels=3, stride=2), Activation("sigmoid"), Conv(channels=3, stride=2), Activation("softplus"),
        Flatten(), Linear(features=10)), {}),
    "a norm before everything": ((
        BatchNorm(), Conv(channels=3, stride=2), RELU, Flatten(), Linear(features=10)), {}),
    "a ReLU and a pool before everything": ((
        RELU, Pool(), Conv(channels=4, padding=0), RELU, Flatten(), BatchNorm(), Linear(features=10), BatchNorm()), {}),
    "a convolution as the last layer": ((
        Conv(channels=4, stride=2), Conv(channels=4, stride=2), RELU, Conv(channels=10, kernel=7, padding=0),
        Flatten()), {}),
}
KINDS = {**NETWORKS, **ODD}
SETTINGS = {"steps": 12, "samples": 5, "window": 7, "stride": 5, "superpixel": 9, "draws": 40}



def random_blocks(draw: np.random.Generator) -> tuple:
    """Return the blocks of a network of any order: maps, flatten, rows; each of its blocks may stand anywhere."""
    functions = ("relu", "relu", "leaky_relu", "gelu", "silu", "elu", "tanh")
    number = lambda low, high: int(draw.integers(low, high + 1))  # noqa: E731

    def block(of_maps: bool):
        kinds = ["activation", "activation", "batch_norm", "dropout", *(["conv", "conv", "pool"] if of_maps
                                                                        else ["linear", "linear"])]
        match draw.choice(kinds):
            case "activation":
                return Activation(str(draw.choice(functions)))
            case "batch_norm":
                return BatchNorm()
            case "dropout":
                return Dropout()
            case "pool":
                return Pool(str(draw.choice(["max", "avg"])), number(2, 3), number(1, 2))
            case "linear":
                return Linear(features=number(4, 12))
        return Conv(channels=number(2, 5), kernel=number(1, 4), stride=number(1, 2), padding=number(0, 2),
                    dilation=number(1, 2))

    maps, rows = ([block(of_maps) for _each in range(number(0, most))] for of_maps, most in ((True, 7), (False, 4)))
    return (*maps, Flatten(), *rows, Linear(features=10))


def random_network(seed: int) -> Snapshot:
    """Return a network with random blocks that fit one another, some batch norms with a negative scale."""
    draw = np.random.default_rng(seed)
    while True:
        blocks, data = random_blocks(draw), ImageData(size=20, channels=int(draw.choice([1, 3])))
        try:
            made = snapshot(*blocks, data=data, seed=seed)
        except NetworkError:
            continue
        for layer in made.module.modules():
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                layer.weight.data[draw.random(len(layer.weight)) < 0.3] *= -1
        return made


@cache
def network(name: str) -> tuple[Snapshot, ByHand]:
    blocks, data = KINDS[name]
    made = snapshot(*blocks, data=ImageData(**data), seed=len(name))
    for layer in made.module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.weight.data *= 2  # so that in deep ones too the score depends on the picture
    if "deep" in name:  # an order that a max pool must not be swapped with
        made.module.norm1.weight.data[1] *= -1
        made.module.norm3.weight.data[2] *= -1
    return made, ByHand(made)


def ask(name: str, **settings) -> Question:
    """Ask about noise, for where two pixels are equal a max pool is free to choose."""
    known = network(name)[0]
    return pose(known, _noise(known, name), Saliency(target=str(TARGET), **{**SETTINGS, **settings}))


def _noise(known: Snapshot, name: str) -> np.ndarray:
    data = known.experiment.data
    shape = (data.size, data.size, 3)[:3 if data.channels == 3 else 2]
    return np.random.default_rng(len(name)).integers(0, 256, shape, np.uint8)


def numbers(tensor) -> np.ndarray:
    return tensor[0].double().numpy().ravel()


def as_map(values: np.ndarray, question: Question) -> np.ndarray:
    """Return values of all pixels, of each channel or of all together, as one map."""
    return values.reshape(-1, *question.picture.shape[2:]).sum(0)


def all_equal(found, wanted, rounding=1e-9):
    return np.abs(found - wanted).max() <= 2e-4 * np.abs(wanted).max() + rounding


# each method by hand: (network, question) -> values of all pixels and channels


def gradient(hand, asked):
    return hand.gradient(numbers(asked.picture), TARGET)


def input_x_gradient(hand, asked):
    return numbers(asked.picture) * gradient(hand, asked)


def integrated_gradients(hand, asked):
    x, start = numbers(asked.picture), numbers(asked.baseline)
    places, weights = np.polynomial.legendre.leggauss(asked.settings.steps)
    slopes = [hand.gradient(start + (1 + place) / 2 * (x - start), TARGET) for place in places]
    return (x - start) * (weights[:, None] / 2 * slopes).sum(0)


def smooth_grad(hand, asked):
    with drawn(SEED):
        noisy = torch.normal(asked.picture.repeat_interleave(5, 0), asked.settings.noise * asked.range)
    return np.mean([hand.gradient(picture, TARGET) for picture in noisy.double().flatten(1).numpy()], 0)


def guided_backprop(hand, asked):
    return hand.gradient(numbers(asked.picture), TARGET, relu=lambda slopes, slope: np.maximum(slopes, 0) * slope)


def deconvolution(hand, asked):
    return hand.gradient(numbers(asked.picture), TARGET, relu=lambda slopes, _slope: np.maximum(slopes, 0))


def deep_lift(hand, asked):
    return hand.deep_lift(numbers(asked.picture), numbers(asked.baseline), TARGET)


def gradient_shap(hand, asked):
    samples = asked.settings.samples
    with drawn(SEED):
        noisy = torch.normal(asked.picture.repeat_interleave(samples, 0), asked.settings.noise * asked.range)
        starts = asked.references[np.random.choice(len(asked.references), samples).tolist()]
        shares = np.random.uniform(0, 1, samples)
    noisy, starts = (part.double().flatten(1).numpy() for part in (noisy, starts))
    return np.mean([(x - start) * hand.gradient(share * x + (1 - share) * start, TARGET)
                    for x, start, share in zip(noisy, starts, shares)], 0)


def covered(asked, top, down, left, right):
    """Return the picture with a part of it set to the baseline."""
    picture = asked.picture.clone()
    picture[..., top:down, left:right] = asked.baseline[..., top:down, left:right]
    return numbers(picture)


def occlusion(hand, asked):
    side, window, stride = asked.picture.shape[-1], asked.settings.window, asked.settings.stride
    starts = range(0, side - window + stride, stride)  # the last window may reach over the edge
    whole, fall, seen = hand.score(numbers(asked.picture), TARGET), *np.zeros((2, side, side))
    for top, left in itertools.product(starts, starts):
        place = np.s_[top:top + window, left:left + window]
        fall[place] += whole - hand.score(covered(asked, top, top + window, left, left + window), TARGET)
        seen[place] += 1
    channels = asked.picture.shape[1]
    return np.broadcast_to(fall / seen, (channels, side, side))


def feature_ablation(hand, asked):
    side, size, channels = asked.picture.shape[-1], asked.settings.superpixel, asked.picture.shape[1]
    whole, found = hand.score(numbers(asked.picture), TARGET), np.zeros((channels, side, side))
    for top, left in itertools.product(range(0, side, size), range(0, side, size)):
        part = found[:, top:top + size, left:left + size]
        part[:] = (whole - hand.score(covered(asked, top, top + size, left, left + size), TARGET)) / part.size
    return found


def grad_cam(hand, asked):
    at = hand.names.index(saliency.last_maps(asked.snapshot.experiment.network))
    maps = hand.run(numbers(asked.picture))[at + 1]
    slopes = hand.gradient(numbers(asked.picture), TARGET, until=at + 1)
    channels = [block.channels for block in asked.snapshot.experiment.network.blocks if block.kind == "conv"][-1]
    maps, slopes = (values.reshape(channels, -1) for values in (maps, slopes))
    small = np.maximum((slopes.mean(1, keepdims=True) * maps).sum(0), 0)
    size = round(len(small) ** 0.5)
    stretch = stretched(size, asked.picture.shape[-1])
    return (stretch @ small.reshape(size, size) @ stretch.T)[None]


def stretched(size, side):
    """Return the matrix (side, size) that stretches a line: each new pixel lies between the middles of two old ones."""
    at = np.clip((np.arange(side) + 0.5) * size / side - 0.5, 0, size - 1)
    return np.maximum(1 - np.abs(at[:, None] - np.arange(size)), 0)


def guided_grad_cam(hand, asked):
    channels, side = asked.picture.shape[1:3]
    return guided_backprop(hand, asked).reshape(channels, side, side) * grad_cam(hand, asked)


def lrp(hand, asked):
    return relevances(hand, asked)[0][-1]


def relevances(hand, asked):
    black, white = (np.full(asked.picture[0].numel(), (level - MEAN) / DEVIATION) for level in (0, 1))
    return hand.relevances(numbers(asked.picture), TARGET, asked.settings.rule, black, white)


def kernel_shap(hand, asked):
    """Least squares over the subsets that Captum draws: all squares, none, then others by Shapley's kernel."""
    squares = asked.superpixels[0, 0].numpy()
    count = squares.max() + 1
    weights = torch.tensor([0, *((count - 1) / (size * (count - size)) for size in range(1, count))])
    kept = [np.ones(count), np.zeros(count)]
    with drawn(SEED):
        while len(kept) < asked.settings.draws:
            amount, values = Categorical(weights).sample(), torch.randn(1, count)
            kept.append((values > values.kthvalue(count - amount).values.item())[0].numpy().astype(float))
    x, start = (numbers(picture).reshape(asked.picture.shape[1:]) for picture in (asked.picture, asked.baseline))
    scores = np.array([hand.score(np.where(subset[squares] > 0, x, start), TARGET) for subset in kept])
    found = constrained_fit(np.array(kept[2:]), scores)
    return (found / np.bincount(squares.ravel()))[squares][None]


def constrained_fit(kept, scores):
    """Fit scores ≈ base + kept · values, where the values add up to f(all) − f(none), and base is f(none)."""
    whole, nothing, others = scores[0], scores[1], scores[2:] - scores[1]
    free, *_rest = np.linalg.lstsq(kept[:, :-1] - kept[:, -1:], others - kept[:, -1] * (whole - nothing))
    return np.append(free, whole - nothing - free.sum())


BY_HAND = {made.__name__: made for made in (
    gradient, input_x_gradient, integrated_gradients, smooth_grad, guided_backprop, deconvolution, deep_lift,
    gradient_shap, occlusion, feature_ablation, grad_cam, guided_grad_cam, lrp, kernel_shap)}


def test_every_method_is_worked_out_by_hand_too():
    assert set(BY_HAND) == set(METHODS)


@pytest.mark.parametrize("name", KINDS)
def test_the_network_is_the_same_by_hand(name):
    asked, hand = ask(name), network(name)[1]
    wanted = asked.snapshot.module(asked.picture)[0].detach().numpy()
    assert np.allclose(hand.run(numbers(asked.picture))[-1], wanted, atol=1e-5)


@pytest.mark.parametrize("name, method", [(name, method) for name in KINDS for method in METHODS
                                          if method in fitting(Network(blocks=KINDS[name][0]))])
def test_each_map_is_the_one_worked_out_by_hand(name, method):
    asked = ask(name)
    wanted = as_map(BY_HAND[method](network(name)[1], asked), asked)
    assert wanted.any() and all_equal(attribute(asked, method), wanted)


def handed_back(asked):
    black, white = (make_baseline(asked.snapshot, asked.picture, level) for level in ("black", "white"))
    return list(hand_back(fold_norms(asked.snapshot.module), asked.picture, black, white, TARGET, asked.settings.rule))


@pytest.mark.parametrize("name", [name for name in KINDS if "not zero" not in name])
@pytest.mark.parametrize("rule", saliency.RULES)
def test_relevance_is_handed_back_layer_by_layer_as_by_hand_and_only_biases_take_some(name, rule):
    asked = ask(name, rule=rule)
    (wanted, taken), (scores, *others) = relevances(network(name)[1], asked), handed_back(asked)
    layers = reversed(fold_norms(asked.snapshot.module))
    found = [scores, *(values for layer, values in zip(layers, others, strict=True)
                       if not isinstance(layer, nn.Flatten))]
    assert len(found) == len(wanted) == len(taken) + 1
    for mine, its in zip(found, wanted):
        assert all_equal(numbers(mine), its)
    sums = [values.sum().item() for values in found]
    lost = np.subtract(sums[:-1], sums[1:])
    assert np.allclose(lost, taken, atol=2e-4 * np.abs(sums).max())


@pytest.mark.parametrize("rule", [rule if rule == "gamma" else pytest.param(rule, marks=pytest.mark.check)
                                  for rule in saliency.RULES])
def test_what_lrp_says_of_a_real_digit_and_the_pretrained_network_is_what_is_worked_out_by_hand(rule, pretrained):
    asked = pose(pretrained[0], SEVEN, Saliency(target=str(TARGET), rule=rule))
    found, wanted = attribute(asked, "lrp"), as_map(lrp(pretrained[1], asked), asked)
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.9999
    assert np.abs(found - wanted).sum() < 0.01 * np.abs(wanted).sum()  # where two are equal, either is the largest


@pytest.fixture(scope="module")
def pretrained():
    known = load({"pretrained": "digits"}, "")
    return known, ByHand(known)


@pytest.mark.parametrize("turn", [1, -1])
def test_no_method_leaves_anything_behind_for_those_that_come_after_it(turn):
    name = "colour, batch norm and dropout everywhere"
    shared = ask(name)
    for method in METHODS[::turn] + METHODS[::turn]:
        assert np.array_equal(attribute(shared, method), attribute(ask(name), method)), method
    assert not any(layer._forward_hooks or layer._backward_hooks or layer._forward_pre_hooks
                   for layer in shared.module.modules())


@pytest.mark.parametrize("method", METHODS)
def test_a_layer_that_hands_on_what_it_is_given_changes_no_map_wherever_it_stands(method):
    blocks = (Conv(channels=4, stride=2), BatchNorm(), RELU, Conv(channels=4), Pool(), RELU, Flatten(),
              Linear(features=8), RELU, Linear(features=10))
    filled = (Dropout(), *itertools.chain.from_iterable((block, Dropout()) for block in blocks))
    with_it, without_it = (attribute(pose(snapshot(*each), SEVEN, Saliency(target="8", **SETTINGS)), method)
                           for each in (filled, blocks))
    assert without_it.any() and np.array_equal(with_it, without_it)


@pytest.mark.parametrize("name", [name for name in KINDS if "not zero" not in name])
@pytest.mark.parametrize("rule", saliency.RULES)
def test_without_biases_all_of_the_score_is_handed_down_to_the_pixels(name, rule):
    bare = without_biases(name)
    asked = pose(bare, _noise(bare, name), Saliency(target=str(TARGET), rule=rule))
    score = asked.scores(asked.picture).item()
    for values in handed_back(asked):
        assert values.sum().item() == pytest.approx(score, rel=1e-3, abs=1e-4)


def without_biases(name):
    """Return a network whose layers, a batch norm with the layer before it, shift nothing."""
    bare = copy.deepcopy(network(name)[0])
    for layer in bare.module.modules():
        for values in (getattr(layer, "bias", None), getattr(layer, "running_mean", None)):
            if values is not None:
                values.data.zero_()
    return bare


LAYER_BY_LAYER = (("gradient", {}), ("deep_lift", {"baseline": "black"}), ("deep_lift", {"baseline": "blurred"}),
                  *(("lrp", {"rule": rule}) for rule in saliency.RULES))


@pytest.mark.parametrize("seeds", [range(15), pytest.param(range(15, 600), marks=pytest.mark.check)],
                         ids=["some", "many"])
def test_what_goes_back_layer_by_layer_is_right_whatever_the_blocks_are_and_in_whatever_order(seeds):
    wrong, tried = [], 0
    for seed in seeds:
        known = random_network(seed)
        hand, picture = ByHand(known), _noise(known, str(seed))
        if hand.has_ties(numbers(known.inputs(torch.from_numpy(picture)[None]))):
            continue
        tried += 1
        for method, settings in LAYER_BY_LAYER:
            asked = pose(known, picture, Saliency(target=str(TARGET), **settings))
            if not all_equal(attribute(asked, method), as_map(BY_HAND[method](hand, asked), asked)):
                wrong.append((seed, method, settings))
    assert not wrong and tried > 0.7 * len(seeds)
