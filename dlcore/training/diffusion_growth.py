"""How pictures grow out of noise along a training: every chosen snapshot leads the same noise to pictures, as a Job."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from dlcore.data.noised import as_pictures
from dlcore.errors import N_, EngineError
from dlcore.explain.denoising import Asker, denoise, start_noise, usual_plan
from dlcore.explain.diffusion_snapshot import DiffusionSnapshot
from dlcore.explain.snapshot import load
from dlcore.training.diffusion_examiner import GUIDANCE, SAMPLED, STEPS, sample_conditions, sample_labels
from dlcore.training.work import Work

MOST = 60  # snapshots


class Growth(Work):
    """What the snapshots of a run make of the noise of its live samples; nothing else differs between the frames.

    "run", "steps": the snapshots, rising; "prompt": that of half the pictures of a prompted model. The result: {"steps"
    uint32 (n,), "pictures" uint8 (n, 20, 28, 28), "labels" (digits, prompts or None)}; while it runs, what there is so
    far.
    """

    @cached_property
    def steps(self) -> list[int]:
        """The snapshots to be shown; EngineError where there are none or too many."""
        steps = sorted({int(step) for step in self.request["steps"]})
        if not 1 <= len(steps) <= MOST:
            raise EngineError(N_("A film along the training has 1 to {most} moments."), most=MOST)
        return steps

    def run(self) -> Iterator[float]:
        """Take a step of all pictures at a time."""
        frames, prompt = [], str(self.request.get("prompt") or "")
        for number, step in enumerate(self.steps):
            snapshot = load({"run": self.request["run"], "step": step}, self.home)
            if not isinstance(snapshot, DiffusionSnapshot) or snapshot.spec.data.on_plane:
                raise EngineError(N_("This model draws no pictures."))
            for taken, x in enumerate(draw_samples(snapshot, prompt), 1):
                last = x
                yield (number + taken / STEPS) / len(self.steps)
            frames.append(as_pictures(last))
            self.result = {"steps": np.array(self.steps[: len(frames)], np.uint32), "pictures": np.stack(frames),
                           "labels": sample_labels(snapshot.spec, prompt)}


def draw_samples(snapshot: DiffusionSnapshot, prompt: str) -> Iterator[Tensor]:
    """Yield x after every step that a training's live samples would take with these weights."""
    spec, module = snapshot.spec, snapshot.module
    condition, nothing = sample_conditions(spec, prompt)
    with torch.inference_mode():
        ask = Asker(module, module.tell(condition), module.tell(nothing), GUIDANCE)
    for step in denoise(ask, start_noise(spec.data.shape, SAMPLED, spec.training.seed), usual_plan(spec, STEPS)):
        yield step.x_next
