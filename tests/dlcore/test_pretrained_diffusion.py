"""The diffusions that come with the project, as they lie in assets/models."""

import json

import numpy as np
import pytest

from dlcore.__main__ import main
from dlcore.explain.pretrained import FOLDER, open_pretrained, read_manifest
from dlcore.explain.snapshot import load
from dlcore.specs.learning import check, steps_per_epoch
from dlcore.training.jobs import JOBS
from dlcore.training.pretrain_diffusion import DIFFUSIONS, HERE, draw, hundred_prompts, read, share_ordered

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("name", DIFFUSIONS)
def test_a_diffusion_was_made_by_the_spec_that_its_command_trains(name):
    spec, _weights, step = open_pretrained(name)
    check(spec)
    assert spec == DIFFUSIONS[name] and read_manifest(name)["command"] == "python -m dlcore pretrain prompts"
    assert step == spec.training.epochs * steps_per_epoch(spec)


def test_the_diffusions_are_small():
    assert sum((FOLDER / f"{name}.safetensors").stat().st_size for name in DIFFUSIONS) < 8_000_000


def test_prompts_are_read_as_the_digit_that_they_ask_for():
    """A third of the hundred prompts that its manifest tells of, by a network of 99.5 % test accuracy."""
    some = hundred_prompts()[1::3]
    pictures = draw(load({"pretrained": "prompts"}, HERE), [text for text, _ in some], range(len(some)))
    right = (read(pictures) == np.array([digit for _, digit in some])).mean()
    assert right >= 0.97 and read_manifest("prompts")["read_right"] >= 0.97


@pytest.mark.parametrize("measured", ["stroke", "slant"])
def test_strokes_and_slants_are_ordered_as_their_words(measured):
    assert share_ordered(load({"pretrained": "prompts"}, HERE), measured, seeds=1) >= 0.9
    assert read_manifest("prompts")[f"ordered_{measured}"] >= 0.9


def test_the_small_model_draws_classes_with_each_of_its_samplers():
    snapshot = load({"pretrained": "velocity"}, HERE)
    pictures = draw(snapshot, list(range(10)) * 2, range(20))
    assert (read(pictures) == np.arange(20) % 10).mean() >= 0.9 and read_manifest("velocity")["read_right"] >= 0.95
    ways = [{"sampler": name} for name in ("ddim", "ddpm", "dpm_solver")]
    job = JOBS["diffusion_many"]({"model": {"pretrained": "velocity"}, "ways": ways,
                                  "sampling": {"digit": 4, "steps": 20, "count": 4}}, HERE)
    while not job.finished:
        job.advance(1)
    for way in job.result["ways"]:
        assert (read(way["film"][-1]) == 4).sum() >= 3, way["sampler"]


@pytest.mark.check
def test_the_command_that_made_them_runs_whole(tmp_path, capsys):
    """Three steps each, into a folder of its own: it learns, writes, reads what it wrote, and says so."""
    assert main(["pretrain", "prompts", "--steps", "3", "--folder", str(tmp_path)]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["kind"] for line in said].count("evaluation") == len(DIFFUSIONS)
    for name in DIFFUSIONS:
        manifest = read_manifest(name, tmp_path)
        spec, weights, step = open_pretrained(name, tmp_path)
        assert spec == DIFFUSIONS[name] and step == manifest["step"] == 3
        assert not manifest["finished"] and manifest["command"].endswith("pretrain prompts --steps 3")
        assert 0 <= manifest["read_right"] <= 1 and manifest["measured"] == 20
        kept = open_pretrained(name)[1]
        assert {key: value.shape for key, value in weights.items()} == {key: value.shape for key, value in kept.items()}
        assert all((value != kept[key]).any() for key, value in weights.items() if key.endswith("conv2.weight"))
    assert "ordered_slant" in read_manifest("prompts", tmp_path)
