"""What the parts of the Diffusion page and their common controls are called."""

from pages.ui.language import N_, _

PARTS = {"noise": N_("Noise"), "plane": N_("Two dimensions"), "digits": N_("Digits and prompts")}


def part_name(part: str) -> str:
    """Return what a part of the page is called."""
    return _(PARTS[part])


def scrubber_words() -> dict[str, str]:
    """Return the words of a slider over moments (static/js/scrubber.js)."""
    return {"play": _("Play"), "pause": _("Pause"), "back": _("One step back"), "on": _("One step on")}
