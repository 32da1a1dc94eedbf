"""Cells that learn side by side: equal to a bare loop, continued to the bit, clipped, exploded, and their Jobs."""

from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from dlcore.data.sequences import IGNORED, Sequences
from dlcore.explain.units import tell_places
from dlcore.models.recurrent import build_cells
from dlcore.specs import codec
from dlcore.specs.changes import Change
from dlcore.specs.recurrent import CELLS, Recurrent, RecurrentNetwork, RecurrentTraining, suit
from dlcore.specs.sequences import MOST_LENGTH, TASKS, SequenceData
from dlcore.training.jobs import JOBS
from dlcore.training.recording import Recording
from dlcore.training.recurrent_jobs import delayed
from dlcore.training.recurrent_trainer import RecurrentTrainer

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = Recurrent(SequenceData(task="recall", length=8, delay=3),
                  RecurrentNetwork(cells=("rnn_tanh", "lstm", "gru"), hidden=8, embedding=4, dropout=0.1),
                  RecurrentTraining(batch_size=100, epochs=1, reproducible=True, learning_rate=0.02))


def finish(trainer: RecurrentTrainer) -> list[dict]:
    while not trainer.over:
        trainer.advance(1)
    return trainer.take_events()


def same(one: RecurrentTrainer, other: RecurrentTrainer) -> bool:
    return all(torch.equal(value, other.weights()[name]) for name, value in one.weights().items())


@pytest.mark.parametrize("task", ["names", "adding"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_learns_as_in_a_bare_loop_alone(cell, task):
    """An optimiser of its own, torch's clipping and losses, and no other cell beside it."""
    data = SequenceData(task=task, length=12, delay=6)
    network = RecurrentNetwork(cells=CELLS, hidden=6, embedding=4)
    spec = Recurrent(data, network, RecurrentTraining(clip=0.4, schedule="constant", precision="float32"))
    trainer = RecurrentTrainer(spec)
    for _ in range(4):
        trainer.step_once()
    module, sequences = build_cells(spec)[cell], Sequences(spec)
    optimizer = torch.optim.AdamW(module.parameters(), 0.005, weight_decay=0.01)
    for step in range(4):
        batch = sequences.batch(step)
        inputs, targets = torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)
        outputs = module(inputs)[0]
        loss = (nn.functional.mse_loss(outputs[:, -1, 0], targets[:, -1]) if task == "adding" else
                nn.functional.cross_entropy(outputs.flatten(0, 1), targets.flatten(), ignore_index=IGNORED))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(module.parameters(), 0.4)
        optimizer.step()
    for name, value in module.state_dict().items():
        assert torch.allclose(value, trainer.weights()[f"{cell}.{name}"], atol=2e-5), name


def test_cells_do_not_change_each_other():
    beside = RecurrentTrainer(SMALL)
    alone = RecurrentTrainer(replace(SMALL, network=replace(SMALL.network, cells=("gru",))))
    finish(beside), finish(alone)
    for name, value in alone.weights().items():
        assert torch.equal(value, beside.weights()[name])


def test_a_run_that_is_interrupted_and_continued_is_equal_to_the_bit(tmp_path):
    whole = RecurrentTrainer(SMALL, Recording.create(tmp_path / "runs" / "whole", SMALL))
    first = RecurrentTrainer(SMALL, Recording.create(tmp_path / "runs" / "first", SMALL))
    for _ in range(13):
        first.step_once()
    first.save()
    second = RecurrentTrainer(SMALL, Recording(first.recording.folder), start=first.step)
    assert second.step == 13
    told, again = finish(whole), finish(second)
    assert same(whole, second)
    held = {name: value for name, value in told[-3].items() if "test_" in name}
    assert held and held == {name: value for name, value in again[-3].items() if "test_" in name}


def test_changes_take_effect_from_the_next_step_and_are_replayed_to_the_bit():
    changed = RecurrentTrainer(SMALL)
    for _ in range(5):
        changed.step_once()
    changed.change("training.clip", 0.01)
    changed.change("network.dropout", 0.5)
    replayed = RecurrentTrainer(replace(SMALL, changes=(Change(5, "network.dropout", 0.5),
                                                        Change(5, "training.clip", 0.01))))
    events = finish(changed)
    finish(replayed)
    assert same(changed, replayed) and not same(changed, finished(SMALL))
    after = [event["gru.gradient_after"] for event in events if event.get("gru.gradient_after") is not None
             and event["step"] > 6]
    assert max(after) <= 0.0100001


def finished(spec: Recurrent) -> RecurrentTrainer:
    trainer = RecurrentTrainer(spec)
    finish(trainer)
    return trainer


def test_a_gradient_explodes_without_clipping_and_not_with_it():
    """Recurrent weights two and a half times their usual size let a gradient grow on its way back through 40 steps."""
    free, clipped = large_weights(clip=0.0), large_weights(clip=1.0)
    assert [event["cell"] for event in free if event["kind"] == "exploded"] == ["rnn_relu"]
    assert free[-1]["rnn_relu.held_loss"] is None and free[-1]["gru.held_loss"] is not None
    assert not [event for event in clipped if event["kind"] == "exploded"]
    before, after = ([event[f"rnn_relu.gradient_{name}"] for event in clipped if "rnn_relu.gradient_peak" in event]
                     for name in ("peak", "after"))
    assert max(before) > 20 and max(after) <= 1.00001


def large_weights(clip: float) -> list[dict]:
    spec = Recurrent(SequenceData(task="adding", length=40, delay=30), RecurrentNetwork(("rnn_relu", "gru"), hidden=16),
                     RecurrentTraining(optimizer="sgd", momentum=0.0, learning_rate=0.05, clip=clip, reproducible=True))
    trainer = RecurrentTrainer(spec)
    trainer.module["rnn_relu"].recurrent.weight_hh_l0.data *= 2.5
    for _ in range(12):
        trainer.step_once()
    return [event for event in trainer.take_events() if event["kind"] != "snapshot"]


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_measured_on_what_was_held_out_and_the_cells_learn(task):
    length = {"shakespeare": 40, "grammar": 20, "series": 24}.get(task, 8)
    spec = Recurrent(SequenceData(task=task, length=length, horizon=8, delay=4, symbols=2),
                     replace(SMALL.network, dropout=0.0, hidden=16), replace(SMALL.training, batch_size=32))
    trainer = RecurrentTrainer(spec)
    trainer.step_once()
    while trainer.step < 25 and not trainer.finished:
        trainer.advance(0)
    trainer.step_once()
    looks = [event for event in trainer.take_events() if "gru.held_loss" in event]
    for cell in spec.network.cells:
        assert looks[-1][f"{cell}.held_loss"] < looks[0][f"{cell}.held_loss"] * (0.97 if task != "brackets" else 1.02)
    if spec.data.is_text:
        assert looks[-1]["gru.held_bits"] == pytest.approx(looks[-1]["gru.held_loss"] / log(2))
    assert ("gru.held_error" in looks[-1]) == (task == "series")
    assert ("gru.held_accuracy" in looks[-1]) == (task != "series")


@pytest.mark.parametrize("task", ["recall", "brackets"])
def test_from_the_suited_settings_gated_cells_soon_learn_what_the_rnn_does_not(task):
    spec = suit(Recurrent(SequenceData(task=task)))
    trainer = RecurrentTrainer(replace(spec, training=replace(spec.training, schedule="constant", reproducible=True)))
    for _ in range(90):
        trainer._train_step()
    held = trainer.batches.held
    inputs, asked = torch.from_numpy(held.inputs), torch.from_numpy(held.targets[:, -1])
    with torch.no_grad():
        right = {name: (cell.eval()(inputs)[0][:, -1].argmax(-1) == asked).float().mean().item()
                 for name, cell in trainer.module.items()}
    assert right["rnn_tanh"] < 0.4 and min(right["lstm"], right["gru"]) > 0.95  # guessing gives 0.25


def test_held_out_bits_are_those_of_all_names_read_one_by_one():
    spec = replace(SMALL, data=SequenceData(), training=replace(SMALL.training, batch_size=512, epochs=1))
    trainer = RecurrentTrainer(spec)
    events, module = finish(trainer), trainer.module["lstm"].eval()
    held, bits, count = trainer.batches.held, 0.0, 0
    with torch.no_grad():
        for inputs, targets in zip(held.inputs, held.targets):
            length = int((targets != IGNORED).sum())
            scores = module(torch.from_numpy(inputs[None, :length]))[0][0].log_softmax(-1)
            bits -= scores[range(length), targets[:length]].sum().item() / log(2)
            count += length
    told = next(event for event in reversed(events) if "lstm.test_bits" in event)
    assert told["lstm.test_bits"] == pytest.approx(bits / count, rel=1e-5)


def test_looking_takes_a_small_share_of_the_time():
    trainer = RecurrentTrainer(replace(SMALL, training=RecurrentTraining(batch_size=32, epochs=1000)))
    while trainer._clock.seconds < 0.8:
        trainer.advance(0.1)
    looks = [event["step"] for event in trainer.take_events() if "gru.held_loss" in event]
    assert 2 <= len(looks) <= 4  # one before the first step, then at most one in 0.3 s of training


# Jobs

def work(kind: str, home: Path, **request) -> dict:
    job = JOBS[f"recurrent_{kind}"](request, home)
    while not job.finished:
        job.advance(0.05)
    return job.result


def test_texts_of_a_job_are_those_of_a_request():
    from dlcore.explain.requests import REQUESTS
    from dlcore.explain.snapshot import load

    model, request = {"spec": codec.to_dict(Recurrent())}, {"cell": "lstm", "count": 3, "length": 20, "seed": 4}
    assert work("generate", Path("."), model=model, **request)["texts"] == REQUESTS["recurrent_generate"](
        load(model, Path(".")), request)["texts"]


def test_gradients_are_measured_along_the_snapshots_of_a_run(tmp_path):
    trainer = RecurrentTrainer(SMALL, Recording.create(tmp_path / "runs" / "one", SMALL))
    finish(trainer)
    told = work("history", tmp_path, model={"run": "one"}, example=1, cells=["lstm", "gru"])
    assert told["steps"] == trainer.recording.snapshots() and len(told["steps"]) > 3
    assert told["cells"]["gru"]["hidden"].shape == (len(told["steps"]), 8)
    assert (told["cells"]["lstm"]["factor"] > 0).all()


def test_the_places_of_a_unit_are_found_in_the_whole_held_out_text():
    model = {"spec": codec.to_dict(Recurrent())}
    told = work("unit", Path("."), model=model, cell="gru", unit=1, text="marianne", first=2, last=4)
    assert 0 < told["share"] <= 1 and len(told["places"]) == 40 and len(told["positions"]) == 12
    assert told["places"] == sorted(told["places"], key=lambda place: -place["mean"])
    assert tell_places.__doc__


def test_what_a_verdict_asks_for_is_not_the_first_symbol_and_fits():
    for delay in (1, 2, 20, 507, 511):
        data = delayed(SMALL, delay).data
        assert data.delay == delay and data.length <= MOST_LENGTH
        assert data.length - 1 - delay >= (4 if delay < 508 else 0)


def test_a_verdict_says_which_cell_learns_at_which_delay(tmp_path):
    spec = replace(SMALL, data=replace(SMALL.data, symbols=2),
                   network=RecurrentNetwork(cells=("rnn_tanh", "gru"), hidden=16),
                   training=RecurrentTraining(learning_rate=0.02))
    told = work("verdict", tmp_path, spec=codec.to_dict(spec), delays=[2, 300], seconds=5)
    assert told["delays"] == [2, 300] and told["cells"] == ["rnn_tanh", "gru"]
    assert told["solved"][:, 0].all() and not told["solved"][:, 1].any()
    assert np.array_equal(told["solved"], told["accuracy"] >= 0.98) and told["seconds"] < 9
