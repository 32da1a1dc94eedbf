"""One step of a way, x_t → x_next: what it is mixed from, and where it leads (static/js/onestep.js)."""

import numpy as np
from numpy.typing import NDArray

from dlcore.diffusion import samplers
from dlcore.diffusion.schedules import T
from dlcore.plots.theme import encode_signed
from pages.ui.diffusion import components
from pages.ui.diffusion.words import TOLD, sampler_name
from pages.ui.language import N_, _, language
from pages.ui.live import pack

REACH = 3.0  # of noises and velocities, that full colour stands for
TERMS = {  # what a step is mixed from: its name, and the array of the topic "film" that shows it
    "x": (N_("x, as it is"), "states", "grey"), "x0": (N_("x̂₀, its guess"), "clean", "grey"),
    "noise": (N_("ε̂, the noise it sees"), "noise", "diverging"),
    "told": (N_("{symbol}, its answer"), "told", "diverging"),
    "second": (N_("{symbol} there, asked again"), "rest", "diverging"),
    "fresh": (N_("fresh noise"), "rest", "diverging"), "x0_before": (N_("x̂₀ of the step before"), "clean", "grey"),
}
MIXED = {"euler": ("x", "told"), "heun": ("x", "told", "second"), "ddim": ("x0", "noise", "fresh"),
         "ddpm": ("x", "x0", "fresh"), "dpm_solver": ("x", "x0", "x0_before")}


def weigh(sampler: str, path: str, t: float, t_next: float, eta: float = 0.0, t_before: float | None = None
          ) -> dict[str, float]:
    """Return how much of each of its terms a sampler takes: what it makes of 1 in one's place and 0 in all others."""
    return {name: float(_step(sampler, path, t, t_next, eta, t_before, **{name: 1.0})) for name in MIXED[sampler]}


def _step(sampler: str, path: str, t: float, t_next: float, eta: float, t_before: float | None, x: float = 0.0,
          x0: float = 0.0, noise: float = 0.0, told: float = 0.0, second: float = 0.0, fresh: float = 0.0,
          x0_before: float = 0.0) -> float:
    match sampler:
        case "ddpm":
            return samplers.ddpm(x, x0, fresh, path, t, t_next)
        case "ddim":
            return samplers.ddim(x, x0, noise, path, t, t_next, eta, fresh)
        case "dpm_solver":
            return samplers.dpm_solver(x, x0, path, t, t_next, *(() if t_before is None else (x0_before, t_before)))
    if sampler == "euler" or t_next == 0:  # at the data Heun's last step is Euler's
        return samplers.euler(x, told, t, t_next)
    return samplers.heun(x, told, second, t, t_next)


def step_topic(walk: dict) -> dict:
    """Return what the topic "film" says of single steps: "weights" float32 (steps, terms), "terms", and "rest".

    "rest" is what no other array shows: the fresh noise of a step, or what was told where Euler's step would lead,
    reckoned back from where x came to.
    """
    times, names = walk["t"].astype(float), MIXED[walk["sampler"]]
    weights = np.array([[given[name] for name in names] for given in (
        weigh(walk["sampler"], walk["path"], t, t_next, walk["eta"], before)
        for t, t_next, before in zip(times[:-1], times[1:], [None, *times[:-2]], strict=True))])
    symbol = TOLD[walk["target"]].split(" = ")[0]
    terms = [{"array": TERMS[name][1], "scale": TERMS[name][2], "title": _(TERMS[name][0]).format(symbol=symbol),
              "before": name == "x0_before"} for name in names]
    topic = {"weights": weights.astype(np.float32), "terms": terms, "sampler": sampler_name(walk["sampler"])}
    if "told" in names:
        topic["told"] = encode_signed(walk["told"].astype(np.float32), REACH)[:, None]
    if names[-1] in ("fresh", "second"):
        topic["rest"] = encode_signed(_rest(walk, weights, names), REACH)[:, None]
    return topic | _places(walk)


def _rest(walk: dict, weights: NDArray, names: tuple[str, ...]) -> NDArray[np.float32]:
    known = {"x": walk["x"][:-1], "x0": walk["x0"], "noise": walk["noise"], "told": walk["told"]}
    mixed = sum(weights[:, at, None, None] * known[name].astype(np.float32) for at, name in enumerate(names[:-1]))
    share = weights[:, -1, None, None]
    left = walk["x"][1:].astype(np.float32) - mixed
    return np.divide(left, share, out=np.zeros_like(left), where=abs(share) > 1e-4)


def _places(walk: dict) -> dict[str, NDArray[np.float32]]:
    """Return where all lies in the plane of the last picture and the first noise, in the mean size of a pixel.

    "way" (moments, 2) and "guess" (steps, 2), of x and of x̂₀; of each step "long", its length, "turn", the cosine
    between it and the way to x̂₀, and "inside", the share of its square that lies in the plane.
    """
    x, guess = (walk[name].astype(np.float32).reshape(len(walk[name]), -1) for name in ("x", "x0"))
    size = np.sqrt(x.shape[1])
    plane = np.linalg.qr(np.stack([x[-1], x[0]], 1))[0]
    plane *= np.sign((plane * np.stack([x[-1], x[0]], 1)).sum(0))
    steps, to_guess = np.diff(x, axis=0), guess - x[:-1]
    long, far = (np.linalg.norm(arrows, axis=1) for arrows in (steps, to_guess))
    with np.errstate(invalid="ignore", divide="ignore"):
        turn = (steps * to_guess).sum(1) / (long * far)
        inside = ((steps @ plane) ** 2).sum(1) / long**2
    return {"way": x @ plane / size, "guess": guess @ plane / size, "long": long / size, "turn": turn,
            "inside": inside}


def show_step(page: str) -> None:
    """Draw the step at which the slider above stands; what it shows comes with the film."""
    components.onestep(key=f"{page}.step_shown", data=pack({
        "channel": page, "language": language(), "last": T, "words": _words()}))


def _words() -> dict[str, str]:
    return {
        "next": _("x, a step on"), "step": _("Step {step} of {last}, {sampler}"),
        "away": _("Of more than 200 steps, single ones are not shown."), "waits": _("The way is being drawn."),
        "plane": _("The way in the plane of noise and picture"), "noise": _("noise"), "picture": _("picture"),
        "guess": "x̂₀", "now": "x",
        "facts": _("The step is {long} long (a mean pixel); its angle to the way to x̂₀ is {angle}°; {inside} of it "
                   "lies in this plane."),
        "legend": _("blue: the step; dashed: the way to its guess x̂₀; grey: the whole way, and all guesses"),
    }
