"""The curves of the Recurrent page: what the task is measured by, for all cells together, and their gradients."""

from dlcore.specs.recurrent import Recurrent
from dlcore.specs.sequences import measures
from pages.ui.language import _
from pages.ui.panels import Chart, Line, curves
from pages.ui.recurrent.names import cell_name, measure_name

HEIGHT = 104
LEAST = {"names": 2, "shakespeare": 1}  # bits at which the axis begins: fewer are hardly reached


def show_curves(page: str, spec: Recurrent) -> None:
    """Draw the measure that counts, on held-out sequences, and faintly on those that are learned from."""
    name = measures(spec.data)[0]
    faint = [Line(f"{cell}.train_{name}", "", f"{cell}_faint") for cell in spec.network.cells if name != "error"]
    lines = (*faint, *(Line(f"{cell}.held_{name}", cell_name(cell), cell) for cell in spec.network.cells))
    shape = {"unit": "percent", "low": 0, "high": 1} if name == "accuracy" else {"low": LEAST.get(spec.data.task, 0)}
    curves(f"{page}.curves", page, [Chart(name, measure_name(spec), lines, height=HEIGHT,
                                          note=_("held-out"), **shape)])


def show_gradients(page: str, spec: Recurrent) -> None:
    """Draw the size of each cell's gradient while it learns: the largest before clipping, and what is left of it."""
    cells = spec.network.cells
    charts = [Chart(f"norm_{measure}", title, tuple(Line(f"{cell}.gradient_{measure}", cell_name(cell), cell)
                                                    for cell in cells), low=0, log=True, height=HEIGHT)
              for measure, title in (("peak", _("Largest gradient, before clipping")),
                                     ("after", _("Largest gradient, after clipping")))]
    curves(f"{page}.gradients", page, charts)
