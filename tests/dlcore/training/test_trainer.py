"""The Trainer against plain loops, against itself interrupted, and beside neighbours."""

import json
import math
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn, optim

from dlcore.data import images
from dlcore.data.batches import Batches, pictures_of, prepare
from dlcore.errors import RecordingError, SpecError
from dlcore.models.build import build
from dlcore.seeds import derive
from dlcore.specs.changes import MAX_CHANGES, Change
from dlcore.specs.data import Augment, ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import MY_NET, RELU, BatchNorm, Conv, Dropout, Flatten, Linear, Network, Pool
from dlcore.specs.training import LOSSES, OPTIMIZERS, Training
from dlcore.training import evaluation, examiner, files
from dlcore.training.evaluation import Evaluator
from dlcore.training.examiner import Examiner
from dlcore.training.recording import Recording
from dlcore.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("one_thread")

TINY = Network(blocks=(Conv(channels=4, stride=2), BatchNorm(), RELU, Pool(), Conv(channels=8), RELU, Dropout(p=0.3),
                       Flatten(), Linear(features=10)))
SMOOTH = Network(blocks=(Conv(channels=4, stride=2), RELU, BatchNorm(), Pool(), Conv(channels=8), RELU, Dropout(p=0.3),
                         Flatten(), Linear(features=10)))
DATA = ImageData(train_size=500)
STEADY = Training(batch_size=50, epochs=4, learning_rate=0.01, schedule="constant", reproducible=True, seed=3)


@pytest.fixture(autouse=True)
def few_held_out_digits(monkeypatch):
    """Hold out 60 digits, so that looking takes little time; 300 where all are evaluated."""
    loaded = images.load("mnist")
    fewer = replace(loaded, test_images=loaded.test_images[:300], test_labels=loaded.test_labels[:300])
    monkeypatch.setattr(images, "load", lambda name: fewer)
    monkeypatch.setattr(images, "held_out", lambda count: np.arange(0, 300, 5))
    monkeypatch.setattr(examiner, "FIT_DIGITS", 40)


def experiment(network: Network = TINY, data: ImageData = DATA, changes=(), **training) -> Experiment:
    return Experiment(data=data, network=network, training=replace(STEADY, **training), changes=tuple(changes))


def run_to(run: Trainer, step: int) -> Trainer:
    while run.step < step and not run.finished:
        run.advance(0)
    return run


def finish(run: Trainer) -> Trainer:
    while not run.over:
        run.advance(1)
    return run


def same(one: Trainer, other: Trainer) -> bool:
    first, second = one.weights(), other.weights()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def events_of(run: Trainer, kind: str) -> list[dict]:
    return [event for event in run.take_events() if event["kind"] == kind]


def plain_optimizer(name: str, module: nn.Module, rate: float, decay: float):
    return {"sgd": lambda: optim.SGD(module.parameters(), rate, momentum=0.9, weight_decay=decay, foreach=False),
            "rmsprop": lambda: optim.RMSprop(module.parameters(), rate, weight_decay=decay),
            "adam": lambda: optim.Adam(module.parameters(), rate, weight_decay=decay, foreach=False),
            "adamw": lambda: optim.AdamW(module.parameters(), rate, weight_decay=decay, foreach=False)}[name]()


def plain_loop(asked: Experiment, steps: int, zero_grad: bool = True) -> nn.Module:
    """Train as a person would write it."""
    training = asked.training
    module = build(asked.network, asked.data, training.seed).train()
    batches = Batches(asked.data, images.load("mnist"), training.batch_size, training.seed)
    optimizer = plain_optimizer(training.optimizer, module, training.learning_rate, training.weight_decay)
    for step in range(steps):
        pictures, labels = batches.batch(step)
        torch.manual_seed(derive(training.seed, "step", step))
        if zero_grad:
            optimizer.zero_grad()
        outputs, targets = module(pictures), F.one_hot(labels, 10).float()
        losses = {"cross_entropy": F.cross_entropy(outputs, labels), "mse": F.mse_loss(outputs, targets),
                  "bce": F.binary_cross_entropy_with_logits(outputs, targets)}
        losses[training.loss].backward()
        optimizer.step()
    return module


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_twenty_steps_are_those_of_a_plain_loop(name, loss):
    """No bias right before a batch norm: its gradient is rounding noise, which AdamW makes as large as any other."""
    asked = experiment(SMOOTH, optimizer=name, loss=loss, learning_rate=0.002, weight_decay=0.02)
    ours, theirs = run_to(Trainer(asked), 20).weights(), plain_loop(asked, 20).state_dict()
    for key, value in theirs.items():
        torch.testing.assert_close(ours[key], value, atol=1e-5, rtol=1e-4, msg=key)


def test_without_zero_grad_gradients_really_pile_up():
    asked = experiment(optimizer="sgd", zero_grad=False, learning_rate=0.003)
    ours, theirs = run_to(Trainer(asked), 12).weights(), plain_loop(asked, 12, zero_grad=False).state_dict()
    for key, value in theirs.items():
        torch.testing.assert_close(ours[key], value, atol=1e-5, rtol=1e-4, msg=key)
    assert not same(run_to(Trainer(asked), 12), run_to(Trainer(experiment(optimizer="sgd", learning_rate=0.003)), 12))


def test_a_run_learns():
    run = finish(Trainer(experiment(Network(), learning_rate=0.008, schedule="one_cycle", epochs=5)))
    points = [event for event in run.take_events() if "held_loss" in event]
    assert points[0]["step"] == 0
    assert points[0]["held_loss"] == pytest.approx(math.log(10), abs=0.5)
    assert points[-1]["held_loss"] < 0.8 * points[0]["held_loss"]
    assert points[-1]["fit_accuracy"] > 0.8
    assert run.step == run.total_steps == 50
    assert run.items_seen == 2500


def test_the_training_loss_is_the_mean_over_the_digits_since_the_last_point():
    run = finish(Trainer(experiment(batch_size=64, epochs=2)))
    points = [event for event in run.take_events() if event.get("train_loss") is not None]
    losses, asked = [], experiment(batch_size=64, epochs=2)
    module, batches = build(TINY, DATA, 3).train(), Batches(DATA, images.load("mnist"), 64, 3)
    optimizer = plain_optimizer("adamw", module, 0.01, asked.training.weight_decay)
    for step in range(16):
        torch.manual_seed(derive(3, "step", step))
        pictures, labels = batches.batch(step)
        loss = F.cross_entropy(module(pictures), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append((loss.item() * len(labels), len(labels)))
    before = 0
    for point in points:
        part = losses[before: point["step"]]
        mean = sum(sums for sums, _ in part) / sum(count for _, count in part)
        assert point["train_loss"] == pytest.approx(mean, rel=1e-3)
        before = point["step"]
    assert before == 16


# reproducible

HARD_CASES = {
    "sgd": {"optimizer": "sgd"}, "sgd without momentum": {"optimizer": "sgd", "momentum": 0.0},
    "rmsprop": {"optimizer": "rmsprop", "learning_rate": 0.001}, "adam": {"optimizer": "adam"}, "adamw": {},
    "one cycle": {"schedule": "one_cycle"}, "piled gradients": {"zero_grad": False, "learning_rate": 0.001},
    "no eval": {"eval_mode": False}, "last batch smaller": {"batch_size": 64},
}


@pytest.mark.parametrize("case", HARD_CASES)
def test_a_run_that_is_interrupted_and_continued_is_equal_to_the_bit(case, tmp_path):
    asked = experiment(epochs=3, **HARD_CASES[case])
    whole = finish(Trainer(asked, Recording.create(tmp_path / "whole", asked)))
    recording = Recording.create(tmp_path / "parts", asked)
    for stop in (3, 14, 17):
        run = Trainer(recording.experiment, recording, start=recording.states()[-1] if recording.states() else None)
        run_to(run, stop).save()
        torch.rand(7)
    continued = finish(Trainer(recording.experiment, Recording(recording.folder), start=17))
    assert same(whole, continued)
    metrics = [[event for event in one.recording.events() if "held_loss" in event] for one in (whole, continued)]
    assert metrics[0] == metrics[1] != []


def test_augmented_colour_runs_in_channels_last_are_continued_to_the_bit(tmp_path):
    data = ImageData(train_size=500, size=32, channels=3, augment=Augment(rotation=10, shift=2, brightness=0.2))
    asked = experiment(data=data, epochs=1, optimizer="adam")
    whole = finish(Trainer(asked))
    recording = Recording.create(tmp_path / "run", asked)
    run_to(Trainer(asked, recording), 4).save()
    assert same(whole, finish(Trainer(asked, recording, start=4)))


def test_two_reproducible_runs_tell_the_same():
    asked = experiment(epochs=2, eval_mode=False)
    first, second = finish(Trainer(asked)), finish(Trainer(asked))
    assert same(first, second)
    assert first.take_events() == second.take_events()


@pytest.mark.parametrize("eval_mode", [True, False])
def test_neighbours_in_the_same_process_change_nothing(eval_mode):
    asked = experiment(epochs=2, eval_mode=eval_mode)
    alone = finish(Trainer(asked))
    one, neighbour = Trainer(asked), Trainer(experiment(seed=8, epochs=3, eval_mode=False))
    while not (one.finished and neighbour.finished):
        one.advance(0)
        neighbour.advance(0)
        torch.rand(3)
    assert same(alone, one)
    assert alone.take_events() == one.take_events()


def test_the_weights_at_step_0_are_those_that_were_built():
    module = build(TINY, DATA, 3)
    fresh = Trainer(experiment())
    assert all(torch.equal(value, module.state_dict()[name]) for name, value in fresh.weights().items())


def test_going_back_to_a_state_and_on_again_gives_the_same_run(tmp_path):
    asked = experiment(epochs=3)
    recording = Recording.create(tmp_path / "run", asked)
    first = finish(Trainer(asked, recording))
    weights, told = {name: value.clone() for name, value in first.weights().items()}, recording.events()
    back = recording.states()[2]
    again = Trainer(asked, recording, start=back)
    assert again.step == back
    assert max(event["step"] for event in recording.events()) == back
    finish(again)
    assert all(torch.equal(value, weights[name]) for name, value in again.weights().items())
    looks = [[(event["kind"], event["step"]) for event in one if event["kind"] != "metric" or "held_loss" in event]
             for one in (told, recording.events())]
    assert looks[0] == looks[1]


def test_without_a_full_state_training_goes_on_from_the_weights_of_the_snapshot(tmp_path):
    asked = experiment()
    recording = Recording.create(tmp_path / "run", asked)
    run = run_to(Trainer(asked, recording), 3)
    run.change("training.learning_rate", 0.002)
    run_to(run, 6)
    run.save()
    for path in (recording.folder / "states").iterdir():
        path.unlink()
    on = Trainer(asked, recording, start=6)
    assert (on.step, on.items_seen, on.settings.training.learning_rate) == (6, 300, 0.002)
    for name, value in run.weights().items():
        torch.testing.assert_close(on.weights()[name], value, rtol=1e-3, atol=1e-6)


# changes

def test_changes_take_effect_from_the_next_step_and_are_replayed_to_the_bit():
    asked = experiment(epochs=3)
    steered = run_to(Trainer(asked), 4)
    steered.change("training.learning_rate", 0.1)
    run_to(steered, 9)
    for field, value in (("network.dropout", 0.8), ("training.weight_decay", 0.5), ("training.zero_grad", False)):
        steered.change(field, value)
    run_to(steered, 15)
    steered.change("training.zero_grad", True)
    steered.change("training.epochs", 2)
    finish(steered)
    assert steered.step == 20
    replayed = finish(Trainer(steered.experiment))
    assert same(steered, replayed)
    assert not same(steered, finish(Trainer(asked)))
    told = [[(event["step"], event["field"], event["value"]) for event in events_of(one, "change")]
            for one in (steered, replayed)]
    assert told[0] == told[1]
    assert told[0] == [(4, "training.learning_rate", 0.1), (9, "network.dropout", 0.8),
                       (9, "training.weight_decay", 0.5), (9, "training.zero_grad", False),
                       (15, "training.zero_grad", True), (15, "training.epochs", 2)]


def test_a_changed_learning_rate_is_that_of_the_very_next_step():
    asked = experiment(optimizer="sgd", momentum=0.0, weight_decay=0.0)
    run = run_to(Trainer(asked), 3)
    run.change("training.learning_rate", 0.0)
    before = run.module.fc1.weight.clone()
    run.step_once()
    assert torch.equal(run.module.fc1.weight, before)
    run.change("training.learning_rate", 0.1)
    run.step_once()
    assert not torch.equal(run.module.fc1.weight, before)


def test_changes_are_continued_and_told_once(tmp_path):
    asked = experiment(epochs=2, changes=[Change(12, "training.learning_rate", 0.001)])
    whole = Trainer(asked)
    run_to(whole, 5).change("network.dropout", 0.0)
    finish(whole)
    recording = Recording.create(tmp_path / "run", asked)
    run = run_to(Trainer(asked, recording), 5)
    run.change("network.dropout", 0.0)
    run.save()
    finish(Trainer(recording.experiment, recording, start=5))
    continued = Trainer(recording.experiment, recording, start=20)
    assert same(whole, continued)
    told = [(event["step"], event["field"]) for event in recording.events() if event["kind"] == "change"]
    assert told == [(5, "network.dropout"), (12, "training.learning_rate")]
    assert [made.step for made in continued.experiment.changes] == [5, 12]


def test_going_back_before_a_change_takes_it_back(tmp_path):
    asked = experiment(epochs=2)
    recording = Recording.create(tmp_path / "run", asked)
    run = run_to(Trainer(asked, recording), 5)
    run.save()
    run_to(run, 8).change("training.learning_rate", 1.0)
    finish(run)
    assert same(finish(Trainer(asked, recording, start=5)), finish(Trainer(asked)))


def test_a_slider_that_is_moved_while_paused_leaves_one_change():
    run = Trainer(experiment())
    for value in (0.1, 0.2, 0.3):
        run.change("training.learning_rate", value)
    assert run.experiment.changes == (Change(0, "training.learning_rate", 0.3),)
    assert run.settings.training.learning_rate == 0.3


def test_a_change_that_cannot_be_made_is_refused_and_changes_nothing():
    run = Trainer(experiment())
    for field, value in (("training.seed", 3), ("training.learning_rate", -1), ("network.dropout", 2), ("nonsense", 0)):
        with pytest.raises(SpecError):
            run.change(field, value)
    many = tuple(Change(step, "training.epochs", 4) for step in range(1, MAX_CHANGES + 1))
    with pytest.raises(SpecError):
        Trainer(experiment(changes=many)).change("training.learning_rate", 0.1)
    assert run.experiment == experiment()
    assert run.take_events() == []


# looking

@pytest.mark.parametrize("size", [28, 32])
def test_the_evaluator_is_a_plain_loop(size):
    asked = experiment(Network(), ImageData(size=size))
    module = build(asked.network, asked.data, 0)
    test = images.load("mnist")
    evaluator = Evaluator(asked, torch.from_numpy(test.test_images), torch.from_numpy(test.test_labels))
    evaluator.chunk = 70
    *parts, found = evaluator.run(module, torch.float32)
    assert (len(parts), module.training) == (5, True)
    module.eval()
    outputs = module(prepare(pictures_of(torch.from_numpy(test.test_images)), asked.data))
    labels = torch.from_numpy(test.test_labels).long()
    assert found.loss == pytest.approx(F.cross_entropy(outputs, labels).item(), rel=1e-4)
    assert found.accuracy == pytest.approx((outputs.argmax(1) == labels).sum().item() / 300)
    torch.testing.assert_close(found.scores, outputs.softmax(1), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("forgotten", [True, False])
def test_dropout_stays_on_where_eval_is_forgotten(forgotten):
    blocks = (Dropout(p=0.9), Flatten(), Linear(features=10))
    asked = experiment(Network(blocks=blocks), eval_mode=not forgotten)
    module, test = build(asked.network, DATA, 0), images.load("mnist")
    evaluator = Evaluator(asked, torch.from_numpy(test.test_images), torch.from_numpy(test.test_labels))
    first, again, other = ([*evaluator.run(module, torch.float32, seed)][-1].scores for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert torch.equal(first, other) is not forgotten


def test_no_chunk_of_an_evaluation_is_a_single_picture(monkeypatch):
    """Batch norm over a row of numbers cannot take one where eval() is forgotten."""
    blocks = (Flatten(), BatchNorm(), Linear(features=10))
    asked = experiment(Network(blocks=blocks), eval_mode=False)
    test = images.load("mnist")
    evaluator = Evaluator(asked, torch.from_numpy(test.test_images[:101]), torch.from_numpy(test.test_labels[:101]))
    evaluator.chunk = 100
    assert [*evaluator.run(build(asked.network, DATA, 0), torch.float32)][-1].scores.shape == (101, 10)


def test_looking_does_not_change_what_is_learned(monkeypatch):
    asked = experiment(epochs=2)
    often = finish(Trainer(asked))
    monkeypatch.setattr(Examiner, "is_due", lambda self, step, last: False)
    never = finish(Trainer(asked))
    assert same(often, never)
    assert len(often.take_events()) > len(never.take_events())


def test_the_fit_digits_are_drawn_from_all_training_digits(monkeypatch):
    """Every other MNIST training digit was written by other people: an even stride would see half of them."""
    monkeypatch.setattr(examiner, "FIT_DIGITS", 500)
    fit = Trainer(Experiment(network=TINY))._examiner._fit
    assert len(fit) == len(set(fit.tolist())) == 500
    assert 180 < (fit % 2).sum() < 320


def test_looks_cost_a_small_part_of_the_digits_trained_on(monkeypatch):
    """With 500 digits an epoch is over at once: all held-out digits after each would take most of the time."""
    chunks = []
    outputs = Evaluator._outputs
    monkeypatch.setattr(Evaluator, "_outputs", lambda self, module, part, *how:
                        (chunks.append(len(part)), outputs(self, module, part, *how))[1])
    finish(Trainer(experiment(epochs=40, batch_size=250)))
    assert chunks.count(300) <= 2
    assert len(chunks) <= 2 * 22


# advancing

def test_advance_does_at_least_a_step_and_comes_back_in_time():
    run = Trainer(experiment(Network(), reproducible=False, epochs=100))
    run_to(run, 3)
    for _ in range(5):
        before, begun = run.step, time.thread_time()
        run.advance(0.03)
        assert time.thread_time() - begun < 1.5  # processor time: what others do beside it does not count
        assert run.step > before or run._looking or run._examiner.looked == run.step
    step = run.step
    run.advance(0)
    assert run.step in (step, step + 1)


def test_a_single_step_is_one_step_even_in_the_middle_of_a_look(tmp_path):
    asked = experiment(epochs=1)
    run = Trainer(asked, Recording.create(tmp_path / "run", asked))
    run.advance(0)
    assert run._looking
    for expected in range(1, 11):
        run.step_once()
        assert run.step == expected
        assert expected in run.recording.snapshots()
    assert run.finished
    run.step_once()
    assert run.step == 10
    looks = [event["step"] for event in events_of(run, "metric") if "held_loss" in event]
    assert looks == list(range(11))
    assert same(run, finish(Trainer(asked)))


def test_a_single_step_first_of_all_trains():
    run = Trainer(experiment())
    run.step_once()
    assert run.step == 1
    assert same(run_to(run, 5), run_to(Trainer(experiment()), 5))


def test_events_are_json_and_are_what_the_recording_holds(tmp_path):
    asked = experiment(epochs=1)
    run = finish(Trainer(asked, Recording.create(tmp_path / "run", asked)))
    events = run.take_events()
    assert json.loads(json.dumps(events, allow_nan=False)) == events == run.recording.events()
    assert run.take_events() == []
    assert [event["kind"] for event in events if event["kind"] != "metric"][-1] == "finished"
    last = [event for event in events if "test_accuracy" in event][-1]
    assert last["step"] == 10
    assert run.recording.predictions(10).whole
    assert run.recording.predictions(10).scores.shape == (300, 10)
    assert run.recording.predictions(0).scores.shape == (60, 10)


def test_a_loss_that_is_no_number_ends_the_training_and_is_told_as_json():
    """It once went on to its end, told a loss of null, and kept weights that were no numbers."""
    line = Network(blocks=(Flatten(), Linear(features=10)))
    run = finish(Trainer(experiment(line, optimizer="sgd", learning_rate=10.0, loss="mse")))
    events = run.take_events()
    json.dumps(events, allow_nan=False)
    assert run.step < 40 and not run.finished
    assert events[-1]["kind"] == "diverged" and all(event.get("held_loss", 0) is not None for event in events)


def test_a_run_without_a_recording_can_be_asked_the_same():
    run = run_to(Trainer(experiment()), 2)
    run.save()
    run.publish()
    run.step_once()
    assert run.step == 3


def test_published_weights_are_those_of_this_moment(tmp_path):
    asked = experiment()
    run = run_to(Trainer(asked, Recording.create(tmp_path / "run", asked)), 3)
    run.publish()
    step, arrays = run.recording.weights(None)
    assert step == 3
    for name, value in run.weights().items():
        np.testing.assert_array_equal(arrays[name], value.numpy())


def test_a_full_disk_is_told_and_training_goes_on_when_there_is_room_again(tmp_path, monkeypatch):
    asked = experiment(epochs=1)
    run = Trainer(asked, Recording.create(tmp_path / "run", asked))
    run_to(run, 2)

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(files, "save_file", full)
        with pytest.raises(RecordingError):
            finish(run)
        with pytest.raises(RecordingError):
            run.save()
    step = run.step
    finish(run)
    assert run.step == 10 > step
    assert same(run, finish(Trainer(asked)))
    assert run.recording.states()[-1] == 10


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(SpecError) as caught:
        Trainer(experiment(device="cuda:77"))
    assert caught.value.field == "training.device"


def test_a_full_state_holds_weights_and_moments_and_nothing_else(tmp_path):
    """MY_NET with Adam is to take 3 times its weights; gradients would be a fourth."""
    asked = experiment(Network(), optimizer="adamw")
    run = run_to(Trainer(asked, Recording.create(tmp_path / "run", asked)), 2)
    run.save()
    arrays, _ = run.recording.state(2)
    numbers = sum(weight.numel() for weight in run.module.parameters())
    floats = sum(value.size for value in arrays.values() if value.dtype == np.float32)
    assert 3 * numbers <= floats < 3.1 * numbers


def test_bfloat16_training_follows_float32(monkeypatch):
    asked = experiment(Network(), epochs=1, reproducible=False, precision="bfloat16")
    rough = run_to(Trainer(asked), 5)
    exact = run_to(Trainer(replace(asked, training=replace(asked.training, precision="float32"))), 5)
    assert (rough.precision, exact.precision) == (torch.bfloat16, torch.float32)
    assert all(value.dtype == exact.weights()[name].dtype for name, value in rough.weights().items())
    moved = exact.module.fc1.weight - build(asked.network, asked.data, 3).fc1.weight
    assert (rough.module.fc1.weight - exact.module.fc1.weight).norm() < 0.5 * moved.norm()


def test_my_net_takes_a_step_and_is_kept(tmp_path):
    asked = Experiment(network=Network(blocks=MY_NET), data=ImageData(train_size=500, size=48, channels=3),
                       training=Training(batch_size=4))
    run = Trainer(asked, Recording.create(tmp_path / "run", asked))
    run._train_step()
    run.publish()
    assert run.recording.weights(None)[1]["fc1.weight"].shape == (512, 18_432)


def test_the_mode_of_a_module_is_given_back_after_an_error():
    module = nn.Linear(2, 2)
    with pytest.raises(ZeroDivisionError), evaluation.mode(module, training=False):
        raise ZeroDivisionError
    assert module.training
