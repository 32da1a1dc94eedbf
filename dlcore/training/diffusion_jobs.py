"""The longer work of the Diffusion page: every step of the way from noise to a picture, many pictures, and measures.

All have "model" (see dlcore.explain.snapshot.load) and "sampling" (see dlcore.explain.diffusion_snapshot); bad values
are brought into range and told in "mends". Pictures go out as bytes; what the network tells of one (noises, velocities)
as float16, for it has a sign. While a Job runs, `result` is a small preview; the whole comes at its end.

diffusion_walk     one picture, every step kept: see `Walk`
diffusion_many     "ways" (a list of {"sampler", "steps", "guidance"}, each may be left out): see `Many`
diffusion_between  "other" (a second sampling), "count" (9): see `Between`
diffusion_measure  "reader" (the model that reads; {"pretrained": "digits"} by default): see
                   dlcore.training.diffusion_measure
"""

import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dlcore.data.noised import as_pictures, as_x
from dlcore.diffusion.prompts import read_prompt
from dlcore.diffusion.schedules import noise, signal
from dlcore.errors import N_, EngineError
from dlcore.explain.cross_attention import Listener
from dlcore.explain.denoising import Asker, Plan, Step, denoise
from dlcore.explain.diffusion import tell_prompt
from dlcore.explain.diffusion_snapshot import DiffusionSnapshot, read_sampling, times
from dlcore.explain.snapshot import load
from dlcore.specs.denoiser import SIDE
from dlcore.specs.sampling import Sampling
from dlcore.training.work import Work

FILM = 26          # frames of a film at most, its first and last among them
BATCH = 16         # pictures that go through the network together: a piece fits into a turn or two


class OfDiffusion(Work):
    """Work with the denoiser that the request names."""

    @cached_property
    def snapshot(self) -> DiffusionSnapshot:
        """The denoiser, loaded in the first turn; EngineError where it draws no pictures."""
        snapshot = load(self.request["model"], self.home)
        if not isinstance(snapshot, DiffusionSnapshot) or snapshot.spec.data.on_plane:
            raise EngineError(N_("This model draws no pictures."))
        return snapshot

    @cached_property
    def asked(self) -> tuple[Sampling, list]:
        """The sampling, and what was mended in it."""
        return read_sampling(self.request)


class Walk(OfDiffusion):
    """One picture's way, every step kept.

    "image" (uint8 (28, 28)): begin from this picture, noised to the sampling's `strength`. "mask" (bool (28, 28)), with
    it: draw anew only where it is true. "branch" {"step": k, "sampling": ...}: the first k steps as `sampling` says,
    then on with another prompt, guidance or sampler (what differs); noise, steps and start stay. The result, for n
    steps:

        t            float32 (n + 1,)
        x            float16 (n + 1, 28, 28), from the start to the picture
        told         float16 (n, 28, 28): the network's guided answer (target says of what); conditional, unconditional
        x0, noise    float16 (n, 28, 28): the picture and the noise that it stands for
        attention    of prompted models (else None): "coarse" float16 (n, 12, 7, 7), the mean of the layers in the
                     middle, and "fine" float16 (n, 12, 14, 14): how much each place looks at each of the prompt's
                     "symbols" (the start first; zeros behind the last), adding up to 1 over them
        prompt       see dlcore.explain.diffusion.tell_prompt; branch (the step, or None) and branch_prompt
        target, path, sampler, eta, mends, seconds

    While it runs: {"step", "steps", "x", "x0"} as bytes.
    """

    def run(self) -> Iterator[float]:
        """Take a step at a time."""
        sampling, mends = self.asked
        begun, kept, heard = time.perf_counter(), [], []
        plan, x, hold = self._start(sampling)
        branch = self._branch(len(plan.pairs))
        parts = [(sampling, plan.pairs)] if branch is None else [
            (sampling, plan.pairs[: branch[0]]), (branch[1], plan.pairs[branch[0]:])]
        for part, pairs in parts:
            own = Plan(**{**vars(self.snapshot.plan(part)), "pairs": pairs, "seed": sampling.seed})
            with Listener(self.snapshot.module) as listener:
                for step in denoise(self.snapshot.asker(part, both=True), x, own, hold):
                    kept.append(step)
                    heard.append(listener.take())
                    x = step.x_next
                    self.result = _preview(step, len(kept), len(plan.pairs))
                    yield len(kept) / len(plan.pairs)
        self.result = _tell_walk(kept, heard) | {
            "target": self.snapshot.spec.process.target, "path": plan.process.path, "sampler": plan.sampler,
            "eta": plan.eta, "branch": branch and branch[0], "mends": mends,
            "prompt": tell_prompt(read_prompt(sampling.prompt)),
            "branch_prompt": branch and tell_prompt(read_prompt(branch[1].prompt)),
            "seconds": time.perf_counter() - begun}

    def _branch(self, steps: int) -> tuple[int, Sampling] | None:
        told = self.request.get("branch")
        if not told:
            return None
        other = {**(self.request.get("sampling") or {}), **(told.get("sampling") or {})}
        return min(max(int(told["step"]), 0), steps), read_sampling({"sampling": other})[0]

    def _start(self, sampling: Sampling) -> tuple[Plan, Tensor, Callable | None]:
        """Return the plan, where the way begins, and what puts back the part that is not drawn anew."""
        epsilon, image = self.snapshot.noise(sampling), self.request.get("image")
        if image is None:
            return self.snapshot.plan(sampling), epsilon, None
        plan = self.snapshot.plan(sampling, partial=True)
        clean = as_x(torch.from_numpy(np.array(image, np.uint8))[None])

        def noised(t: float) -> Tensor:
            return float(signal(plan.process.path, t)) * clean + float(noise(plan.process.path, t)) * epsilon

        anew = read_mask(self.request.get("mask"))
        hold = None if anew is None else lambda x, t: torch.where(anew, x, noised(t))
        return plan, noised(plan.pairs[0][0]), hold


def read_mask(given: object) -> Tensor | None:
    """Return which pixels are drawn anew, bool (28, 28), or None where none are kept; EngineError for another shape."""
    if given is None:
        return None
    try:
        anew = np.asarray(given, bool)
    except ValueError:
        anew = np.zeros(0, bool)
    if anew.shape != (SIDE, SIDE):
        raise EngineError(N_("What is erased is said for each of {side} x {side} pixels."), side=SIDE)
    if not anew.any():
        raise EngineError(N_("Nothing is erased yet: pull over the picture first."))
    return torch.from_numpy(anew)


def _preview(step: Step, number: int, steps: int) -> dict:
    return {"step": number, "steps": steps, "x": as_pictures(step.x_next)[0], "x0": as_pictures(step.x0)[0]}


def _tell_walk(steps: list[Step], heard: list[dict | None]) -> dict:
    def stacked(pictures: list[Tensor]) -> np.ndarray:
        return torch.cat(pictures)[:, 0].numpy().astype(np.float16)

    told = {"t": np.array([*(step.t for step in steps), steps[-1].t_next], np.float32),
            "x": stacked([steps[0].x, *(step.x_next for step in steps)]),
            "told": stacked([step.answer.guided for step in steps]),
            "conditional": stacked([step.answer.conditional for step in steps]),
            "unconditional": stacked([step.answer.unconditional for step in steps]),
            "x0": stacked([step.x0 for step in steps]), "noise": stacked([step.noise for step in steps])}
    attention = None if heard[0] is None else {
        name: np.stack([maps[name] for maps in heard]).astype(np.float16) for name in ("coarse", "fine")}
    return told | {"attention": attention}


class Many(OfDiffusion):
    """Many pictures of one prompt, from the same noise in several ways.

    The result: {"ways": [{"sampler", "steps", "guidance", "t" float32 (frames,), "film" uint8 (frames, count, 28, 28),
    "seconds"}], "mends"}; the last frame is the pictures. While it runs: {"way", "step", "steps", "pictures"}.
    """

    def run(self) -> Iterator[float]:
        """Take a step of up to BATCH pictures at a time."""
        sampling, mends = self.asked
        ways = [read_sampling({"sampling": {**(self.request.get("sampling") or {}), **way}})
                for way in (self.request.get("ways") or [{}])[:8]]
        told, total, done = [], sum(way.steps for way, _ in ways) * -(-sampling.count // BATCH), 0
        for way, more in ways:
            mends = [*mends, *(mend for mend in more if mend not in mends)]
            begun, films = time.perf_counter(), []
            for first in range(0, sampling.count, BATCH):
                film = Film(self.snapshot.plan(way), len(told))
                for _ in film.run(self.snapshot, way, first, min(BATCH, sampling.count - first)):
                    done += 1
                    self.result = film.preview
                    yield done / total
                films.append(film)
            told.append({"sampler": films[0].plan.sampler, "steps": way.steps, "guidance": way.guidance,
                         "t": films[0].t, "film": np.concatenate([film.frames for film in films], 1),
                         "seconds": time.perf_counter() - begun})
        self.result = {"ways": told, "mends": mends}


class Film:
    """The way of some pictures, of which at most FILM frames are kept."""

    def __init__(self, plan: Plan, number: int = 0):
        self.plan, self.number, self.preview = plan, number, None
        steps = len(plan.pairs)
        self.kept = set(np.linspace(0, steps, min(FILM, steps + 1)).round().astype(int).tolist())
        ends = [t for t, _ in plan.pairs] + [plan.pairs[-1][1]]
        self.t = np.array([ends[index] for index in sorted(self.kept)], np.float32)
        self._frames: list[np.ndarray] = []

    @property
    def frames(self) -> np.ndarray:
        """The frames so far, uint8 (frames, count, 28, 28)."""
        return np.stack(self._frames)

    def run(self, snapshot: DiffusionSnapshot, sampling: Sampling, first: int, count: int) -> Iterator[Tensor]:
        """Yield x after each step of the pictures from number `first` on."""
        x = snapshot.noise(sampling, first + count)[first:]
        yield from self.follow(snapshot.asker(sampling, count), x)

    def follow(self, ask: Asker, x: Tensor) -> Iterator[Tensor]:
        """Yield x after each step of a way that begins at x."""
        self._frames.append(as_pictures(x))
        for number, step in enumerate(denoise(ask, x, self.plan), 1):
            if number in self.kept:
                self._frames.append(as_pictures(step.x_next))
            self.preview = {"way": self.number, "step": number, "steps": len(self.plan.pairs),
                            "pictures": as_pictures(step.x_next)}
            yield step.x_next


class Between(OfDiffusion):
    """Pictures between two prompts (or classes) and two noises: what is told goes straight, the noise along a sphere.

    The result: {"shares" float32 (count,), "pictures" uint8 (count, 28, 28), "film" as in Many, "t", "mends"}.
    """

    def run(self) -> Iterator[float]:
        """Take a step of all pictures at a time."""
        (one, mends), (other, more) = self.asked, read_sampling(self.request, "other")
        count = min(max(int(self.request.get("count", 9)), 2), BATCH)
        shares = torch.linspace(0, 1, count)
        told = [self.snapshot.tell(one).mixed(self.snapshot.tell(other), share) for share in shares]
        away = times(self.snapshot.tell_away(one), count)
        x = torch.cat([slerp(self.snapshot.noise(one), self.snapshot.noise(other), float(share)) for share in shares])
        all_told = told[0]
        for more_told in told[1:]:
            all_told = all_told.beside(more_told)
        film = Film(self.snapshot.plan(one))
        for _ in film.follow(Asker(self.snapshot.module, all_told, away, one.guidance), x):
            self.result = film.preview
            yield film.preview["step"] / film.preview["steps"]
        self.result = {"shares": shares.numpy(), "pictures": film.frames[-1], "film": film.frames, "t": film.t,
                       "mends": [*mends, *more]}


def slerp(one: Tensor, other: Tensor, share: float) -> Tensor:
    """Return the point at a share of the great circle between two noises: it is as long as they are."""
    a, b = one.flatten(), other.flatten()
    angle = torch.arccos((a @ b / (a.norm() * b.norm())).clamp(-1, 1))
    if angle < 1e-4:
        return one
    return (((1 - share) * angle).sin() * one + (share * angle).sin() * other) / angle.sin()



JOBS: dict[str, Callable[[dict, Path], Work]] = {
    "diffusion_walk": Walk, "diffusion_many": Many, "diffusion_between": Between,
}
