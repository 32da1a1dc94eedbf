"""What a network can be asked to tell of x_t = α x₀ + σ ε, and how one answer becomes the others.

    noise   ε                  DDPM, arXiv:2006.11239
    x0      x₀                 the picture itself
    v       α ε − σ x₀         progressive distillation, arXiv:2202.00512
    flow    ε − x₀             the velocity dx/dt of a rectified flow, arXiv:2209.03003 (from the data to the noise)

Plain arithmetic: arrays may be numpy's or torch's, α and σ numbers or arrays that broadcast.
"""

from typing import Any

Array = Any
TARGETS = ("flow", "v", "x0", "noise")


def target(name: str, x0: Array, epsilon: Array, alpha: Array, sigma: Array) -> Array:
    """Return what the network is trained to tell."""
    match name:
        case "noise":
            return epsilon
        case "x0":
            return x0
        case "v":
            return alpha * epsilon - sigma * x0  # arXiv:2202.00512, appendix D
        case _:
            return epsilon - x0                  # arXiv:2209.03003 eq. 1, with its time reversed


def read_x0(name: str, told: Array, x: Array, alpha: Array, sigma: Array) -> Array:
    """Return the x̂₀ that an answer stands for."""
    match name:
        case "noise":
            return (x - sigma * told) / alpha    # DDPM, below eq. 15
        case "x0":
            return told
        case "v":
            return alpha * x - sigma * told      # arXiv:2202.00512, appendix D
        case _:
            return (x - sigma * told) / (alpha + sigma)  # x = (α + σ) x₀ + σ u


def read_noise(x: Array, x0: Array, alpha: Array, sigma: Array) -> Array:
    """Return the noise ε̂ that goes with x̂₀: x = α x̂₀ + σ ε̂; at the data there is none."""
    return (x - alpha * x0) / sigma if sigma else x - x


def guide(conditional: Array, unconditional: Array, scale: float) -> Array:
    """Return the guided answer: 1 is the conditional one, more goes further away from the unconditional.

    Classifier-free guidance, arXiv:2207.12598 eq. 6, with w = scale − 1. A negative prompt takes the place of the
    unconditional one.
    """
    return unconditional + scale * (conditional - unconditional)
