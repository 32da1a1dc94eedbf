"""A transformer's training: it learns, it can be continued to the bit, and it tells what it measured."""

from dataclasses import replace

import pytest
import torch

from dlcore.specs.texts import TASKS, TextData, measures
from dlcore.specs.transformer import Transformer, TransformerNetwork, TransformerTraining
from dlcore.training.recording import Recording
from dlcore.training.transformer_trainer import TransformerTrainer

SMALL = Transformer(
    network=TransformerNetwork(layers=1, heads=2, width=16, context=16, dropout=0.1),
    training=TransformerTraining(batch_size=512, epochs=1, reproducible=True, learning_rate=0.01))


@pytest.mark.parametrize("task", [task for task in TASKS if task != "own"])
def test_every_task_is_trained_to_its_end_and_measured(task):
    spec = replace(SMALL, data=TextData(task=task, length=4, vocabulary=128),
                   training=replace(SMALL.training, batch_size=512))
    trainer = TransformerTrainer(replace(spec, network=replace(spec.network, context=256)))
    trainer.step = trainer.total_steps - 2  # two steps are enough to see
    while not trainer.finished:
        trainer.advance(0)
    last = [event for event in trainer.take_events() if "test_loss" in event][-1]
    assert {f"test_{name}" for name in measures(spec.data)} <= set(last)
    assert all(isinstance(last[f"test_{name}"], float) for name in measures(spec.data))


def test_a_run_that_goes_on_from_its_middle_ends_in_the_same_weights(tmp_path):
    spec = replace(SMALL, training=replace(SMALL.training, batch_size=128))
    whole = TransformerTrainer(spec, Recording.create(tmp_path / "whole", spec))
    half = TransformerTrainer(spec, Recording.create(tmp_path / "half", spec))
    while whole.step < 12:
        whole.advance(0)
    while half.step < 6:
        half.advance(0)
    half.save()
    again = TransformerTrainer(spec, Recording(tmp_path / "half"), start=6)
    while again.step < 12:
        again.advance(0)
    for name, weights in whole.weights().items():
        assert torch.equal(weights, again.weights()[name]), name
