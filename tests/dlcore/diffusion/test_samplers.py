"""Samplers against diffusers in double precision, and the identities that must hold."""

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler

from dlcore.diffusion.forward import betas_of
from dlcore.diffusion.parameterization import guide, read_noise, read_x0, target
from dlcore.diffusion.samplers import ddim, ddpm, dpm_solver, euler, half_log_snr, heun
from dlcore.diffusion.schedules import PATHS, T, alpha_bar, noise, signal, spaced

CURVES = PATHS[:3]
DRAWS = np.random.default_rng(0)
X0, EPSILON, FRESH = DRAWS.standard_normal((3, 2, 5))


def theirs(kind, path, **how):
    """A scheduler of diffusers with our table in double precision; its timestep t is our t + 1."""
    scheduler = kind(num_train_timesteps=T, trained_betas=betas_of(alpha_bar(path)), **how)
    scheduler.betas = torch.from_numpy(betas_of(alpha_bar(path)))
    scheduler.alphas = 1 - scheduler.betas
    scheduler.alphas_cumprod = torch.from_numpy(alpha_bar(path)[1:].copy())
    scheduler.final_alpha_cumprod = scheduler.one = torch.tensor(1.0, dtype=torch.float64)
    return scheduler


@pytest.mark.parametrize("path", CURVES)
@pytest.mark.parametrize("prediction", ["noise", "x0", "v"])
@pytest.mark.parametrize("eta", [0.0, 0.7])
def test_ddim_is_that_of_diffusers(path, prediction, eta):
    """On a spacing that divides 1000, where theirs is right."""
    name = {"noise": "epsilon", "x0": "sample", "v": "v_prediction"}[prediction]
    scheduler = theirs(DDIMScheduler, path, prediction_type=name, timestep_spacing="leading",
                       steps_offset=0, clip_sample=False)
    scheduler.set_timesteps(50)
    told = torch.from_numpy(DRAWS.standard_normal((2, 5)))
    for t in (960, 500, 20, 0):
        x = torch.from_numpy(X0)
        expected = scheduler.step(told, t, x, eta=eta, variance_noise=torch.from_numpy(FRESH)).prev_sample
        alpha, sigma = float(signal(path, t + 1)), float(noise(path, t + 1))
        x0 = read_x0(prediction, told, x, alpha, sigma)
        t_next = max(t + 1 - 20, 0)
        ours = ddim(x, x0, read_noise(x, x0, alpha, sigma), path, t + 1, t_next, eta, torch.from_numpy(FRESH))
        assert torch.allclose(ours, expected, rtol=1e-9, atol=1e-9), t


@pytest.mark.parametrize("path", CURVES)
def test_ddpm_has_the_mean_and_the_variance_of_diffusers(path):
    scheduler = theirs(DDPMScheduler, path, variance_type="fixed_small", timestep_spacing="leading",
                       steps_offset=0, clip_sample=False)
    scheduler.set_timesteps(50)
    told = torch.from_numpy(EPSILON)
    for t in (960, 500, 20):
        x = torch.from_numpy(X0)
        state = torch.Generator().manual_seed(3)
        expected = scheduler.step(told, t, x, generator=state).prev_sample
        fresh = torch.randn(x.shape, dtype=x.dtype, generator=torch.Generator().manual_seed(3))
        x0 = read_x0("noise", told, x, float(signal(path, t + 1)), float(noise(path, t + 1)))
        assert torch.allclose(ddpm(x, x0, fresh, path, t + 1, t + 1 - 20), expected, rtol=1e-9, atol=1e-9), t


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("path", CURVES)
@pytest.mark.parametrize("steps", [5, 10, 25])
def test_dpm_solver_goes_the_way_of_diffusers(path, steps):
    """By the parts of its `step`, which itself goes on in single precision."""
    scheduler = theirs(DPMSolverMultistepScheduler, path, algorithm_type="dpmsolver++", final_sigmas_type="zero")
    scheduler.set_timesteps(steps)
    sigmas = [float(noise(path, t) / signal(path, t)) for t, _ in spaced(steps)]
    scheduler.sigmas = torch.tensor([*sigmas, 0.0], dtype=torch.float64)
    x, told_before, before = torch.from_numpy(X0), None, ()
    for number, (t, t_next) in enumerate(spaced(steps)):
        scheduler._step_index = number
        told = scheduler.convert_model_output(network(x, t), sample=x)
        if number == 0 or t_next == 0:
            expected = scheduler.dpm_solver_first_order_update(told, sample=x)
        else:
            expected = scheduler.multistep_dpm_solver_second_order_update([told_before, told], sample=x)
        x0 = read_x0("noise", network(x, t), x, float(signal(path, t)), float(noise(path, t)))
        ours = dpm_solver(x, x0, path, t, t_next, *before)
        assert torch.allclose(ours, expected, rtol=1e-8, atol=1e-8), number
        x, told_before, before = ours, told, (x0, t)


def network(x, t):
    """Anything that answers smoothly."""
    return torch.tanh(x) * 0.5 + 0.1 * np.cos(t / 300)


@pytest.mark.parametrize("path", CURVES)
@pytest.mark.parametrize("steps", [1, 7, 50])
def test_with_the_true_noise_ddim_returns_the_picture_exactly(path, steps):
    x = float(signal(path, T)) * X0 + float(noise(path, T)) * EPSILON
    for t, t_next in spaced(steps):
        x = ddim(x, X0, EPSILON, path, t, t_next)
        assert np.allclose(x, float(signal(path, t_next)) * X0 + float(noise(path, t_next)) * EPSILON, atol=1e-12)
    assert np.allclose(x, X0, atol=1e-12)


def test_a_straight_flow_is_crossed_in_one_step_by_euler_and_by_heun():
    velocity = EPSILON - X0
    assert np.allclose(euler(EPSILON, velocity, T, 0), X0)
    assert np.allclose(heun(EPSILON, velocity, velocity, T, 0), X0)


def test_heun_is_of_second_order_and_euler_of_first():
    """On dx/ds = x, whose way back over s = 1 is a division by e."""
    def error(steps, second):
        x = 1.0
        for t, t_next in spaced(steps):
            ahead = euler(x, x, t, t_next)
            x = heun(x, x, ahead, t, t_next) if second else ahead
        return abs(x - np.exp(-1))
    assert error(20, False) / error(40, False) == pytest.approx(2, rel=0.1)
    assert error(20, True) / error(40, True) == pytest.approx(4, rel=0.1)


def test_ddim_with_all_its_noise_and_every_step_is_ddpm():
    for t in (1000, 400, 2):
        x0 = read_x0("noise", EPSILON, X0, float(signal("linear", t)), float(noise("linear", t)))
        one = ddim(X0, x0, EPSILON, "linear", t, t - 1, 1.0, FRESH)
        assert np.allclose(one, ddpm(X0, x0, FRESH, "linear", t, t - 1), atol=1e-9)


@pytest.mark.parametrize(("name", "path"), [("noise", "linear"), ("x0", "sigmoid"), ("v", "cosine"), ("flow", "flow"),
                                            ("noise", "flow"), ("flow", "cosine")])
def test_every_answer_stands_for_the_same_picture(name, path):
    alpha, sigma = float(signal(path, 400)), float(noise(path, 400))
    x = alpha * X0 + sigma * EPSILON
    x0 = read_x0(name, target(name, X0, EPSILON, alpha, sigma), x, alpha, sigma)
    assert np.allclose(x0, X0) and np.allclose(read_noise(x, x0, alpha, sigma), EPSILON)


def test_guidance_one_is_the_conditional_answer_and_zero_the_other():
    assert np.allclose(guide(X0, EPSILON, 1), X0) and np.allclose(guide(X0, EPSILON, 0), EPSILON)
    assert np.allclose(guide(X0, EPSILON, 3), X0 + 2 * (X0 - EPSILON))


@pytest.mark.parametrize("path", CURVES)
def test_the_picture_is_ever_less_to_the_noise(path):
    levels = [half_log_snr(path, t) for t in range(1, T + 1)]
    assert (np.diff(levels) < 0).all()


@pytest.mark.parametrize(("steps", "start"), [(1, T), (7, T), (1000, T), (3, 2.0), (10, 333.0)])
def test_a_way_begins_at_its_start_and_ends_at_the_data(steps, start):
    pairs = spaced(steps, start)
    assert len(pairs) == steps and pairs[0][0] == start and pairs[-1][1] == 0
    assert all(t > t_next for t, t_next in pairs)
    assert all(one[1] == other[0] for one, other in zip(pairs, pairs[1:]))
