"""The maps of several methods for several pictures, one after the other, the quickest first."""

import time
from collections.abc import Callable, Generator, Iterator
from typing import TypeVar

import numpy as np

from dlcore.errors import EngineError
from dlcore.explain.attribution import attribute
from dlcore.explain.pacing import in_turns
from dlcore.explain.question import Question, pose
from dlcore.explain.snapshot import Snapshot
from dlcore.specs import codec
from dlcore.specs.saliency import Saliency, estimate

LONG = 0.06  # seconds from which maps are made in turns
T = TypeVar("T")


def read_settings(request: dict) -> Saliency:
    """Return the settings of a request, which holds them as a plain dict; SpecError where they cannot be used."""
    return codec.from_dict(request["settings"], "saliency")


def pose_all(snapshot: Snapshot, request: dict) -> list[Question]:
    """Return the question about each of "images", uint8 (n, side, side[, 3]), whose "labels" may be None."""
    settings, images = read_settings(request), request["images"]
    labels = request.get("labels") or [None] * len(images)
    return [pose(snapshot, image, settings, label) for image, label in zip(images, labels, strict=True)]


def fill_sheet(snapshot: Snapshot, request: dict) -> Iterator[tuple[float, dict]]:
    """Yield (share done, sheet) at the beginning and after every map; the sheet is the same dict, filled further.

    "scores" (n, classes), "targets" [n], "step"; "maps" and "refused" {method: {picture: ...}}: a map float32
    (side, side), or the reason (template, values) why there is none; "seconds" {method: of its last map}.
    """
    questions = pose_all(snapshot, request)
    network, data = snapshot.experiment.network, snapshot.experiment.data
    settings = questions[0].settings
    methods = estimate(tuple(request["methods"]), settings, network, data)
    sheet = {"scores": read_all(snapshot, questions), "targets": [question.target for question in questions],
             "step": snapshot.step, "maps": {}, "refused": {}, "seconds": {}}
    total = len(methods) * len(questions)
    yield 0.0, sheet
    for done, (method, index) in enumerate(((m, i) for m in methods for i in range(len(questions))), start=1):
        for _pause in _fill(sheet, questions[index], method, index):
            yield (done - 1) / total, sheet
        yield done / total, sheet


def _fill(sheet: dict, question: Question, method: str, index: int) -> Iterator[None]:
    try:
        found, spent = yield from take_turns(question, method, lambda asked: _time(asked, method))
    except EngineError as error:
        sheet["refused"].setdefault(method, {})[index] = error.template, error.values
    else:
        sheet["maps"].setdefault(method, {})[index] = found
        sheet["seconds"][method] = spent


def _time(question: Question, method: str) -> tuple[np.ndarray, float]:
    """Return a method's map and the seconds that it takes of a core."""
    begun = time.thread_time()
    return attribute(question, method), time.thread_time() - begun


def attribute_in_turns(question: Question, method: str) -> Generator[None, None, np.ndarray]:
    """Return a method's map; what takes long yields before each of the network's passes."""
    return (yield from take_turns(question, method, lambda asked: attribute(asked, method)))


def take_turns(question: Question, method: str, work: Callable[[Question], T], maps: int = 1
               ) -> Generator[None, None, T]:
    """Return what work on some maps of a method returns: at once where that is quick, else in turns."""
    experiment = question.snapshot.experiment
    [cost] = estimate((method,), question.settings, experiment.network, experiment.data).values()
    return work(question) if maps * cost < LONG else (yield from in_turns(question, work))


def read_all(snapshot: Snapshot, questions: list[Question]) -> np.ndarray:
    """Return the class scores (n, classes) in 0..1 of the questions' pictures."""
    return np.stack([snapshot.score(question.picture)[0].numpy() for question in questions])
