"""Confusion matrix and per-class figures of predictions (numpy only)."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Report:
    """Precision, recall and F1 of every class, in 0..1, and how many pictures there are of it."""

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    count: np.ndarray


def count_confusions(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return how often a class (row) was read as another (column), as counts (classes, classes)."""
    pairs = labels.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def report(confusions: np.ndarray) -> Report:
    """Return per-class figures; 0 where a class was never read (precision) or never shown (recall)."""
    right = np.diag(confusions).astype(float)
    shown, read = confusions.sum(1), confusions.sum(0)
    precision, recall = _share(right, read), _share(right, shown)
    return Report(precision, recall, _share(2 * precision * recall, precision + recall), shown)


def find_flips(labels: np.ndarray, before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which pictures became right, and which became wrong, between two readings of the same ones."""
    was, now = before == labels, after == labels
    return np.flatnonzero(~was & now), np.flatnonzero(was & ~now)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
