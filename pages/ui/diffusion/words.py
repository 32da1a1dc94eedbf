"""What the parts of the Diffusion page, their settings and their common controls are called."""

from pages.ui.language import N_, _

PARTS = {"noise": N_("Noise"), "plane": N_("Two dimensions"), "digits": N_("Digits and prompts")}
POINTS = {"swirl": N_("Swirl"), "moons": N_("Moons"), "rings": N_("Rings"), "own": N_("Your own")}
TARGETS = {"flow": N_("Velocity (flow)"), "v": "v", "x0": "x₀", "noise": N_("Noise ε")}
TOLD = {"flow": "u = ε − x₀", "v": "v = α·ε − σ·x₀", "x0": "x₀", "noise": "ε"}
CONDITIONS = {"class": N_("the class"), "prompt": N_("a prompt"), "none": N_("nothing")}
TIMES = {"logit_normal": N_("More in the middle"), "uniform": N_("Evenly")}
SAMPLERS = {"euler": "Euler", "heun": "Heun", "ddim": "DDIM", "ddpm": "DDPM", "dpm_solver": "DPM-Solver++ (2M)"}


def sampler_name(sampler: str) -> str:
    """Return what a sampler is called."""
    return SAMPLERS[sampler]


def part_name(part: str) -> str:
    """Return what a part of the page is called."""
    return _(PARTS[part])


def points_name(dataset: str) -> str:
    """Return what a set of points is called."""
    return _(POINTS[dataset])


def target_name(target: str) -> str:
    """Return what a network is said to tell."""
    return _(TARGETS[target])


def condition_name(condition: str) -> str:
    """Return what a network is told besides picture and time."""
    return _(CONDITIONS[condition])


def times_name(times: str) -> str:
    """Return how the times of the training are drawn."""
    return _(TIMES[times])


def scrubber_words() -> dict[str, str]:
    """Return the words of a slider over moments (static/js/scrubber.js)."""
    return {"play": _("Play"), "pause": _("Pause"), "back": _("One step back"), "on": _("One step on")}
