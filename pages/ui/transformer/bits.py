"""Held-out bits per character of several networks over the seconds that each has learned, in one chart."""

import numpy as np

from pages.ui import panels
from pages.ui.language import _

COLOURS = {"transformer": "blue"}  # a cell has the colour of its name
LEAST = 10                         # seconds that a curve has to go on for, to be compared at equal time

Named = tuple[str, str, np.ndarray]  # what it is ("transformer" or a cell's kind), its name, and (looks, 2)


def draw_bits(page: str, name: str, models: list[Named]) -> None:
    """Draw a curve for each network that noted them."""
    curves = {f"{kind}.{place}": np.asarray(curve, np.float32).reshape(-1, 2).T
              for place, (kind, _name, curve) in enumerate(models)}
    curves = {key: points for key, points in curves.items() if points.shape[1] > 1}
    if not curves:
        return
    names = {f"{kind}.{place}": called for place, (kind, called, _curve) in enumerate(models)}
    last = max(LEAST, *(float(points[0, -1]) for points in curves.values()))
    chart = panels.Chart(name, _("Bits per character over the seconds learned"), tuple(
        panels.Line(key, names[key], COLOURS.get(key.split(".")[0], key.split(".")[0])) for key in curves), low=1)
    panels.curves(f"{page}.{name}_curves", f"{page}.{name}", [chart], {
        **curves, "step": last, "total_steps": last, "steps_per_epoch": None, "marks": [], "gap": None, "notes": {}})
