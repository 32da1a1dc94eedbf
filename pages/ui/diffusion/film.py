"""The way from noise to a picture, step by step (static/js/denoise.js): a Job draws it, then the slider asks nobody."""

from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcore.diffusion.schedules import T
from dlcore.errors import DerinError
from dlcore.plots.theme import encode_magnitude, encode_signed
from dlcore.specs.codec import to_dict
from dlcore.specs.diffusion import Diffusion
from pages.ui import runs, state
from pages.ui.diffusion import asking, components, sight
from pages.ui.diffusion.stepping import REACH, step_topic
from pages.ui.diffusion.words import TOLD, scrubber_words
from pages.ui.diffusion.work import drawing
from pages.ui.explaining import explain
from pages.ui.language import _, language, number, percent
from pages.ui.live import pack_topics
from pages.ui.working import show_working

SOON, LATER = 2.0, 6.0  # seconds between two looks at a network that learns, with few and with many trainings
MOMENTS = ("t", "x", "x0", "noise", "told", "conditional", "unconditional")  # of a walk, one each
READ = "mnist"  # the data set whose pictures can be read
USUAL = 0.99   # of the shares of attention to words so many are below full colour
FEW = 3       # trainings
LEAST = 0.02   # share of attention that full colour stands for, at least
MOST = 201    # moments of a way that are sent


def show_film(page: str) -> None:
    """Draw what shall be drawn, and the way there; while the network learns, again and again."""
    view = sight.shown(page)
    learning = view is not None and view.state in runs.ACTIVE
    pause = SOON if state.engine().status().running <= FEW else LATER
    st.fragment(_show, run_every=pause if learning else None)(page, learning)


def _show(page: str, learning: bool) -> None:
    looked = sight.look(page)
    if looked is None:
        return
    asking.edit_asked(looked.spec)
    found = drawing(page, "film")
    found.follow({"kind": "diffusion_walk", "model": looked.model, "sampling": wanted(looked)}, looked.step)
    topics = {"film": _whole_topic(page, found.result, looked.spec)} if found.result else {}
    meta = {"channel": page, "language": language(), "words": film_words()}
    components.denoise(key=f"{page}.film", on_at_change=_keep,
                       data=pack_topics(topics, view=looked.view, step=looked.step, **meta))
    if not learning and found.view is not None:
        show_working(f"{page}.drawing", found.view, _("Drawing the way"))
    if found.message:
        st.warning(found.message)


def _keep() -> None:
    """Do nothing when the slider rests: where it stands is read by those who need it."""


def wanted(looked: sight.Sight) -> dict:
    """Return what is asked of the network as requests have it: one picture."""
    return to_dict(replace(asking.settled(looked.spec), count=1))


def _whole_topic(page: str, walk: dict, spec: Diffusion) -> dict:
    """Return the topic "film" with what is read in its guesses, and told of single steps, where all are sent."""
    topic = film_topic(walk, spec) | (step_topic(walk) if len(walk["x"]) <= MOST else {})
    read = read_guesses(page, topic["clean"][:, 0]) if spec.data.dataset == READ else None
    return topic if read is None else topic | {"read": read}


def read_guesses(page: str, pictures: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Return what the pretrained digit reader makes of pictures (n, 10); None while the explainer is busy."""
    held = st.session_state.get(f"_read.{page}")
    if held is not None and np.array_equal(held[0], pictures):
        return held[1]
    request = {"kind": "read", "model": {"pretrained": "digits"}, "images": pictures}
    try:
        shares = np.asarray(explain(request, f"{page}.read")["scores"])
    except DerinError:
        return None
    st.session_state[f"_read.{page}"] = pictures, shares
    return shares


def film_topic(walk: dict, spec: Diffusion) -> dict:
    """Return the topic "film" of a walk (dlcore.training.diffusion_jobs.Walk) of a spec's network, each kind as bytes.

    What is told with and without a condition is there wherever there is one: a network that has learned nothing yet
    has as many pictures as later.
    """
    walk, steps = _thin(walk)
    difference = walk["conditional"].astype(np.float32) - walk["unconditional"]
    limit, guided = float(np.abs(difference).max()), spec.condition != "none"
    topic = {"states": _grey(walk["x"]), "clean": _grey(walk["x0"]), "noise": _signed(walk["noise"]),
             "times": walk["t"] / T, "steps": steps, "tokens": [], "labels": [],
             "parts": _parts(spec.process.target, limit, guided)}
    if guided:
        topic |= {"conditional": _signed(walk["conditional"]), "unconditional": _signed(walk["unconditional"]),
                  "difference": _signed(difference, limit or 1.0)}
    if walk.get("attention"):
        tokens = (walk["branch_prompt"] or walk["prompt"])["symbols"]
        maps = walk["attention"]["fine"][:, :len(tokens)].astype(np.float32)
        most = max(float(np.quantile(maps[:, 1:], USUAL)) if len(tokens) > 1 else 1.0, LEAST)
        topic |= {"tokens": tokens, "maps": encode_magnitude(maps, most)[:, None],
                  "attended": _("attention, full colour from {share}").format(share=percent(most, 0))}
    return topic


def _thin(walk: dict) -> tuple[dict, NDArray[np.uint32]]:
    """Return a walk with at most MOST of its moments, evenly and with both ends, and their numbers."""
    last = len(walk["t"]) - 1
    if last < MOST:
        return walk, np.arange(last + 1, dtype=np.uint32)
    kept = np.linspace(0, last, MOST).round().astype(np.uint32)
    asked = np.minimum(kept, last - 1)  # what the network told belongs to all moments but the last
    thinned = {name: value[kept if name in ("t", "x") else asked] for name, value in walk.items() if name in MOMENTS}
    if walk.get("attention"):
        thinned["attention"] = {"fine": walk["attention"]["fine"][asked]}
    return walk | thinned, kept


def _parts(target: str, limit: float, guided: bool) -> list[dict]:
    parts = [("clean", _("x̂₀, its guess"), "grey"), ("noise", _("ε̂, the noise it sees"), "diverging")]
    if guided:
        symbol = TOLD[target].split(" = ")[0]
        parts += [("conditional", _("{symbol} as asked").format(symbol=symbol), "diverging"),
                  ("unconditional", _("{symbol} of anything").format(symbol=symbol), "diverging"),
                  ("difference", _("the difference, to ±{limit}").format(limit=number(limit, 2)), "diverging")]
    return [{"name": name, "title": title, "scale": scale} for name, title, scale in parts]


def _grey(x: NDArray) -> NDArray[np.uint8]:
    """Return pictures (moments, 28, 28) from -1 to 1 as bytes (moments, 1, 28, 28); what lies outside is cut."""
    return np.rint((np.clip(x.astype(np.float32), -1, 1) + 1) * 127.5).astype(np.uint8)[:, None]


def _signed(values: NDArray, limit: float = REACH) -> NDArray[np.uint8]:
    return encode_signed(values, limit)[:, None]


def film_words() -> dict[str, str]:
    """Return the words of a way (static/js/denoise.js)."""
    return scrubber_words() | {
        "step": _("Step"), "at": _("step {step} of {last}, s = {t}"), "film": _("to step {step}"),
        "picture": _("picture {n}"), "whole": _("x after {step} steps"), "waits": _("The way is being drawn."),
        "reads": _("a digit reader reads {digit}: {share}"),
        "attends": _("Where “{word}” is looked at"),
    }
