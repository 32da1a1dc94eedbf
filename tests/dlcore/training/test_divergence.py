"""A training whose loss comes to no number, of every kind: it fails, says why, and is rewound to before it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from dlcore.engine.runs import read_run
from dlcore.specs.data import ImageData
from dlcore.specs.denoiser import Denoiser
from dlcore.specs.diffusion import Diffusion, DiffusionTraining, learn_from
from dlcore.specs.experiment import Experiment
from dlcore.specs.model import BatchNorm, Flatten, Linear, Network
from dlcore.specs.plane import PlaneData
from dlcore.specs.plane_network import Layer, PlaneNetwork
from dlcore.specs.playground import PlaneTraining, Playground
from dlcore.specs.recurrent import Recurrent, RecurrentNetwork, RecurrentTraining
from dlcore.specs.sequences import SequenceData
from dlcore.specs.texts import TextData
from dlcore.specs.training import Training
from dlcore.specs.transformer import Transformer, TransformerNetwork, TransformerTraining
from dlcore.training.divergence import are_numbers, why_diverged
from dlcore.training.headless import train
from dlcore.training.recording import Recording
from dlcore.training.trainers import TRAINERS

pytestmark = pytest.mark.usefixtures("one_thread")

PICTURES = Experiment(
    data=ImageData(train_size=500), network=Network(blocks=(Flatten(), Linear(features=10))),
    training=Training(optimizer="sgd", learning_rate=10.0, loss="mse", batch_size=50, epochs=9, schedule="constant"))
PLANE = Playground(PlaneData(dataset="plane", points=100), PlaneNetwork(layers=(Layer(4, "relu"),) * 3),
                   PlaneTraining(learning_rate=10.0, epochs=500, pace=0, reproducible=True))
CELL = Recurrent(SequenceData(task="recall", length=40, delay=30), RecurrentNetwork(cells=("rnn_relu",), hidden=16),
                 RecurrentTraining(optimizer="sgd", learning_rate=10.0, clip=0.0, epochs=1, batch_size=256))
LETTERS = Transformer(TextData(task="reverse", length=4), TransformerNetwork(layers=1, width=16, norm="post"),
                      TransformerTraining(optimizer="sgd", learning_rate=10.0, warmup=0, clip=0.0))
POINTS = learn_from(Diffusion(training=DiffusionTraining(reproducible=True)), "swirl")
POINTS = replace(POINTS, data=replace(POINTS.data, points=512), network=Denoiser(hidden=32, layers=2),
                 training=replace(POINTS.training, epochs=20))  # clipped and normalised, it never does of itself
WILD = {"pictures": PICTURES, "plane": PLANE, "cell": CELL, "letters": LETTERS}
TAME = {name: replace(spec, training=replace(spec.training, learning_rate=1e-3)) for name, spec in WILD.items()} | {
    "points": POINTS}


def begin(spec, tmp_path, name: str = "run"):
    """Return a Trainer of a new run."""
    return TRAINERS[spec.kind](spec, Recording.create(tmp_path / "runs" / name, spec), None)


def finish(run, most: int = 2_000):
    while not run.over and run.step < most:
        run.advance(0)
    return run


def spoil(run, value: float) -> None:
    """Set one weight of what is trained."""
    weights = next(iter((run.net if hasattr(run, "net") else run.module).parameters()))
    with torch.no_grad():
        weights.view(-1)[:] = value


def are_kept_numbers(recording: Recording) -> bool:
    kept = [*(recording.weights(step)[1] for step in recording.snapshots()),
            *(recording.state(step)[0] for step in recording.states())]
    return bool(kept) and all(np.isfinite(value).all() for weights in kept for value in weights.values())


@pytest.mark.parametrize("name", WILD)
def test_it_has_failed_names_the_step_and_the_setting_and_a_restarted_server_says_the_same(name, tmp_path):
    run = finish(begin(WILD[name], tmp_path))
    assert run.diverged is not None and not run.finished
    events = run.recording.events()
    assert [event["kind"] for event in events].count("diverged") == 1 and events[-1]["kind"] == "diverged"
    step = events[-1]["step"]
    assert f"At step {step} the loss came to no number" in str(run.diverged) and "learning rate 10" in str(run.diverged)
    json.dumps(events, allow_nan=False)
    found = read_run(tmp_path, "run")
    assert (found.state, str(found.message), found.step) == ("failed", str(run.diverged), step)
    if name == "letters":
        assert step == 8


@pytest.mark.parametrize("name", WILD)
def test_it_is_rewound_to_before_and_trained_on_from_there(name, tmp_path):
    run = finish(begin(WILD[name], tmp_path))
    before = run.recording.snapshots()
    assert before[0] == 0 and before[-1] <= run.diverged.values["step"] and are_kept_numbers(run.recording)
    for step in {before[0], before[-1]}:
        branch = run.recording.branch(tmp_path / "runs" / f"on_{step}", step, "")
        again = TRAINERS[run.experiment.kind](run.experiment, branch, step)
        assert again.step <= step and not any(event["kind"] == "diverged" for event in branch.events())
        assert read_run(tmp_path, branch.folder.name).state != "failed"
    again = TRAINERS[run.experiment.kind](run.experiment, Recording(tmp_path / "runs" / "on_0"), 0)
    again.change("training.learning_rate", 1e-4)
    finish(again, 40)
    assert again.diverged is None and again.step >= 13 and are_numbers(again.weights().values())


@pytest.mark.parametrize("name", WILD)
def test_nothing_more_is_trained_or_kept_once_it_has_failed(name, tmp_path):
    run = finish(begin(WILD[name], tmp_path))
    step, kept = run.step, (run.recording.snapshots(), run.recording.states(), len(run.recording.events()))
    run.advance(0.01)
    run.step_once()
    run.save()
    assert run.step == step and not run.finished
    assert kept == (run.recording.snapshots(), run.recording.states(), len(run.recording.events()))


@pytest.mark.parametrize("name", TAME)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_fail_at_the_next_step_or_look(name, value, tmp_path):
    run = begin(TAME[name], tmp_path)
    for _ in range(3):
        run.step_once()
    spoil(run, value)
    finish(run, 20)
    assert run.diverged is not None and run.step <= 4 and "learning rate" in str(run.diverged)
    assert are_kept_numbers(run.recording) and max(run.recording.snapshots()) == 3


@pytest.mark.parametrize("name", TAME)
def test_a_run_that_is_paused_with_a_lost_network_keeps_what_was_before(name, tmp_path):
    run = begin(TAME[name], tmp_path)
    run.step_once()
    kept = run.recording.snapshots(), run.recording.states()
    spoil(run, np.nan)
    run.save()
    assert (run.recording.snapshots(), run.recording.states()) == kept and are_kept_numbers(run.recording)


def test_an_infinite_weight_is_seen_though_the_loss_is_a_number(tmp_path):
    """A tanh of infinity is 1."""
    run = begin(replace(PLANE, network=PlaneNetwork(layers=(Layer(4, "tanh"),)),
                        training=replace(PLANE.training, learning_rate=0.0)), tmp_path)
    run.step_once()
    with torch.no_grad():
        run.net.fc1.bias[0] = torch.inf
    assert run.task.measure(run.net)["train_loss"] is not None
    finish(run)
    assert run.diverged is not None and "not by learning" in str(run.diverged)  # for the learning rate is zero


def test_a_held_out_loss_that_is_no_number_fails_though_the_training_loss_is_one(tmp_path):
    """Batch norm trains by the batch's own statistics; what eval() uses instead can be lost alone."""
    network = Network(blocks=(Flatten(), Linear(features=4), BatchNorm(), Linear(features=10)))
    run = begin(replace(PICTURES, network=network, training=Training(batch_size=50, epochs=1)), tmp_path)
    run.step_once()
    run.module.get_submodule("norm1" if hasattr(run.module, "norm1") else "bn1").running_mean.fill_(torch.nan)
    before = run.recording.snapshots()
    finish(run)
    assert run.diverged is not None and run.recording.snapshots() == before


def test_a_cell_that_exploded_is_named_the_others_learn_on_and_without_any_the_run_fails(tmp_path):
    beside = replace(CELL, network=replace(CELL.network, cells=("rnn_relu", "gru")))
    run = finish(begin(beside, tmp_path, "beside"))
    told = [event["kind"] for event in run.recording.events()]
    assert run.finished and told.count("exploded") == 1 and "diverged" not in told
    assert read_run(tmp_path, "beside").state == "finished"
    alone = finish(begin(CELL, tmp_path, "alone"))
    told = [(event["kind"], event["step"]) for event in alone.recording.events()]
    assert told[-2:] == [("exploded", alone.step), ("diverged", alone.step)]


def test_without_a_browser_it_ends_with_the_same_sentence():
    with pytest.raises(Exception, match="At step 8 the loss came to no number: with the learning rate 10"):
        train(LETTERS, lambda event: None)


# which setting is named

@pytest.mark.parametrize(("spec", "changed", "said"), [
    (PICTURES, {}, "the learning rate 10 is too large"),
    (PICTURES, {"zero_grad": False}, "without zero_grad()"),
    (PICTURES, {"weight_decay": 1.0}, "the weight decay 1 times the learning rate 10"),
    (PICTURES, {"weight_decay": 1.0, "optimizer": "adam"}, "the learning rate 10 is too large"),
    (PLANE, {"l2": 1.0, "learning_rate": 5.0}, "the penalty 1 times the learning rate 5"),
    (LETTERS, {}, "with the learning rate 10 the gradient exploded, and nothing clips it"),
    (LETTERS, {"clip": 1.0}, "the learning rate 10 is too large"),
    (CELL, {"clip": 0.0}, "a smaller learning rate, such as 1, or with the gradient clipped"),
    (POINTS, {"learning_rate": 0.3}, "such as 0.03"),
])
def test_the_likeliest_setting_is_named(spec, changed, said):
    why = str(why_diverged(replace(spec, training=replace(spec.training, **changed)), 1_234))
    assert said in why and why.startswith("At step 1,234 the loss came to no number")


def test_what_was_lost_before_anything_was_learned_is_not_blamed_on_the_learning_rate():
    for why in (why_diverged(PICTURES, 0), why_diverged(replace(PLANE, training=PlaneTraining(learning_rate=0.0)), 9)):
        assert "not by learning" in str(why) and "learning rate" not in str(why)


def heed(settings, why):
    """Return the training with what the sentence advises first."""
    if "zero_grad" in why.template:
        return replace(settings, zero_grad=True)
    if "{decay" in why.template:
        return replace(settings, **{"l2" if hasattr(settings, "l2") else "weight_decay": 0.0})
    return replace(settings, learning_rate=why.values["less"])


@pytest.mark.parametrize(("name", "changed"), [
    *(("pictures", {"optimizer": optimizer, "loss": "mse", "momentum": momentum})
      for optimizer, momentum in (("sgd", 0.0), ("sgd", 0.99), ("rmsprop", 0.9), ("adamw", 0.9))),
    ("pictures", {"zero_grad": False, "learning_rate": 1.0, "epochs": 50}),
    ("pictures", {"weight_decay": 1.0, "learning_rate": 3.0, "epochs": 50}),
    ("plane", {}), ("plane", {"optimizer": "sgd", "momentum": 0.99, "learning_rate": 1.0}),
    ("plane", {"l2": 1.0, "learning_rate": 5.0}), ("cell", {}), ("cell", {"momentum": 0.99, "learning_rate": 1.0}),
    ("letters", {}),
])
def test_who_takes_the_advice_comes_through_in_a_few_tries(name, changed):
    spec = replace(WILD[name], training=replace(WILD[name].training, **changed))
    for _try in range(5):
        run = finish(TRAINERS[spec.kind](spec, None, None), 60)
        if run.diverged is None:
            break
        spec = replace(spec, training=heed(spec.training, run.diverged))
    assert run.diverged is None and are_numbers(run.weights().values())
