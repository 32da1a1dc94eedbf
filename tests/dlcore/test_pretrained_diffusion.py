"""The diffusions that come with the project, as they lie in assets/models."""

import numpy as np
import pytest

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
