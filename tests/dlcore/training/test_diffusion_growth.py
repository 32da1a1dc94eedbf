"""The film along a training: its last frame is what the live samples showed at the end."""

import numpy as np
import pytest

from dlcore.errors import EngineError
from dlcore.specs.denoiser import Denoiser
from dlcore.specs.diffusion import Diffusion, DiffusionData, DiffusionTraining
from dlcore.training.diffusion_trainer import DiffusionTrainer
from dlcore.training.jobs import JOBS
from dlcore.training.recording import Recording

pytestmark = pytest.mark.usefixtures("one_thread")

SPEC = Diffusion(DiffusionData(train_size=500), network=Denoiser(width=8, blocks=1, time=16),
                 training=DiffusionTraining(batch_size=64, epochs=3, reproducible=True))


def grow(home, steps: list[int]):
    job = JOBS["diffusion_growth"]({"run": "r", "steps": steps}, home)
    while not job.finished:
        job.advance(1)
    return job.result


def test_every_moment_makes_something_else_of_the_noise_and_the_last_what_was_shown_live(tmp_path):
    trainer = DiffusionTrainer(SPEC, Recording.create(tmp_path / "runs" / "r", SPEC))
    while not trainer.finished:
        trainer.advance(1)
    result = grow(tmp_path, [trainer.step, 0, 0])
    assert result["steps"].tolist() == [0, trainer.step] and result["labels"][:11] == [*range(10), 0]
    first, last = result["pictures"].astype(int)
    live = trainer.frame()["pictures"].astype(int)
    assert np.median(abs(last - live)) <= 1 and abs(last - live).mean() < 2  # snapshots have halved precision
    assert abs(first - live).mean() > 10


@pytest.mark.parametrize("steps", [[], list(range(100))])
def test_a_film_of_no_moments_or_too_many_is_refused(tmp_path, steps):
    with pytest.raises(EngineError, match="moments"):
        grow(tmp_path, steps)
