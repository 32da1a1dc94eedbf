"""The way from noise to data, step by step: the network is asked, and a sampler uses its answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dlcore.data.batches import generator
from dlcore.data.clouds import SCALE
from dlcore.diffusion import samplers
from dlcore.diffusion.parameterization import guide, read_noise, read_x0
from dlcore.diffusion.schedules import T, noise, signal, spaced
from dlcore.models.denoiser import Told
from dlcore.specs.denoiser import Process
from dlcore.specs.diffusion import Diffusion
from dlcore.specs.plane import EDGE
from dlcore.specs.sampling import SAMPLERS

MOST_AT_ONCE = 128  # pictures in one pass


class Answer(NamedTuple):
    """What the network tells of x_t: guided, with its condition, and without (or with the negative prompt)."""

    guided: Tensor
    conditional: Tensor
    unconditional: Tensor


class Asker:
    """A network, what it is told, what it is guided away from (`against`), and how far.

    Without a condition, and with guidance 1 unless `both` are wanted, one pass answers all three.
    """

    def __init__(self, module: nn.Module, told: Told, against: Told | None = None, guidance: float = 1.0,
                 both: bool = False, precision: torch.dtype = torch.float32):
        self.module, self.guidance, self.precision = module, guidance, precision
        alone = against is None or not told.anything or (guidance == 1 and not both)
        self.told = told if alone else told.beside(against)
        self.passes = 1 if alone else 2

    @torch.inference_mode()
    def __call__(self, x: Tensor, t: float) -> Answer:
        times = torch.full((self.passes * len(x),), t, dtype=x.dtype, device=x.device)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.precision != torch.float32):
            answers = self.module(torch.cat([x] * self.passes), times, self.told).to(x.dtype)
        if self.passes == 1:
            return Answer(answers, answers, answers)
        conditional, unconditional = answers.chunk(2)
        return Answer(guide(conditional, unconditional, self.guidance), conditional, unconditional)


@dataclass(frozen=True)
class Plan:
    """How x is led from noise to data: the pairs (t, t_next), the sampler, its noise, and where x̂₀ is cut.

    Near the noise x̂₀ is the small difference of large numbers over a small α, so along the curves of ᾱ it is cut to
    ±`limit`, where the data lies, as is usual; a flow does not divide by α, and nothing is cut.
    """

    process: Process
    pairs: tuple[tuple[float, float], ...]
    sampler: str
    eta: float = 0.0
    limit: float | None = None
    seed: int = 0


class Step(NamedTuple):
    """One step: where x was, what the network told, the x̂₀ and ε̂ that this means, and where x is next."""

    t: float
    t_next: float
    x: Tensor
    answer: Answer
    x0: Tensor
    noise: Tensor
    x_next: Tensor


def limit_of(spec: Diffusion) -> float | None:
    """Return where x̂₀ is cut: at the ends of the data's range, unless it is a flow."""
    if spec.process.target == "flow":
        return None
    return EDGE / SCALE if spec.data.on_plane else 1.0


def usual_plan(spec: Diffusion, steps: int) -> Plan:
    """Return the plan of the spec's first sampler, from T down in even steps."""
    return Plan(spec.process, tuple(spaced(steps)), SAMPLERS[spec.process.target][0], limit=limit_of(spec))


def start_noise(shape: tuple[int, ...], count: int, seed: int) -> Tensor:
    """Return x_T (count, ...) of a seed; item number i is the same, however many there are."""
    return torch.stack([torch.randn(shape, generator=generator(seed, "start", number)) for number in range(count)])


def denoise(ask: Callable[[Tensor, float], Answer], x: Tensor, plan: Plan,
            hold: Callable[[Tensor, float], Tensor] | None = None) -> Iterator[Step]:
    """Yield every step; `hold` (x, t) puts back what must stay as it is."""
    before: tuple[Tensor, float] | None = None
    for t, t_next in plan.pairs:
        answer = ask(x, t)
        x0, epsilon = read(plan, answer.guided, x, t)
        x_next = _advance(ask, plan, Step(t, t_next, x, answer, x0, epsilon, x), before)
        x_next = x_next if hold is None else hold(x_next, t_next)
        yield Step(t, t_next, x, answer, x0, epsilon, x_next)
        before, x = (x0, t), x_next


def read(plan: Plan, told: Tensor, x: Tensor, t: float) -> tuple[Tensor, Tensor]:
    """Return the x̂₀ and the ε̂ that an answer stands for; where x̂₀ is cut, ε̂ is what then goes with it."""
    alpha, sigma = float(signal(plan.process.path, t)), float(noise(plan.process.path, t))
    x0 = read_x0(plan.process.target, told, x, alpha, sigma)
    x0 = x0 if plan.limit is None else x0.clamp(-plan.limit, plan.limit)
    return x0, read_noise(x, x0, alpha, sigma)


def _advance(ask: Callable, plan: Plan, step: Step, before: tuple[Tensor, float] | None) -> Tensor:
    t, t_next, x, answer, x0, epsilon, _ = step
    path = plan.process.path
    match plan.sampler:
        case "ddpm":
            return samplers.ddpm(x, x0, _fresh(plan, x, t), path, t, t_next)
        case "ddim":
            fresh = _fresh(plan, x, t) if plan.eta else None
            return samplers.ddim(x, x0, epsilon, path, t, t_next, plan.eta, fresh)
        case "dpm_solver":
            return samplers.dpm_solver(x, x0, path, t, t_next, *(before or ()))
    ahead = samplers.euler(x, answer.guided, t, t_next)
    if plan.sampler == "euler" or t_next == 0:  # at the data Heun has no second look: the last step is Euler's
        return ahead
    return samplers.heun(x, answer.guided, ask(ahead, t_next).guided, t, t_next)


def _fresh(plan: Plan, x: Tensor, t: float) -> Tensor:
    """Return the noise of a step, the same whenever this seed comes to this time."""
    return torch.randn(x.shape, dtype=x.dtype, generator=generator(plan.seed, "fresh", round(1000 * t))).to(x.device)


def part_way(steps: int, strength: float) -> tuple[tuple[float, float], ...]:
    """Return the pairs of a way that begins at the share `strength` of all noise."""
    return tuple(spaced(max(1, round(steps * strength)), T * strength))
