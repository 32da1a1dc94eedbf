"""The sheet of maps that the Saliency page shows: what is asked at once, what is done as a Job, and what has come.

The maps of the page's own picture that follow the pen are answered at once by the explainer, the slower ones by a Job;
those of the pictures beside it by a Job of their own.
"""

from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from dlcore.data.images import held_out, load_test
from dlcore.engine.views import JobView
from dlcore.errors import DerinError
from dlcore.specs.codec import to_dict
from dlcore.specs.saliency import Saliency, fitting, live_methods, settings_alone, why_not
from pages.ui import moments, runs, state, subject, words
from pages.ui.canvas import drawing_on
from pages.ui.explaining import explain
from pages.ui.language import _, number, told
from pages.ui.subject import Sight

AT_MOST = 10  # pictures beside the page's own


@dataclass(frozen=True, eq=False)
class Column:
    """One picture of the sheet: uint8 (side, side[, 3]), its true class where that is known, what it is in words."""

    image: np.ndarray
    label: int | None
    title: str


@dataclass
class Sheet:
    """The maps so far; `maps` and `refused` are by (method, column), the texts of `refused` already told.

    `scores` and `targets` by column; `pending` while something is still being worked on, `progress` of that.
    """

    columns: list[Column]
    scores: dict[int, np.ndarray] = field(default_factory=dict)
    targets: dict[int, int] = field(default_factory=dict)
    maps: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)
    refused: dict[tuple[str, int], str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    pending: bool = False
    progress: float = 1.0
    message: str = ""

    def take(self, answer: dict | None, first: int) -> None:
        """Take over what was answered about the columns from `first` on."""
        if not answer:
            return
        for at, (scores, target) in enumerate(zip(answer["scores"], answer["targets"], strict=True)):
            self.scores[first + at], self.targets[first + at] = scores, target
        for method, found in answer["maps"].items():
            self.maps |= {(method, first + at): values for at, values in found.items()}
        for method, reasons in answer["refused"].items():
            self.refused |= {(method, first + at): told(DerinError(template, **values), markdown=False)
                             for at, (template, values) in reasons.items()}
        self.seconds |= {method: spent for method, spent in answer["seconds"].items() if first == 0}

    def wait(self, job: JobView | None) -> None:
        """Take over how far a Job is."""
        if job is None or not job.finished:
            self.pending, self.progress = True, min(self.progress, job.progress if job else 0.0)
        elif job.error:
            self.message = told(DerinError(job.error.template, **job.error.values))


def spec(page: str) -> Saliency:
    """Return what the page asks."""
    return state.page_spec(page, "saliency")


def refusals(methods: tuple[str, ...], sight: Sight) -> dict[str, str]:
    """Return why methods do not fit the network, in words."""
    reasons = {method: why_not(method, sight.experiment.network) for method in methods}
    named = {method: (reason[0], {name: words.option(value) for name, value in reason[1].items()})
             for method, reason in reasons.items() if reason}
    return {method: told(DerinError(template, **values), markdown=False)
            for method, (template, values) in named.items()}


def fill_sheet(page: str, sight: Sight) -> Sheet:
    """Return the sheet as far as it is known; EngineError while the engine cannot answer."""
    asked, own = spec(page), Column(sight.image, sight.label, sight.title)
    sheet = Sheet([own])
    _take_own(page, sheet, sight, asked)
    if asked.company != "none":
        _take_company(page, sheet, sight, asked)
    return sheet


def request(sight: Sight, asked: Saliency, columns: list[Column], methods: tuple[str, ...]) -> dict:
    """Return what is asked about some columns; the same question asked again looks the same."""
    at = sight.view.live_step if sight.view and sight.model["step"] is None else None
    return {"kind": "saliency", "model": sight.model, "at": at, "images": np.stack([one.image for one in columns]),
            "labels": [one.label for one in columns], "settings": to_dict(settings_alone(asked)), "methods": methods}


def _take_own(page: str, sheet: Sheet, sight: Sight, asked: Saliency) -> None:
    network, data = sight.experiment.network, sight.experiment.data
    live = live_methods(asked, network, data)
    slow = tuple(method for method in fitting(network, asked.methods) if method not in live)
    quick = request(sight, asked, sheet.columns, live)
    sheet.take(_ask_once(page, quick), 0)
    if not slow:
        return
    if not resting(page):
        sheet.pending, sheet.progress = True, 0.0
        return
    job = run_job(page, "own", quick | {"methods": slow, "cache": True}, patient=moves(sight))
    sheet.take(job.result if job else None, 0)
    sheet.wait(job)


def moves(sight: Sight) -> bool:
    """Whether the network that is looked at learns on."""
    return sight.view is not None and sight.view.state in runs.ACTIVE and sight.model["step"] is None


def resting(page: str) -> bool:
    """Whether no stroke is in progress: the slow maps wait for its end."""
    drawn = drawing_on(f"{page}.pad") if subject.subject(page).picture == "drawing" else None
    return drawn is None or drawn.resting


def _ask_once(page: str, question: dict) -> dict:
    """Return the explainer's answer; the same question is asked once."""
    name, key = f"_answered.{page}", _key(question)
    kept = st.session_state.get(name)
    if kept is None or kept[0] != key:
        kept = key, explain(question)
        st.session_state[name] = kept
    return kept[1]


def _key(question: dict) -> tuple:
    return tuple((name, value.tobytes() if isinstance(value, np.ndarray) else repr(value))
                 for name, value in question.items())


def run_job(page: str, name: str, work: dict, patient: bool = False) -> JobView | None:
    """Return how far the Job `name` of the page is, begun now where it is about something new.

    The one before it is given up; a `patient` page lets it come to its end first. One that failed is tried once more.
    """
    place, key = f"_job.{page}.{name}", _key(work)
    kept, engine = st.session_state.get(place), state.engine()
    view = engine.job(kept[1]) if kept else None
    if view is not None and (kept[0] == key or (patient and not view.finished)):
        if not view.error or kept[2]:
            return view
    elif kept:
        engine.cancel(kept[1])
    again = kept is not None and kept[0] == key and view is not None
    st.session_state[place] = kept = key, engine.start_job(state.visitor(), work), again
    return engine.job(kept[1])


def stop_job(page: str, name: str) -> None:
    """Give up the Job `name` of the page."""
    if kept := st.session_state.pop(f"_job.{page}.{name}", None):
        state.engine().cancel(kept[1])


def _take_company(page: str, sheet: Sheet, sight: Sight, asked: Saliency) -> None:
    company = _find_company(page, sheet, sight, asked)
    if not company:
        return
    sheet.columns += company
    work = request(sight, asked, company, fitting(sight.experiment.network, asked.methods))
    job = run_job(page, "company", work | {"cache": True})
    sheet.take(job.result if job else None, 1)
    sheet.wait(job)


def _find_company(page: str, sheet: Sheet, sight: Sight, asked: Saliency) -> list[Column]:
    test = load_test(sight.experiment.data.dataset)
    if asked.company == "classes":
        found = [np.flatnonzero(test.test_labels == label) for label in range(len(test.classes))]
        chosen = [int(same[(asked.turn + 1) % len(same)]) for same in found]
    else:
        scores = _scores(page, sheet, sight)
        if scores is None:
            return []
        chosen = surest_mistakes(scores, test.test_labels, asked.turn)
        sheet.message = "" if chosen else _("It reads every test digit right that was looked at.")
    names = words.class_names(sight.experiment.data.dataset)
    return [Column(test.test_images[index], int(test.test_labels[index]),
                   _("truly {name} · {n}").format(n=number(index), name=names[test.test_labels[index]]))
            for index in chosen]


def surest_mistakes(scores: dict, labels: np.ndarray, turn: int) -> list[int]:
    """Return the test digits that are read wrong with the largest probability, ten of them, with each turn the next."""
    indices, values = scores["indices"], scores["scores"]
    wrong = np.flatnonzero(values.argmax(1) != labels[indices])
    order = wrong[np.argsort(-values[wrong].max(1), kind="stable")]
    first = turn * AT_MOST % max(len(order), 1)
    return [int(indices[at]) for at in order[first: first + AT_MOST]]


def _scores(page: str, sheet: Sheet, sight: Sight) -> dict | None:
    """Return what the network made of test digits: those kept with a run's snapshot, else all, read by a Job."""
    found = moments.predictions_until(sight.view, sight.model["step"]) if sight.view else None
    if found is not None:
        count = len(load_test(sight.experiment.data.dataset).test_labels)
        return {"indices": np.arange(count) if found[1].whole else held_out(count), "scores": found[1].scores}
    job = run_job(page, "read", {"kind": "evaluate", "model": sight.model, "cache": True})
    sheet.wait(job)
    if job is None or job.error or not job.finished:
        return None
    return {"indices": np.arange(len(job.result["scores"])), "scores": job.result["scores"].astype(np.float32)}
