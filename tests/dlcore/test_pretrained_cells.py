"""The recurrent cells that come with the project, as they lie in assets/models."""

from pathlib import Path

import pytest
import torch

from dlcore.explain.pretrained import FOLDER, open_pretrained, read_manifest
from dlcore.explain.requests import REQUESTS
from dlcore.explain.snapshot import load
from dlcore.specs.learning import check, steps_per_epoch
from dlcore.training.pretrain_recurrent import RECURRENT, measure_cells


@pytest.mark.parametrize("name", RECURRENT)
def test_cells_were_made_by_the_spec_that_their_command_trains(name):
    spec, _weights, step = open_pretrained(name)
    check(spec)
    assert spec == RECURRENT[name] and read_manifest(name)["command"] == "python -m dlcore pretrain recurrent"
    assert step == spec.training.epochs * steps_per_epoch(spec)
    assert (FOLDER / f"{name}.safetensors").stat().st_size < 1_000_000


@pytest.mark.parametrize(("name", "most"), [("names", 2.85), ("sentences_en", 1.3), ("sentences_tr", 1.68)])
def test_cells_do_as_well_as_their_manifest_says(name, most):
    torch.set_num_threads(1)
    told, manifest = measure_cells(name), read_manifest(name)
    for cell in RECURRENT[name].network.cells:
        assert told[f"{cell}.test_bits"] < most
        assert told[f"{cell}.test_bits"] == pytest.approx(manifest[f"{cell}.test_bits"], abs=0.01)


def test_pretrained_sentences_remember_their_subject_across_a_clause():
    """Every cell comes close to the grammar's own probability of the subject's favourite place, 0.85."""
    snapshot = load({"pretrained": "sentences_en"}, Path("."))
    for text in ("the cat sits on the", "the cat that the dogs chase sits on the"):
        for told in REQUESTS["recurrent_next"](snapshot, {"text": text})["cells"].values():
            assert told["symbols"][0] == "mat" and told["true"][0] == pytest.approx(0.85)
            assert told["probabilities"][0] == pytest.approx(0.85, abs=0.05)
