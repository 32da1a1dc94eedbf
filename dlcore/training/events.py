"""What a run tells of itself: plain dicts that JSON can hold."""

from math import isfinite

from dlcore.training.evaluation import Evaluation


def measured(held: Evaluation, fit: Evaluation, whole: bool) -> dict:
    """Return the part of a metric that an evaluation gives; `test_` where all held-out digits were read."""
    point = {"held_loss": finite(held.loss), "held_accuracy": held.accuracy,
             "fit_loss": finite(fit.loss), "fit_accuracy": fit.accuracy}
    return point | ({"test_loss": finite(held.loss), "test_accuracy": held.accuracy} if whole else {})


def finite(number: float) -> float | None:
    """Return a number, or None where it is none (JSON has no NaN)."""
    return number if isfinite(number) else None
