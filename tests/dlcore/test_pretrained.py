"""The network that comes with the project, as it lies in assets/models."""

import torch

from dlcore.explain.pretrained import FOLDER, open_pretrained, read_manifest
from dlcore.specs.experiment import check
from dlcore.training.pretrain import DIGITS, measure_accuracy


def test_it_reads_at_least_99_3_percent_of_the_test_digits_and_its_manifest_says_the_truth():
    torch.set_num_threads(1)
    accuracy = measure_accuracy("digits")
    assert accuracy >= 0.993
    assert abs(read_manifest("digits")["test_accuracy"] - accuracy) <= 0.0003


def test_it_was_made_by_the_experiment_that_its_command_trains():
    experiment, weights, step = open_pretrained("digits")
    check(experiment)
    assert experiment == DIGITS
    assert read_manifest("digits")["command"] == "python -m dlcore pretrain digits"
    assert step == 469 * DIGITS.training.epochs
    assert (FOLDER / "digits.safetensors").stat().st_size < 1_000_000
