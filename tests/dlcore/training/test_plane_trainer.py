"""A playground that learns: against a loop written by hand, against itself interrupted, and gone wrong."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn, optim

from dlcore.data.toy import features_of, make_points
from dlcore.errors import SpecError
from dlcore.specs.changes import Change
from dlcore.specs.plane import PlaneData
from dlcore.specs.plane_network import Layer, PlaneNetwork
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.specs.training import OPTIMIZERS
from dlcore.training.plane_trainer import PlaneTrainer
from dlcore.training.pulse import Pace
from dlcore.training.recording import Recording
from dlcore.training.shuffle import order_key, order_of

pytestmark = pytest.mark.usefixtures("one_thread")

STEADY = PlaneTraining(epochs=6, pace=0, reproducible=True, optimizer="adam", learning_rate=0.05, seed=3)
SPEC = Playground(data=PlaneData(points=100), training=STEADY)
NETWORKS = {
    "plain": PlaneNetwork(), "dropout": PlaneNetwork(dropout=0.3),
    "norms": PlaneNetwork(batch_norm=True, frozen=("1.2",), removed=("1.4",)),
    "residual": PlaneNetwork(layers=(Layer(3, "relu"), Layer(3, "gelu"), Layer(3, "none")), residual=True),
}


def run_to(run: PlaneTrainer, step: int) -> PlaneTrainer:
    while run.step < step and not run.finished:
        run.advance(0)
    return run


def finish(run: PlaneTrainer) -> PlaneTrainer:
    while not run.finished and run.diverged is None:
        run.advance(1)
    return run


def same(one: PlaneTrainer, other: PlaneTrainer) -> bool:
    first, second = one.weights(), other.weights()
    return all(torch.equal(first[name], second[name]) for name in first)


def plain_optimizer(name, groups, rate):
    return {"sgd": lambda: optim.SGD(groups, rate, momentum=0.8), "rmsprop": lambda: optim.RMSprop(groups, rate),
            "adam": lambda: optim.Adam(groups, rate), "adamw": lambda: optim.AdamW(groups, rate)}[name]()


def plain_loop(spec: Playground, epochs: int) -> nn.Module:
    """Train the default network as a person would write it: weights are penalised, biases are not."""
    training, points = spec.training, make_points(spec.data, None)
    torch.manual_seed(training.seed)
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2), nn.Tanh(), nn.Linear(2, 1))
    x = torch.from_numpy(features_of(points.train, spec.network.features))
    y = torch.from_numpy(points.train_targets).float()[:, None]
    weights = [net[index].weight for index in (0, 2, 4)]
    groups = [{"params": weights, "weight_decay": training.l2},
              {"params": [net[index].bias for index in (0, 2, 4)], "weight_decay": 0.0}]
    optimizer = plain_optimizer(training.optimizer, groups, training.learning_rate)
    for epoch in range(epochs):
        order = torch.from_numpy(order_of(order_key(training.seed), epoch, len(x)))
        for chosen in order.split(training.batch_size):
            optimizer.zero_grad()
            outputs = net(x[chosen])
            loss = F.binary_cross_entropy_with_logits(outputs, y[chosen])
            if training.loss == "squared":
                loss = ((torch.tanh(outputs) - (2 * y[chosen] - 1)) ** 2).mean() / 2
            loss = loss + training.l1 * sum(weight.abs().sum() for weight in weights)
            loss.backward()
            optimizer.step()
    return net


@pytest.mark.parametrize("loss", ["cross_entropy", "squared"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_autograd_trains_as_a_plain_loop_does(name, loss):
    training = replace(STEADY, optimizer=name, loss=loss, momentum=0.8, l1=0.001, l2=0.01, batch_size=8,
                       learning_rate=0.01)
    ours = finish(PlaneTrainer(replace(SPEC, training=training)))
    theirs = torch.cat([value.flatten() for value in plain_loop(replace(SPEC, training=training), 6).parameters()])
    torch.testing.assert_close(ours.net.flat, theirs.detach(), rtol=1e-4, atol=1e-5)


def test_every_epoch_has_an_order_of_its_own_that_the_seed_decides():
    orders = [order_of(order_key(seed), epoch, 50) for seed in (0, 1) for epoch in (0, 1)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert len({tuple(order.tolist()) for order in orders}) == 4
    first = np.array([order_of(order_key(0), epoch, 5)[0] for epoch in range(2000)])
    assert np.abs(np.bincount(first) - 400).max() < 80  # four deviations


@pytest.mark.parametrize("network", NETWORKS)
def test_a_run_that_is_interrupted_and_continued_is_equal_to_the_bit(network, tmp_path):
    asked = replace(SPEC, network=NETWORKS[network],
                    changes=(Change(7, "network.w1.1.1", 0.5), Change(9, "training.learning_rate", 0.02)))
    whole = finish(PlaneTrainer(asked, Recording.create(tmp_path / "whole", asked)))
    recording = Recording.create(tmp_path / "parts", asked)
    for stop in (3, 14, 17):
        run = PlaneTrainer(asked, recording, start=recording.states()[-1] if recording.states() else None)
        run_to(run, stop).save()
        torch.rand(7)
    continued = finish(PlaneTrainer(recording.experiment, Recording(recording.folder), start=17))
    assert same(whole, continued) and whole.step == continued.step == 30
    first, second = ({event["step"]: event for event in run.recording.events() if event["kind"] == "metric"}
                     for run in (whole, continued))
    assert first == {step: second[step] for step in first}


def test_a_run_learns_and_tells_both_losses():
    run = PlaneTrainer(replace(SPEC, training=replace(STEADY, epochs=60)))
    points = [event for event in finish(run).take_events() if event["kind"] == "metric"]
    assert points[0]["step"] == 0 and points[-1]["step"] == 300 and points[-1]["epoch"] == 60
    assert points[-1]["train_loss"] < 0.5 * points[0]["train_loss"]
    assert points[-1]["test_accuracy"] > 0.8
    assert json.loads(json.dumps(points[0]))["train_accuracy"] == points[0]["train_accuracy"]


def test_reports_stay_bounded_however_fast_it_is():
    run = PlaneTrainer(replace(SPEC, training=replace(STEADY, epochs=800, batch_size=50)))
    events = finish(run).take_events()
    assert len(events) < 150
    assert [event["epoch"] for event in events if event["kind"] == "metric"][:5] == [0, 1, 2, 3, 4]


def test_frozen_and_removed_neurons_do_not_move():
    network = PlaneNetwork(frozen=("1.2", "3.1"), removed=("1.3",))
    run = PlaneTrainer(replace(SPEC, network=network, training=replace(STEADY, l2=0.1)))
    before = {name: value.clone() for name, value in run.weights().items()}
    after = finish(run).weights()
    assert torch.equal(after["fc1.weight"][1:3], before["fc1.weight"][1:3])
    assert torch.equal(after["fc2.weight"][:, 2], before["fc2.weight"][:, 2])
    assert torch.equal(after["fc3.weight"], before["fc3.weight"]) and torch.equal(after["fc3.bias"], before["fc3.bias"])
    for row, column in ((0, 0), (3, 1)):
        assert after["fc1.weight"][row, column] != before["fc1.weight"][row, column]


def test_weights_set_by_hand_while_it_learns_are_recorded_and_replayed(tmp_path):
    recording = Recording.create(tmp_path / "run", SPEC)
    run = run_to(PlaneTrainer(SPEC, recording), 8)
    run.change("network.w2.1.3", 2.5)
    assert run.weights()["fc2.weight"][0, 2] == 2.5 and run.step == 8
    run.change("network.removed.1.1", True)
    with pytest.raises(SpecError, match="no w9.1.1"):
        run.change("network.w9.1.1", 0.0)
    finish(run)
    assert [(change.step, change.field, change.value) for change in recording.changes()] == [
        (8, "network.w2.1.3", 2.5), (8, "network.removed.1.1", True)]
    assert same(run, finish(PlaneTrainer(replace(SPEC, changes=recording.changes()))))
    assert not same(run, finish(PlaneTrainer(SPEC)))


def test_a_pace_gives_so_many_steps_a_second_and_saves_up_few():
    pace = Pace()
    pace.set(100.0, 0.0)
    assert pace.allowed(0.0) == 1  # the first one at once
    pace.spend(1)
    assert pace.allowed(0.05) == 5 and pace.rest(0.05) == 0
    pace.spend(5)
    assert pace.allowed(0.052) == 0 and pace.rest(0.052) == pytest.approx(0.013)
    assert pace.allowed(60.0) == 25
    pace.set(0.5, 60.0)
    pace.spend(0)
    assert pace.allowed(60.0) == 0 and pace.rest(60.0) == pytest.approx(1.0)
    pace.set(0.0, 60.0)
    assert pace.allowed(60.0) is None and pace.rest(60.0) == 0


def test_a_change_of_the_pace_is_not_recorded():
    run = PlaneTrainer(replace(SPEC, training=replace(STEADY, epochs=1000, pace=1)))
    run.advance(0)
    assert run.step == 1 and run.rest > 0
    run.change("training.pace", 0)
    assert run.rest == 0 and run.experiment.changes == ()
    assert run_to(run, 30).step >= 30
    assert [event for event in run.take_events() if event["kind"] == "change"] == []


def test_single_steps_and_epochs():
    run = PlaneTrainer(SPEC)
    run.step_once()
    assert run.step == 1
    run.step_epoch()
    assert run.step == 5
    run.step_epoch()
    assert run.step == 10 and run.epoch == 2
    assert [event["step"] for event in run.take_events() if event["kind"] == "metric"] == [1, 5, 10]
    for _ in range(9):
        run.step_epoch()
    assert run.finished and run.step == 30


@pytest.mark.parametrize(("training", "said"), [
    ({"learning_rate": 10.0}, "learning rate 10 is too large"), ({"l2": 1.0, "learning_rate": 5.0}, "penalty 1 times"),
])
def test_a_run_that_comes_to_no_number_stops_says_why_and_keeps_what_was_before(training, said, tmp_path):
    network = PlaneNetwork(layers=(Layer(4, "relu"),) * 3)
    asked = Playground(data=PlaneData(dataset="plane", points=100), network=network,
                       training=replace(STEADY, epochs=5_000, optimizer="sgd", **training))
    recording = Recording.create(tmp_path / "run", asked)
    run = finish(PlaneTrainer(asked, recording))
    assert said in str(run.diverged) and not run.finished and run.step < 1000
    assert run.take_events()[-1]["kind"] == "diverged"
    kept = [recording.weights(step)[1] for step in recording.snapshots()]
    assert kept and all(np.isfinite(value).all() for weights in kept for value in weights.values())
    run.save()
    again = PlaneTrainer(recording.experiment, recording, start=recording.states()[-1])
    again.change("training.learning_rate", 0.001)
    again.change("training.l2", 0.0)
    run_to(again, again.step + 200)
    assert again.diverged is None and again.net.flat.isfinite().all()


def test_a_frame_tells_what_trains_and_how_well():
    run = run_to(PlaneTrainer(SPEC), 5)
    frame = run.frame()
    assert frame["step"] == 5 and frame["epoch"] == 1 and frame["gear"] == "autograd" and frame["why"]["template"]
    assert frame["metrics"]["train_loss"] == run.task.measure(run.net)["train_loss"]
    assert np.array_equal(frame["weights"], run.net.flat.numpy())
