"""What a snapshot made of the held-out digits, as a file of its own."""

import io
import struct
import tokenize
import zlib
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from dlcore.training.files import replace

MOST_BYTES = 2**26  # ten times the scores of the largest data set
DAMAGED = (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error, struct.error, NotImplementedError,
           RuntimeError, MemoryError, TypeError, IndexError, SyntaxError, tokenize.TokenError, AttributeError)


@dataclass(frozen=True)
class Predictions:
    """Class scores (items, classes) of a snapshot for held-out digits; `whole` when for all of them."""

    scores: np.ndarray
    whole: bool


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write class scores, in half precision, as one file."""
    packed = io.BytesIO()
    np.savez(packed, scores=predictions.scores.astype(np.float16), whole=predictions.whole)
    replace(path, packed.getvalue())


def read_predictions(path: Path) -> Predictions | None:
    """Return class scores, or None where the file is missing or damaged."""
    try:
        content = path.read_bytes()
        with np.load(io.BytesIO(content[:MOST_BYTES]), allow_pickle=False) as kept:
            scores, whole = kept["scores"], kept["whole"]
    except DAMAGED:
        return None
    if scores.ndim != 2 or scores.dtype != np.float16 or whole.shape != () or whole.dtype != bool:
        return None
    return Predictions(scores.astype(np.float32), bool(whole))
