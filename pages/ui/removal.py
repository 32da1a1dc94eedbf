"""Deletion and insertion of the methods' maps: static/js/removal.js, fed by the Job "removal"."""

import numpy as np

from dlcore.engine.views import JobView
from dlcore.specs.saliency import Saliency, fitting
from pages.ui.language import _, language, number
from pages.ui.live import pack
from pages.ui.methods import in_order, method_name
from pages.ui.panels import register
from pages.ui.sheet import Column, request, run_job
from pages.ui.subject import Sight

_removal = register("removal", 260)


def ask_removal(page: str, sight: Sight, asked: Saliency, column: Column) -> JobView:
    """Return how far the curves of a picture are; begun now where they are about something new."""
    methods = fitting(sight.experiment.network, in_order(asked.methods))
    work = request(sight, asked, [column], methods) | {
        "kind": "removal", "image": column.image, "label": column.label, "cache": True}
    return run_job(page, "removal", work)


def show_removal(key: str, page: str, told: dict | None, picked: str, stale: bool) -> None:
    """Show the curves as far as they are known."""
    curves = (told or {}).get("curves", {})
    order = [*in_order(tuple(curves)), *(name for name in ("edges", "random") if name in curves)]
    names = {"random": _("random order"), "edges": _("an edge detector")}
    kinds = [name if name in names else "method" for name in order]
    meta = {"channel": page, "language": language(), "words": _words(), "kinds": kinds, "stale": stale,
            "names": [names.get(name) or method_name(name) for name in order],
            "picked": order.index(picked) if picked in order else -1}
    arrays = {}
    for kind in ("deletion", "insertion"):
        arrays[kind] = _stack([curves[name][kind] for name in order])
        arrays[f"{kind}_areas"] = np.array([curves[name]["areas"][kind == "insertion"] for name in order], np.float32)
    _removal(key=key, data=pack(meta, **arrays))


def say_rank(told: dict | None, picked: str) -> str:
    """Return in one sentence how the picked method does among the others; nothing before all is known."""
    curves = {name: found for name, found in (told or {}).get("curves", {}).items() if name != "random"}
    if picked not in curves or len(curves) < 3:
        return ""
    places = [1 + sum(sign * found["areas"][side] < sign * curves[picked]["areas"][side] for found in curves.values())
              for side, sign in ((0, 1), (1, -1))]
    return _("Place {deletion} by deletion and {insertion} by insertion of {count}, the edge detector among "
             "them.").format(deletion=number(places[0]), insertion=number(places[1]), count=number(len(curves)))


def _stack(rows: list[np.ndarray]) -> np.ndarray:
    return np.stack(rows).astype(np.float32) if rows else np.zeros((0, 2), np.float32)


def _words() -> dict[str, str]:
    return {"deletion": _("Deletion"), "insertion": _("Insertion"), "area": _("{name}: area {area}"),
            "deletion_hint": _("The pixels that a map calls important are set to the baseline first: the earlier the "
                               "probability falls, the better."),
            "insertion_hint": _("The pixels that a map calls important are put into the baseline first: the earlier "
                                "the probability rises, the better.")}
