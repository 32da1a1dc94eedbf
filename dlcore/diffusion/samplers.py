"""One step of each sampler, from x at time t to x at time t_next < t.

Both times are given, so that any spacing is right. Plain arithmetic: arrays may be numpy's or torch's. `path` is one of
dlcore.diffusion.schedules; times count from 0 (data) to T.

    ddpm         noise, x0, v   a step of the reverse chain, with fresh noise: arXiv:2006.11239
    ddim         noise, x0, v   without noise (η = 0), or with some: arXiv:2010.02502
    dpm_solver   noise, x0, v   DPM-Solver++(2M): remembers the last x̂₀: arXiv:2211.01095
    euler, heun  flow           along the velocity; Heun asks the network twice
"""

from math import expm1, log, sqrt
from typing import Any

from dlcore.diffusion.schedules import T, noise, signal

Array = Any


def ddpm(x: Array, x0: Array, fresh: Array, path: str, t: float, t_next: float) -> Array:
    """Return a draw from q(x_next | x, x̂₀), DDPM eq. 6 and 7 for steps of any length; `fresh` is its noise."""
    left, left_next = _alpha_bar(path, t), _alpha_bar(path, t_next)
    alpha = left / left_next                    # of this one step
    beta = 1 - alpha
    mean = (sqrt(left_next) * beta * x0 + sqrt(alpha) * (1 - left_next) * x) / (1 - left)       # eq. 7, μ̃
    variance = (1 - left_next) / (1 - left) * beta                                              # eq. 7, β̃
    return mean + sqrt(variance) * fresh


def ddim(x: Array, x0: Array, epsilon: Array, path: str, t: float, t_next: float, eta: float = 0.0,
         fresh: Array | None = None) -> Array:
    """Return DDIM eq. 12: x̂₀ and the predicted noise, mixed anew; η = 1 with every step is DDPM."""
    left, left_next = _alpha_bar(path, t), _alpha_bar(path, t_next)
    spread = eta * sqrt((1 - left_next) / (1 - left)) * sqrt(1 - left / left_next)              # eq. 16, σ
    step = sqrt(left_next) * x0 + sqrt(max(1 - left_next - spread**2, 0.0)) * epsilon           # eq. 12
    return step if fresh is None or not spread else step + spread * fresh


def dpm_solver(x: Array, x0: Array, path: str, t: float, t_next: float, x0_before: Array | None = None,
               t_before: float | None = None) -> Array:
    """Return DPM-Solver++(2M), algorithm 2: second order from the last x̂₀; first order at the beginning and the end."""
    sigma, sigma_next = float(noise(path, t)), float(noise(path, t_next))
    if sigma_next == 0:
        return x0                               # λ is infinite at the data: the step ends in x̂₀ itself
    h = half_log_snr(path, t_next) - half_log_snr(path, t)
    direction = x0
    if x0_before is not None:
        r = (half_log_snr(path, t) - half_log_snr(path, t_before)) / h
        direction = (1 + 1 / (2 * r)) * x0 - 1 / (2 * r) * x0_before                            # D_i
    return sigma_next / sigma * x - float(signal(path, t_next)) * expm1(-h) * direction


def euler(x: Array, velocity: Array, t: float, t_next: float) -> Array:
    """Return x + (s_next − s) u, with s = t/T: a straight step along the velocity u = dx/ds."""
    return x + (t_next - t) / T * velocity


def heun(x: Array, velocity: Array, velocity_there: Array, t: float, t_next: float) -> Array:
    """Return the step along the mean of the velocities here and where Euler's step would lead."""
    return x + (t_next - t) / T * (velocity + velocity_there) / 2


def half_log_snr(path: str, t: float) -> float:
    """Return λ_t = log(α_t / σ_t)."""
    return log(float(signal(path, t))) - log(float(noise(path, t)))


def _alpha_bar(path: str, t: float) -> float:
    return float(signal(path, t)) ** 2
