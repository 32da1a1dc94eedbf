"""What the explainer answers about a diffusion, at once; its longer work is told in dlcore.training.diffusion_jobs.

    diffusion_prompt   "text": how a prompted model reads it, see `show_prompt`
    diffusion_field    "t" (0 ... 1000), "side" (21): where points of the plane go, see `show_field`
    diffusion_flow     "sampling": points that flow back from noise, with their trajectories, see `show_flow`
    diffusion_features "sampling", "x", "t": what each part of a U-Net sees, see dlcore.explain.unet_maps
    diffusion_read     "text": how any prompt is read, without a model: words known, unknown, left over
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from dlcore.data.clouds import SCALE
from dlcore.data.toy import grid
from dlcore.diffusion.prompts import Prompt, read_asked, read_prompt
from dlcore.diffusion.schedules import T, noise, signal
from dlcore.errors import N_, EngineError
from dlcore.explain.denoising import denoise, read
from dlcore.explain.diffusion_snapshot import DiffusionSnapshot, read_sampling
from dlcore.explain.unet_maps import show_maps

MOST_SIDE = 61
MOST_POINTS, MOST_FLOW_STEPS = 1_000, 200  # that fit into an answer at once


def read_words(snapshot: None, request: dict) -> dict:
    """Return how a prompt is read: "words" known, "unknown", "left_over", "empty", and "asked" (digit, stroke, ...)."""
    return tell_prompt(read_prompt(str(request.get("text", ""))))


def tell_prompt(prompt: Prompt) -> dict:
    """Return a read prompt as plain values."""
    asked = read_asked(prompt)
    return {"words": list(prompt.words), "symbols": list(prompt.shown), "unknown": list(prompt.unknown),
            "left_over": list(prompt.left_over), "empty": prompt.empty,
            "asked": {"digit": asked.digit, "stroke": asked.stroke, "slant": asked.slant, "width": asked.width}}


@torch.inference_mode()
def show_prompt(snapshot: DiffusionSnapshot, request: dict) -> dict:
    """Return what the text encoder makes of "text": `tell_prompt`, and of its n symbols (the start first)

    "embedding"  float32 (n, 64), before the encoder's layers: word and place
    "encoded"    float32 (n, 64), what the U-Net attends to
    "attention"  float32 (layers, heads, n, n), how each symbol looks at each
    """
    if snapshot.spec.condition != "prompt":
        raise EngineError(N_("This model is not told any words."))
    prompt = read_prompt(str(request.get("text", "")))
    text, n = snapshot.module.text, len(prompt.shown)
    symbols = torch.tensor([prompt.symbols])
    h = begin = text.embedding(symbols) + text.place.weight[: symbols.shape[1]]
    looks = []
    for layer in text.layers:
        looks.append(layer.weights(h, symbols != 0)[0, :, :n, :n])
        h = layer(h, symbols != 0)
    return tell_prompt(prompt) | {"embedding": begin[0, :n].numpy(), "encoded": text.norm(h)[0, :n].numpy(),
                                  "attention": torch.stack(looks).numpy()}


# points

def _need_plane(snapshot: DiffusionSnapshot) -> None:
    if not snapshot.spec.data.on_plane:
        raise EngineError(N_("This model draws pictures; only points on a plane have a field of arrows."))


@torch.inference_mode()
def show_field(snapshot: DiffusionSnapshot, request: dict) -> dict:
    """Return what happens at time t to points all over the plane.

    {"t", "points": float32 (side², 2), "velocity": float32 (side², 2), "x0": float32 (side², 2)}: where each goes on
    its way from noise to data, in units of the plane for the whole time from T to 0, and where the network thinks that
    it came from. Without the sampler's noise: dx/dt of the probability-flow ODE, arXiv:2011.13456 eq. 13.
    """
    _need_plane(snapshot)
    side, t = min(max(int(request.get("side", 21)), 2), MOST_SIDE), min(max(float(request["t"]), 1.0), float(T))
    points = grid(side)
    x = torch.from_numpy(points) / SCALE
    told = snapshot.module(x, torch.full((len(x),), t))
    plan = snapshot.plan(read_sampling({})[0])
    x0, epsilon = read(plan, told, x, t)
    return {"t": t, "points": points, "velocity": _on_plane(-velocity(plan.process.path, x0, epsilon, t)),
            "x0": _on_plane(x0)}


def velocity(path: str, x0: Tensor, epsilon: Tensor, t: float) -> Tensor:
    """Return dx/ds = α' x₀ + σ' ε, with s = t/T and the slopes of the tables taken over a step to either side."""
    low, high = max(t - 1, 0), min(t + 1, T)
    rates = [float(level(path, high) - level(path, low)) / (high - low) * T for level in (signal, noise)]
    return rates[0] * x0 + rates[1] * epsilon


@torch.inference_mode()
def show_flow(snapshot: DiffusionSnapshot, request: dict) -> dict:
    """Return points on their way from noise to data: "sampling" with steps and seed, "count" (400) points.

    {"t": float32 (steps + 1,), "trajectories": float32 (steps + 1, count, 2), "x0": float32 (steps, count, 2), what the
    network thinks at each step that they came from, "mends"}
    """
    _need_plane(snapshot)
    sampling, mends = read_sampling(request)
    count = min(max(int(request.get("count", 400)), 1), MOST_POINTS)
    if sampling.steps > MOST_FLOW_STEPS:
        raise EngineError(N_("{steps} steps take too long here. Use at most {most}."), steps=sampling.steps,
                          most=MOST_FLOW_STEPS)
    x = snapshot.noise(sampling, count)
    steps = list(denoise(snapshot.asker(sampling, count), x, snapshot.plan(sampling)))
    states = torch.stack([x, *(step.x_next for step in steps)])
    return {"t": np.array([*(step.t for step in steps), 0], np.float32), "trajectories": _on_plane(states),
            "x0": _on_plane(torch.stack([step.x0 for step in steps])), "mends": mends}


def _on_plane(x: Tensor) -> np.ndarray:
    return (x * SCALE).numpy().astype(np.float32)


DIFFUSION: dict[str, Callable[[DiffusionSnapshot | None, dict], dict]] = {
    "diffusion_read": read_words, "diffusion_prompt": show_prompt, "diffusion_field": show_field,
    "diffusion_flow": show_flow, "diffusion_features": show_maps,
}
