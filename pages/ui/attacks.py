"""What would change its mind: FGSM and PGD on the page's picture (static/js/attack.js, the Job "attacks")."""

import numpy as np
import streamlit as st

from pages.ui import subject, words
from pages.ui.language import _, language, number, percent
from pages.ui.live import pack
from pages.ui.panels import register
from pages.ui.sheet import Column, request, run_job, spec
from pages.ui.working import show_working

START = 5  # the ε at which the slider stands at first: the fifth of those that are tried
ANY = "any"

_attack = register("attack", 420)


def show_attacks(page: str) -> None:
    """Draw the attacks on the page's picture, away from the class that is explained or towards another one."""
    sight, asked = subject.look(page), spec(page)
    names = words.class_names(sight.experiment.data.dataset)
    towards = st.selectbox(_("It shall read"), [ANY, *range(len(names))], key=f"{page}.towards", width=220,
                           format_func=lambda choice: _("anything else") if choice == ANY else names[choice])
    work = request(sight, asked, [Column(sight.image, sight.label, sight.title)], ()) | {
        "kind": "attacks", "image": sight.image, "label": sight.label, "cache": True,
        "towards": None if towards == ANY else towards}
    job = run_job(page, "attacks", work)
    show_working(f"{page}.attacking", job, _("Attacking: {share}").format(share=percent(job.progress, 0)),
                 _found(job.result, names))
    if job.result:
        _show(page, job.result, names)


def _show(page: str, told: dict, names: list[str]) -> None:
    target, kinds = told["target"], [kind for kind in ("fgsm", "pgd") if kind in told]
    reads = {kind: [_read(scores, target, names) for scores in told[kind]["scores"]] for kind in kinds}
    arrays = {"epsilons": told["epsilons"]}
    for kind in kinds:
        arrays |= {kind: told[kind]["pictures"], f"{kind}_curve": told[kind]["scores"][:, target]}
    meta = {"channel": page, "language": language(), "words": _words(names[target]), "reads": reads, "start": START,
            "spoken": _found(told, names)}
    _attack(key=f"{page}.attack", data=pack(meta, **arrays))


def _read(scores: np.ndarray, target: int, names: list[str]) -> dict:
    read = int(scores.argmax())
    said = _("{name}, {share}").format(name=names[read], share=percent(scores[read]))
    return {"text": said, "fooled": read != target}


def _found(told: dict | None, names: list[str]) -> str:
    """Return in words from which ε on each attack succeeds."""
    if not told or "pgd" not in told:
        return ""
    said = []
    for kind, name in (("fgsm", "FGSM"), ("pgd", "PGD")):
        fooled = np.flatnonzero(told[kind]["scores"].argmax(1) != told["target"])
        said.append(_("{attack} never succeeds").format(attack=name) if not len(fooled) else
                    _("{attack} succeeds from ε = {epsilon} on").format(
                        attack=name, epsilon=number(told["epsilons"][fooled[0]], 2)))
    return " · ".join(said)


def _words(target: str) -> dict[str, str]:
    return {"epsilon": _("How far each pixel may move"), "value": _("ε = {epsilon}"), "original": _("The picture"),
            "fgsm": _("FGSM: one step"), "pgd": _("PGD: 20 smaller steps"), "made": _("attacked"),
            "added": _("what was added"),
            "curve": _("Probability of {name} over ε").format(name=target)}
