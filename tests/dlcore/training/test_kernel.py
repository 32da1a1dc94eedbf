"""The compiled kernel against autograd and torch's optimisers: gradients, updates, orders, whole trainings."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dlcore.models.plane import build_plane
from dlcore.specs.changes import Change
from dlcore.specs.model import ACTIVATIONS
from dlcore.specs.plane import PlaneData
from dlcore.specs.plane_network import FEATURES, Layer, PlaneNetwork
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.specs.training import OPTIMIZERS
from dlcore.training import kernel_cache, plane_kernel
from dlcore.training.plane_autograd import AutogradGear
from dlcore.training.plane_kernel import KernelGear, why_not
from dlcore.training.plane_memory import PlaneMemory
from dlcore.training.plane_task import PlaneTask
from dlcore.training.plane_trainer import PlaneTrainer
from dlcore.training.shuffle import order_key, order_of

BIG = PlaneNetwork(features=FEATURES, layers=(Layer(6),) * 8)
LOSSES = {"squared": (PlaneData(dataset="plane", points=90), "squared"), "bounded": (PlaneData(points=90), "squared"),
          "binary": (PlaneData(points=90), "cross_entropy"),
          "softmax": (PlaneData(dataset="rings", classes=5, points=90), "cross_entropy"),
          "bounded, many": (PlaneData(dataset="rings", classes=3, points=90), "squared")}


@pytest.fixture(scope="session")
def kernel():
    """The kernel's module: compiled here where it is not yet."""
    kernel_cache.compile_kernel()
    return kernel_cache.find_kernel()


def gears(spec: Playground, kernel) -> tuple[AutogradGear, KernelGear]:
    net = build_plane(spec)
    memory = PlaneMemory(net, spec)
    memory.hold(spec)
    autograd = AutogradGear(memory, PlaneTask(spec, None))
    return autograd, KernelGear(kernel, autograd)


def assert_equal_gradients(spec: Playground, kernel, step: int = 3) -> None:
    autograd, fast = gears(spec, kernel)
    autograd.find_gradient(step, spec)
    ours, at = torch.from_numpy(fast.find_gradient(step, spec)), 0
    for name, parameter in autograd.memory.net.named_parameters():
        mine, theirs = ours[at: at + parameter.numel()], parameter.grad.flatten()
        at += parameter.numel()
        assert (mine - theirs).norm() <= 1e-4 * theirs.norm() + 1e-8, name
    assert ours.abs().max() > 0 and fast.check(step, spec) is None


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", [*ACTIVATIONS, "none"])
def test_gradients_are_those_of_autograd_for_every_activation_and_loss(activation, loss, kernel):
    data, name = LOSSES[loss]
    network = PlaneNetwork(features=("x1", "x2", "sin(x1)"), layers=(Layer(5, activation), Layer(5, activation)),
                           residual=activation in ("relu", "gelu"), removed=("1.2", "2.5"))
    assert_equal_gradients(Playground(data, network, PlaneTraining(loss=name, batch_size=7)), kernel)


@pytest.mark.parametrize("batch_size", [1, 16, 17, 45, 1000])
def test_batches_of_any_size_fill_their_tiles(batch_size, kernel):
    training = PlaneTraining(batch_size=batch_size, l1=0.01, l2=0.02)
    assert_equal_gradients(Playground(PlaneData(points=90), BIG, training), kernel, step=0)


def test_the_last_smaller_batch_and_no_hidden_layer(kernel):
    spec = Playground(PlaneData(points=90), PlaneNetwork(layers=()), PlaneTraining(batch_size=20))
    assert_equal_gradients(spec, kernel, step=2)


def test_residual_connections_lead_from_the_features_too(kernel):
    network = PlaneNetwork(layers=(Layer(2, "silu"), Layer(2, "tanh")), residual=True)
    assert_equal_gradients(Playground(PlaneData(points=90), network), kernel)


@pytest.mark.parametrize("l2", [0.0, 0.05])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_whole_trainings_are_those_of_autograd(name, l2, kernel):
    training = PlaneTraining(optimizer=name, momentum=0.9, learning_rate=0.003, l1=0.001, l2=l2, batch_size=20)
    network = replace(BIG, frozen=("2.2", "9.1"), removed=("3.3",))
    spec = Playground(PlaneData(points=200), network, training)
    (slow, _), (_, fast) = gears(spec, kernel), gears(spec, kernel)
    slow.run(0, 60, spec)
    assert fast.run(0, 25, spec) == (25, True)
    fast.autograd.run(25, 30, spec)  # a change of gear on the way
    fast.run(30, 60, spec)
    torch.testing.assert_close(fast.memory.net.flat, slow.memory.net.flat, rtol=1e-3, atol=2e-4)
    for key, value in slow.memory.moments.items():
        torch.testing.assert_close(fast.memory.moments[key], value, rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_update_by_the_same_gradient_is_torchs_own(name, momentum, kernel):
    training = PlaneTraining(optimizer=name, momentum=momentum, learning_rate=0.05, l2=0.1 * (name == "adamw"))
    spec = Playground(PlaneData(points=90), replace(BIG, frozen=("1.1",)), training)
    autograd, fast = gears(spec, kernel)
    autograd.run(0, 3, spec)
    autograd.find_gradient(3, spec)
    assert fast._update_difference(spec) < 1e-6
    fast.optimizer = (fast.optimizer + 1) % 3
    assert fast._update_difference(spec) > 1e-6


def test_the_check_changes_nothing(kernel):
    spec = Playground(training=PlaneTraining(optimizer="adam"))
    autograd, fast = gears(spec, kernel)
    autograd.run(0, 5, spec)
    before = {**{name: value.clone() for name, value in autograd.memory.moments.items()},
              "flat": autograd.memory.net.flat.clone()}
    assert fast.check(5, spec) is None
    after = {**autograd.memory.moments, "flat": autograd.memory.net.flat}
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_the_order_of_an_epoch_is_the_same_in_both_gears(kernel):
    for seed, epoch, count in ((0, 0, 1), (1, 7, 2), (5, 123_456, 250)):
        order = np.zeros(count, np.int64)
        kernel.shuffle(order_key(seed), epoch, order)
        assert np.array_equal(order, order_of(order_key(seed), epoch, count))


def test_a_network_that_comes_to_no_number_is_seen_before_its_next_update(kernel):
    spec = Playground(PlaneData(points=90), BIG)
    _, fast = gears(spec, kernel)
    fast.flat[3] = np.nan
    before = fast.flat.copy()
    assert fast.run(7, 100, spec) == (7, False)
    np.testing.assert_array_equal(fast.flat, before)


@pytest.mark.parametrize(("spec", "said"), [
    (Playground(network=PlaneNetwork(dropout=0.1)), "do not know|does not know"),
    (Playground(network=PlaneNetwork(batch_norm=True)), "does not know"),
    (Playground(training=PlaneTraining(device="cuda")), "CPU alone"),
    (Playground(training=PlaneTraining(reproducible=True)), "autograd alone"),
])
def test_what_the_kernel_does_not_know_is_left_to_autograd(spec, said):
    assert why_not(Playground()) is None
    assert any(part in str(why_not(spec)) for part in said.split("|"))


# in the Trainer

FAST = Playground(training=PlaneTraining(epochs=300, pace=0, optimizer="adam", learning_rate=0.01))


def finish(run: PlaneTrainer) -> PlaneTrainer:
    while not run.finished and run.diverged is None:
        run.advance(1)
    return run


def test_a_trainer_uses_the_kernel_once_it_has_been_checked(kernel):
    run = finish(PlaneTrainer(FAST))
    frame = run.frame()
    assert frame["gear"] == "kernel" and frame["why"] is None
    assert frame["metrics"]["test_accuracy"] > 0.9


def test_steps_are_autograds_and_changes_are_heeded_at_their_step(kernel):
    run = PlaneTrainer(replace(FAST, changes=(Change(100, "training.learning_rate", 0.0),)))
    run.step_once()
    assert run.frame()["gear"] == "autograd"
    while run.step < 100:
        run.advance(0)
    before = run.net.flat.clone()
    finish(run)
    assert torch.equal(run.net.flat, before) and run.frame()["gear"] == "kernel"


def test_dropout_switched_on_while_it_learns_changes_the_gear(kernel):
    run = PlaneTrainer(replace(FAST, training=replace(FAST.training, epochs=10_000)))
    while run.step < 50:
        run.advance(0)
    assert run.frame()["gear"] == "kernel"
    run.change("network.dropout", 0.2)
    run.advance(0)
    assert run.frame()["gear"] == "autograd" and "dropout" in run.frame()["why"]["template"].lower()


def test_a_kernel_that_differs_is_not_used(kernel, monkeypatch):
    monkeypatch.setattr(plane_kernel, "GRADIENT_TOLERANCE", 1e-12)
    monkeypatch.setattr(plane_kernel, "FLOOR", 1e-12)
    run = PlaneTrainer(FAST)
    run.advance(0)
    frame = run.frame()
    assert frame["gear"] == "autograd" and "gradient differs" in frame["why"]["template"]


def test_while_it_is_compiled_autograd_trains(monkeypatch):
    monkeypatch.setattr(kernel_cache, "find_kernel", lambda: None)
    run = PlaneTrainer(FAST)
    run.advance(0)
    assert run.frame()["gear"] == "autograd" and "compiled" in run.frame()["why"]["template"]


def test_divergence_in_the_kernel_stops_the_run(kernel):
    spec = Playground(PlaneData(dataset="plane"), PlaneNetwork(layers=(Layer(4, "relu"),) * 3),
                      replace(FAST.training, optimizer="sgd", learning_rate=10.0))
    run = finish(PlaneTrainer(spec))
    assert "learning rate 10" in str(run.diverged) and run.step < 200
