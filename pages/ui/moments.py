"""What a network makes of things at one moment of its training, as topics for the panels."""

from collections.abc import Sequence

import numpy as np

from dlcore.data.images import held_out, load_test
from dlcore.engine.views import RunView
from dlcore.plots.theme import encode_magnitude, encode_signed, find_limit
from dlcore.training.recording import Predictions, Recording
from dlcore.training.report import count_confusions
from pages.ui import state, words
from pages.ui.explaining import explain
from pages.ui.language import _, number, percent

Topics = dict[str, dict]
MOST_EXAMPLES = 60


def ask_moment(model: dict, image: np.ndarray, panel: str = "") -> dict:
    """Ask the explainer what a snapshot makes of a uint8 picture; see dlcore.explain.requests.show_moment."""
    return explain({"kind": "moment", "model": model, "image": image}, panel)


def picture_topics(answer: dict) -> Topics:
    """Return the topics "filters" and "maps0", "maps1": signed weights and what the first layers see."""
    filters = answer["filters"]
    topics: Topics = {"filters": weight_pictures(filters)}
    for index, (name, maps) in enumerate(answer["maps"]):
        shown = _signed(maps) if maps.min() < 0 else _magnitudes(maps)
        topics[f"maps{index}"] = shown | {"note": name}
    return topics


def bars_topic(scores: Sequence[float], drawn: int) -> dict:
    """Return the topic "bars" for the class scores of the drawing with a number."""
    return {"probabilities": np.asarray(scores, np.float32), "top": int(np.argmax(scores)), "seq": drawn}


def scale_of(pictures: np.ndarray) -> str:
    """Return the scale in which pictures (n, height, width) or, in colour, (n, height, width, 3) are shown."""
    return "colour" if pictures.ndim == 4 else "grey"


def weight_pictures(weights: np.ndarray) -> dict:
    """Return weights as signed ones (n, height, width), or in colour (n, height, width, 3)."""
    return _signed(weights) if weights.ndim == 3 else _coloured(weights)


def _coloured(weights: np.ndarray) -> dict:
    """Return weights (n, height, width, 3) as colours around a middle grey, which is zero."""
    limit = find_limit(weights)
    return {"pictures": np.rint(127.5 + 127.5 * np.clip(weights / limit, -1, 1)).astype(np.uint8), "scale": "colour"}


def _signed(values: np.ndarray) -> dict:
    limit = find_limit(values)
    return {"pictures": encode_signed(values, limit), "scale": "diverging", "limit": limit}


def _magnitudes(values: np.ndarray) -> dict:
    limit = find_limit(values)
    return {"pictures": encode_magnitude(values, limit), "scale": "sequential", "limit": limit}


def predictions_of(run_id: str, step: int) -> Predictions | None:
    """Return what a snapshot made of the held-out digits."""
    return Recording(state.engine().home / "runs" / run_id).predictions(step)


def predictions_until(view: RunView, step: int | None = None) -> tuple[int, Predictions] | None:
    """Return the last snapshot, up to a step, whose predictions were kept: its step and they; a pause keeps none."""
    steps = [kept for kept in view.snapshots[::-1] if step is None or kept <= step]
    return next(((kept, found) for kept in steps if (found := predictions_of(view.id, kept))), None)


def matrix_topic(kept: Predictions, dataset: str, step: int) -> dict:
    """Return the topic "matrix" for a snapshot's predictions."""
    names = words.class_names(dataset)
    counts = count_confusions(shown_labels(kept, dataset), kept.scores.argmax(1), len(names))
    return {"counts": counts.astype(np.uint32), "classes": names, "note": _which(kept, step)}


def shown_labels(kept: Predictions, dataset: str) -> np.ndarray:
    """Return the true classes that go with predictions."""
    labels = load_test(dataset).test_labels
    return labels if kept.whole else labels[held_out(len(labels))]


def _which(kept: Predictions, step: int) -> str:
    text = _("all {n} test pictures, step {step}") if kept.whole else _("{n} held-out pictures, step {step}")
    return text.format(n=number(len(kept.scores)), step=number(step))


def cell_pictures(kept: Predictions, dataset: str, cell: tuple[int, int]) -> tuple[dict, np.ndarray]:
    """Return pictures of a cell of the matrix, the surest first with their probabilities, and the test set's indices
    of all of them.
    """
    true, read = cell
    labels, predicted = shown_labels(kept, dataset), kept.scores.argmax(1)
    found = np.flatnonzero((labels == true) & (predicted == read))
    found = found[np.argsort(-kept.scores[found, read])]
    images = load_test(dataset).test_images
    indices = found if kept.whole else held_out(len(images))[found]
    pictures = images[indices[:MOST_EXAMPLES]]
    captions = [percent(kept.scores[index, read], 0) for index in found[:MOST_EXAMPLES]]
    return {"pictures": pictures, "scale": scale_of(pictures), "labels": captions}, indices
