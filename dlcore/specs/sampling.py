"""How pictures or points are drawn out of noise: what is asked for, by which sampler, from which noise."""

from dataclasses import dataclass, field
from typing import Any, Literal

from dlcore.errors import N_
from dlcore.specs.fields import Rule, choice, kind, real, whole

SAMPLERS = {"flow": ("euler", "heun"), "v": ("ddim", "ddpm", "dpm_solver"), "x0": ("ddim", "ddpm", "dpm_solver"),
            "noise": ("ddim", "ddpm", "dpm_solver")}  # by what the network tells; the first is the usual one
USUAL = "usual"
NAMES = ("euler", "heun", "ddim", "ddpm", "dpm_solver")
MOST_STEPS, MOST_COUNT, MOST_LETTERS = 1000, 100, 200
NOISE_ONLY = N_("It takes noise out along a curve of ᾱ; this model tells the velocity of a straight flow. Euler and "
                "Heun follow it.")
FLOW_ONLY = N_("It follows a velocity; this model tells of noise along a curve of ᾱ. DDPM, DDIM and DPM-Solver++ use "
               "that.")


class _Text(Rule):
    """A short text."""

    def nearest(self, value: Any) -> str:
        if isinstance(value, str):
            return value[:MOST_LETTERS]
        raise ValueError(value)


def text(default: str) -> Any:
    """Declare a short text."""
    return field(default=default, metadata={"rule": _Text(str)})


@dataclass(frozen=True)
class Sampling:
    """What is drawn.

    `prompt` (and `negative`, away from which it is guided) are for prompted models, `digit` for those told a class
    (-1: none). `guidance` 1 is the conditional answer itself. `eta` is DDIM's share of fresh noise. `strength` is where
    a way begins that starts from a picture: 1 is noise alone. The noise of `seed` is the same for all samplers.
    """

    kind: Literal["sampling"] = kind("sampling")
    prompt: str = text("a thick right slanted seven")
    negative: str = text("")
    digit: int = whole(7, -1, 9)
    guidance: float = real(2.0, 0, 10)
    sampler: str = choice(USUAL, USUAL, *NAMES)
    steps: int = whole(20, 1, MOST_STEPS)
    eta: float = real(0.0, 0, 1)
    seed: int = whole(0, 0, 2**31 - 1)
    count: int = whole(16, 1, MOST_COUNT)
    strength: float = real(0.6, 0.05, 1)


def sampler_of(sampling: Sampling, target: str) -> str:
    """Return the sampler in use."""
    return SAMPLERS[target][0] if sampling.sampler == USUAL else sampling.sampler


def why_not(sampler: str, target: str) -> str | None:
    """Return why a sampler does not belong to a model that tells `target` (a text to translate), or None."""
    if sampler == USUAL or sampler in SAMPLERS[target]:
        return None
    return NOISE_ONLY if target == "flow" else FLOW_ONLY
