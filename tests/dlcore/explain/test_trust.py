"""The trust meter, the removal curves, the attacks and the influences, against their definitions."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from captum.robust import FGSM, PGD

from dlcore.data import images
from dlcore.data.batches import Batches
from dlcore.errors import EngineError
from dlcore.explain import attribution, influence, removal, trust
from dlcore.explain.adversarial import EPSILONS, REACH, STEPS, Attack
from dlcore.explain.attribution import attribute
from dlcore.explain.question import pose
from dlcore.explain.saliency_jobs import JOBS
from dlcore.explain.snapshot import load
from dlcore.specs.codec import to_dict
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import Conv, Flatten, Linear, Network, Pool
from dlcore.specs.saliency import NO_RULE, Saliency
from dlcore.specs.training import Training
from dlcore.training.recording import Recording
from dlcore.training.trainer import Trainer
from tests.dlcore.explain.small_nets import RELU, SEVEN, snapshot, without_convolution

MNIST = images.load("mnist")
BLOCKS = (Conv(channels=4, kernel=5, stride=3), RELU, Flatten(), Linear(features=10))
SNAPSHOT = snapshot()
LINEAR = snapshot(Flatten(), Linear(features=10))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with one small run that has learned a little, and what was learned."""
    home = tmp_path_factory.mktemp("trained")
    experiment = Experiment(data=ImageData(train_size=2000), network=Network(blocks=BLOCKS),
                            training=Training(batch_size=50, epochs=2, reproducible=True))
    trainer = Trainer(experiment, Recording.create(home / "runs" / "one", experiment))
    while not trainer.finished:
        trainer.advance(1)
    return home, experiment


def work(kind, home, **request):
    """Return what a Job finds out about the digit, and whether its progress rose to the end."""
    job = JOBS[kind]({"image": SEVEN, "label": 7, "settings": to_dict(Saliency()), **request}, home)
    told = []
    while not job.finished:
        job.advance(0)
        told.append(job.progress)
    assert told == sorted(told) and told[-1] == 1 and 0 <= told[0]
    return job.result


def ask(snapshot=SNAPSHOT, target="3", **settings):
    return pose(snapshot, SEVEN, Saliency(target=target, **settings))


# trust


def test_rank_correlation_is_pearsons_of_the_ranks_and_equal_values_share_theirs():
    draw = np.random.default_rng(0)
    one, other = draw.normal(size=(2, 20, 20))
    ranks = [values.ravel().argsort().argsort() for values in (one, other)]
    assert trust.rank_correlation(one, other) == pytest.approx(np.corrcoef(*ranks)[0, 1])
    assert trust.rank_correlation(one, np.exp(3 * one)) == pytest.approx(1)
    assert trust.rank_correlation(np.array([1, 2, 2, 3]), np.array([1, 2, 3, 4])) == pytest.approx(
        np.corrcoef([1, 2.5, 2.5, 4], [1, 2, 3, 4])[0, 1])
    assert trust.rank_correlation(one, np.ones_like(one)) == 0


def test_the_cascade_randomises_from_the_top_and_leaves_the_rest():
    groups = trust.layers_from_top(SNAPSHOT.experiment.network)
    assert groups == [("fc2",), ("fc1", "norm3"), ("conv2", "norm2"), ("conv1", "norm1")]
    before = {name: value.clone() for name, value in SNAPSHOT.module.state_dict().items()}
    stages = list(trust.randomise_cascade(ask(), "gradient", draws=2))
    assert [(stage.draw, stage.depth) for stage in stages] == list(itertools.product((0, 1), (1, 2, 3, 4)))
    assert all(torch.equal(value, before[name]) for name, value in SNAPSHOT.module.state_dict().items())
    own = attribute(ask(), "gradient")
    assert all(not np.allclose(stage.values, own) for stage in stages)


def test_an_edge_detector_knows_nothing_of_the_network_and_a_gradient_does(trained):
    home, _experiment = trained
    told = work("trust", home, model={"run": "one", "step": None}, method="gradient")
    ends = [curve[-1] for curve in told["absolute"]]
    assert len(told["maps"]) == 3 and told["layers"] == ["fc1", "conv1"]
    assert max(map(abs, (curve[-1] for curve in told["signed"]))) < 0.5
    assert all(-1 <= end <= 1 for end in ends)
    edges = told["edges"]
    wanted = np.hypot(*np.gradient(SEVEN.astype(float)))
    assert np.corrcoef(edges.ravel(), wanted.ravel())[0, 1] > 0.9


def test_the_map_of_a_linear_network_foretells_every_change_and_a_map_of_zeros_none():
    asked = ask(LINEAR)
    nothing = trust.measure_infidelity(asked, "occlusion", np.zeros((28, 28), np.float32))
    for method in ("gradient", "integrated_gradients"):
        assert trust.measure_infidelity(asked, method, attribute(asked, method)) < 1e-4 * nothing
    noise = np.random.default_rng(0).normal(size=(28, 28)).astype(np.float32)
    assert 0.01 * nothing < trust.measure_infidelity(asked, "occlusion", noise) <= nothing
    changes = []
    draw = torch.Generator().manual_seed(5)
    for _sample in range(500):
        gone = torch.rand(49, generator=draw)[asked.superpixels] < 0.5
        removed = torch.where(gone, asked.baseline, asked.picture)
        changes.append((asked.scores(asked.picture) - asked.scores(removed)).item())
    assert nothing == pytest.approx(np.mean(np.square(changes)), rel=0.2)


def test_sensitivity_is_the_largest_relative_change_and_zero_where_the_gradient_is_everywhere_the_same():
    assert trust.measure_sensitivity(ask(LINEAR), "gradient") == pytest.approx(0, abs=1e-6)
    moved = trust.measure_sensitivity(ask(LINEAR), "input_x_gradient")
    weights = LINEAR.module.fc1.weight[3].detach()
    most = 0.02 / 0.3081 * weights.norm() / (weights * ask(LINEAR).picture.flatten()).norm()
    assert 0 < moved <= most


def test_the_sum_is_told_beside_what_was_promised():
    asked = ask()
    for method in ("deep_lift", "kernel_shap"):
        told = trust.check_sum(asked, method, attribute(asked, method))
        assert told["sum"] == pytest.approx(told["promise"], rel=1e-4) and told["method"] == method
    assert trust.check_sum(asked, "grad_cam", attribute(asked, "grad_cam")) is None


@pytest.mark.parametrize("noise", [0.05, 0.5])
def test_gradient_shap_promises_the_mean_score_of_noisy_copies_less_that_of_its_digits(noise):
    asked = ask(noise=noise, samples=100)
    draw = np.random.default_rng(0)
    copies = asked.picture + torch.from_numpy(draw.normal(0, noise / 0.3081, (2000, 1, 28, 28))).float()
    wanted = asked.scores(copies).mean() - asked.scores(asked.references).mean()
    spread = asked.scores(copies).std() / np.sqrt(trust.SAMPLES)
    told = trust.check_sum(asked, "gradient_shap", attribute(asked, "gradient_shap"))
    assert told["promise"] == pytest.approx(wanted.item(), abs=4 * spread.item())


# removal


def test_the_curves_are_those_of_a_loop_that_takes_pixels_away_one_part_after_the_other():
    asked = ask()
    values = attribute(asked, "occlusion")
    curves = removal.remove_in(asked, removal.order_pixels(asked, values))
    ink = SEVEN.ravel() > 0
    order = sorted(np.flatnonzero(ink), key=lambda pixel: (-values.ravel()[pixel], pixel))
    for step in (0, 7, removal.STEPS):
        first = order[: round(len(order) * step / removal.STEPS)]
        kept, put = SEVEN.copy().ravel(), np.zeros(784, np.uint8)
        kept[first], put[first] = 0, SEVEN.ravel()[first]
        for picture, curve in ((kept, curves.deletion), (put, curves.insertion)):
            scores = SNAPSHOT.read(torch.from_numpy(picture.reshape(1, 28, 28)))
            assert curve[step] == pytest.approx(scores[0, 3].item(), abs=1e-5)
    steps = np.linspace(0, 1, removal.STEPS + 1)
    assert curves.areas == pytest.approx((np.trapezoid(curves.deletion, steps), np.trapezoid(curves.insertion, steps)))


def test_the_best_order_for_a_linear_network_is_that_of_weight_times_difference():
    asked = ask(LINEAR)
    best = removal.remove_in(asked, removal.order_pixels(asked, attribute(asked, "integrated_gradients"))).areas
    others = [removal.remove_in(asked, order).areas for order in removal.random_orders(asked)]
    assert all(best[0] < other[0] and best[1] > other[1] for other in others)


def test_every_method_is_compared_with_a_random_order_and_an_edge_detector(trained):
    told = work("removal", trained[0], model={"run": "one", "step": None}, methods=("deep_lift", "gradient"))
    assert list(told["curves"]) == ["random", "edges", "deep_lift", "gradient"]
    assert told["curves"]["deep_lift"]["areas"][0] < told["curves"]["random"]["areas"][0]


def test_a_method_that_does_not_fit_the_weights_leaves_the_others_their_curves(trained, monkeypatch):
    def refuse(_question):
        raise EngineError(NO_RULE, function="relu")
    monkeypatch.setitem(attribution.METHODS, "lrp", refuse)
    told = work("removal", trained[0], model={"run": "one", "step": None}, methods=("gradient", "lrp", "grad_cam"))
    assert list(told["curves"]) == ["random", "edges", "gradient", "grad_cam"]


# attacks


def test_fgsm_is_its_formula_and_captums():
    attack = Attack(ask(target="7"))
    network = lambda pictures: SNAPSHOT.module((pictures - 0.1307) / 0.3081)  # noqa: E731
    picture = torch.from_numpy(SEVEN)[None, None] / 255
    moving = picture.clone().requires_grad_()
    slope = torch.autograd.grad(F.cross_entropy(network(moving), torch.tensor([7])), moving)[0]
    for epsilon, found in zip(EPSILONS, attack.fgsm(), strict=True):
        assert torch.allclose(found, (picture + epsilon * slope.sign()).clamp(0, 1)[0], atol=1e-6)
    captums = FGSM(network, lower_bound=0, upper_bound=1, loss_func=torch.nn.CrossEntropyLoss(reduction="none"))
    wanted = captums.perturb(picture, float(EPSILONS[10]), torch.tensor([7]))
    assert torch.allclose(attack.fgsm()[10], wanted[0], atol=1e-6)


@pytest.mark.parametrize("towards", [None, 2])
def test_pgd_is_captums_for_every_epsilon(towards):
    smooth = without_convolution("tanh")  # with ReLUs and ties, rounding decides about many signs
    network = lambda pictures: smooth.module((pictures - 0.1307) / 0.3081)  # noqa: E731
    picture = torch.from_numpy(SEVEN)[None, None] / 255
    found = list(Attack(ask(smooth, target="7"), towards).pgd())[-1]
    captums = PGD(network, lower_bound=0, upper_bound=1, loss_func=torch.nn.CrossEntropyLoss(reduction="none"))
    for at in (3, 12):
        epsilon = float(EPSILONS[at])
        wanted = captums.perturb(picture, epsilon, REACH / STEPS * epsilon, STEPS,
                                 torch.tensor([7 if towards is None else towards]), targeted=towards is not None)
        assert ((found[at] - wanted[0]).abs() < 1e-5).float().mean() > 0.97


def test_attacked_pictures_stay_within_epsilon_and_grey(trained):
    colour = snapshot(Conv(channels=4, stride=2), RELU, Pool(), Flatten(), Linear(features=10),
                      data=ImageData(size=32, channels=3))
    attack = Attack(ask(colour))
    for pictures in (attack.fgsm(), list(attack.pgd())[-1]):
        assert pictures.shape == (len(EPSILONS), 1, 32, 32)
        assert ((pictures - attack.picture).abs().amax((1, 2, 3)) <= torch.from_numpy(EPSILONS) + 1e-6).all()
        assert pictures.min() >= 0 and pictures.max() <= 1
    told = work("attacks", trained[0], model={"run": "one", "step": None})
    assert np.array_equal(told["pgd"]["pictures"][0], SEVEN)
    assert told["pgd"]["scores"][-1, told["target"]] <= told["fgsm"]["scores"][-1, told["target"]] + 0.05
    assert told["pgd"]["scores"][-1].argmax() != told["target"]


# along the recording


def test_the_film_shows_each_snapshots_own_map(trained):
    home, _experiment = trained
    steps = Recording(home / "runs" / "one").snapshots()
    told = work("film", home, model={"run": "one"}, steps=steps, method="deep_lift")
    assert told["steps"] == steps
    for at in (0, len(steps) - 1):
        asked = pose(load({"run": "one", "step": steps[at]}, home), SEVEN, Saliency(), label=7)
        assert np.array_equal(told["maps"][at], attribute(asked, "deep_lift"))
    assert told["scores"][-1][7] > told["scores"][0][7]


# influence


def by_hand(snapshot, z, label_z, x, label_x):
    """Return ∇L(z)·∇L(x) over the last layer's weights and biases, by autograd."""
    layer, found = snapshot.module.fc1, []
    for picture, label in ((z, label_z), (x, label_x)):
        outputs = snapshot.module(snapshot.inputs(torch.from_numpy(picture)[None]))
        loss = F.cross_entropy(outputs, torch.tensor([int(label)]))
        found.append(torch.cat([part.flatten() for part in torch.autograd.grad(loss, [layer.weight, layer.bias])]))
    return (found[0] @ found[1]).item()


def test_tracin_is_the_dot_product_of_the_gradients_summed_over_snapshots(trained):
    home, experiment = trained
    told = work("influence", home, model={"run": "one", "step": None})
    assert told["looked"] == told["learned"] == 2000 and len(told["steps"]) == told["snapshots"] - 1 or \
        len(told["steps"]) == influence.MOST_SNAPSHOTS
    for side, at in (("helpful", 0), ("helpful", 5), ("harmful", 0)):
        index, value = told[side]["indices"][at], told[side]["values"][at]
        wanted = 0.0
        for step in told["steps"]:
            seen = load({"run": "one", "step": step}, home)
            wanted += influence.learning_rate(experiment, step) * by_hand(
                seen, MNIST.train_images[index], MNIST.train_labels[index], SEVEN, 7)
        assert value == pytest.approx(wanted, rel=1e-3)
    values = told["helpful"]["values"]
    assert np.all(np.diff(values) <= 0) and values[-1] > 0 > told["harmful"]["values"][0]


def test_only_digits_that_the_run_learned_from_are_looked_at(trained):
    home, experiment = trained
    told = work("influence", home, model={"run": "one", "step": None})
    learned = set(Batches(experiment.data, MNIST, 50, 0).chosen.tolist())
    assert learned.issuperset(told["helpful"]["indices"]) and learned.issuperset(told["harmful"]["indices"])


def test_a_network_that_does_not_end_with_a_linear_layer_is_told_so():
    ends = snapshot(Conv(channels=10, kernel=5, stride=4), Pool(size=6, stride=6), Flatten())
    with pytest.raises(EngineError, match="linear last layer"):
        influence.LastLayer(ends)


def test_large_networks_have_some_of_their_digits_looked_at_and_it_is_told():
    from dlcore.specs.model import PRESETS
    large = Experiment(network=Network(blocks=PRESETS["my_net"]), data=ImageData(size=48, channels=3))
    chosen = influence.choose_candidates(large, MNIST, 6)
    assert 1_000 <= len(chosen.indices) < chosen.of == 60_000 and len(set(chosen.indices)) == len(chosen.indices)


def test_the_snapshots_that_are_looked_at_are_spread_up_to_the_last_and_none_is_untrained():
    assert influence.choose_steps([0, 5, 10, 20, 40, 80, 160, 320]) == [5, 10, 20, 80, 160, 320]
    assert influence.choose_steps([0, 5, 9]) == [5, 9] and influence.choose_steps([0]) == [0]
