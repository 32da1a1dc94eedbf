"""The trust meter of the picked map: static/js/trust.js, fed by the Job "trust" (dlcore/explain/saliency_jobs.py)."""

from math import nan

import numpy as np

from dlcore.engine.views import JobView
from dlcore.plots.theme import encode_signed
from dlcore.specs.saliency import Saliency
from pages.ui.language import N_, _, language, number, percent
from pages.ui.live import pack
from pages.ui.maps import find_scale
from pages.ui.panels import register
from pages.ui.sheet import Column, request, run_job
from pages.ui.subject import Sight

FALLEN, STANDING = 0.35, 0.65  # rank correlations between which a map has fallen apart in part

_trust = register("trust", 260)

FALLS = N_("It falls apart with the network: this map is about what was learned.")
OUTLINE = N_("Its outline stays, for that is the picture's; the signs fall apart with the network.")
PARTLY = N_("It falls apart only in part: some of this map is about the picture alone.")
STAYS = N_("It hardly changes: this map is more about the picture than about the network.")

EXACTLY = N_("The method promises that its map adds up to the change of the score from the baseline.")
PROMISED = {
    "integrated_gradients": N_("The integral adds up to the change of the score from the baseline. The map is a sum of "
                               "steps in its place: the more of them, the smaller the gap."),
    "gradient_shap": N_("What its map adds up to on average: the score of noisy copies of the picture, less that of "
                        "the training digits it starts from. With few samples the gap is large."),
}


def ask_trust(page: str, sight: Sight, asked: Saliency, column: Column) -> JobView:
    """Return how far the trust meter of the picked map is; begun now where it is about something new."""
    work = request(sight, asked, [column], ()) | {
        "kind": "trust", "method": asked.method, "image": column.image, "label": column.label, "cache": True}
    return run_job(page, "trust", work)


def show_trust(key: str, page: str, told: dict | None, stale: bool, waits: str) -> None:
    """Show the trust meter as far as it is known; `waits` says why nothing is measured, where nothing is."""
    names = [_("trained"), *told["layers"]] if told else [""]
    told = told or {"layers": [], "signed": [], "absolute": [], "maps": [], "likeness": nan}
    maps = [encode_signed(values, find_scale(values) or 1.0) for values in told["maps"]]
    side = maps[0].shape[0] if maps else 28
    verdict = waits or judge(*(_end(told[name], len(told["layers"])) for name in ("absolute", "signed")))
    meta = {"channel": page, "language": language(), "words": _words(), "names": names, "shown": len(maps),
            "stale": stale, "likeness": told["likeness"], "verdict": verdict, "facts": write_facts(told),
            "spoken": _spoken(told, verdict)}
    _trust(key=key, data=pack(
        meta, signed=_rows(told["signed"], len(names)), absolute=_rows(told["absolute"], len(names)),
        maps=np.stack(maps) if maps else np.zeros((0, side, side), np.uint8)))


def _rows(draws: list[list[float]], stops: int) -> np.ndarray:
    """Return the curves (draws, stops), beginning with 1: before anything is random a map is like itself."""
    rows = np.full((len(draws), stops), np.nan, np.float32)
    for row, draw in zip(rows, draws, strict=True):
        row[: len(draw) + 1] = [1, *draw]
    return rows


def _end(draws: list[list[float]], layers: int) -> float | None:
    """Return the mean correlation once all layers are random, None before."""
    ends = [draw[-1] for draw in draws if layers and len(draw) == layers]
    return float(np.mean(ends)) if ends else None


def judge(sizes: float | None, signs: float | None) -> str:
    """Return in one sentence what the correlations of a map with that of a random network mean."""
    if sizes is None or signs is None:
        return ""
    if max(sizes, abs(signs)) < FALLEN:
        return _(FALLS)
    if sizes > STANDING:
        return _(STAYS) if signs > STANDING else _(OUTLINE) if abs(signs) < FALLEN else _(PARTLY)
    return _(PARTLY)


def write_facts(told: dict) -> list[dict[str, str]]:
    """Return what was measured besides, in rows: name, value, and how to read it."""
    facts = [_sum_fact(told["sum"])] if told.get("sum") else []
    if found := told.get("infidelity"):
        shown = {name: number(value, 2) for name, value in found.items()}
        facts.append({"name": _("infidelity"),
                      "value": _("{map} · edges {edges} · no map {nothing}").format(**shown),
                      "hint": _("Random squares are taken away, and the score's change is compared with what the map "
                                "says of them: the mean squared error, by Captum. Beside it that of an edge detector, "
                                "and of no map at all.")})
    if "sensitivity" in told:
        facts.append({"name": _("changes under invisible noise by"), "value": percent(told["sensitivity"], 0),
                      "hint": _("Captum's sensitivity: the largest relative change of the map when every pixel moves "
                                "by up to a fiftieth of the range.")})
    return facts


def _sum_fact(told: dict[str, float]) -> dict[str, str]:
    gap = abs(told["sum"] - told["promise"]) / max(abs(told["promise"]), 1e-9)
    return {"name": _("adds up to {sum} of {promise}").format(sum=number(told["sum"], 2),
                                                              promise=number(told["promise"], 2)),
            "value": _("gap {share}").format(share=percent(gap)),
            "hint": _(PROMISED.get(told["method"], EXACTLY))}


def _spoken(told: dict, verdict: str) -> str:
    means = [float(np.mean(values)) for values in zip(*told["absolute"])]
    parts = [_("{layer} random: {value}").format(layer=layer, value=number(value, 2))
             for layer, value in zip(told["layers"], means)]
    return ", ".join([_("Rank correlation with the trained network's map"), *parts, verdict])


def _words() -> dict[str, str]:
    return {"title": _("Does it need the network?"), "absolute": _("sizes"), "signed": _("with signs"),
            "edges": _("an edge detector")}
